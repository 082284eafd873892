import threading
import time
from pathlib import Path

import pytest
import recorded
from rich.console import Console

from vibcli.cli import progress
from vibcli.cli.progress import _clock, _Display, _short, _status, watching
from vibcli.store.progress import TrainingProgress
from vibcli.store.rundir import RunDir

TERMS = {"loss_nats": 0.19512, "distortion_nats": 0.12634, "rate_nats": 70.512}
SAID = TrainingProgress(
    epoch=11, epochs=400, share=0.25, seconds_left=625.0, validation="94.44%", terms=TERMS
)


@pytest.fixture
def folders(tmp_path: Path) -> list[RunDir]:
    runs = [recorded.run("vib-threshold", seed, status="running") for seed in range(3)]
    for run in runs:
        RunDir(tmp_path, run.id).write(run)
    return [RunDir(tmp_path, run.id) for run in runs]


def shown(display: _Display, width: int = 80) -> list[str]:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(display.lines)
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0:00"), (59.6, "1:00"), (625, "10:25"), (3599.6, "1:00:00"), (360000, "100:00:00")],
)
def test_clock(seconds: float, expected: str) -> None:
    assert _clock(seconds) == expected


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("imdb/vib-1a2b3c4d/seed-0", "vib 0"),
        ("imdb/vib-threshold-1a2b3c4d/seed-12", "vib-threshold 12"),
        ("imdb/" + "n" * 64 + "-1a2b3c4d/seed-3", "n" * 17 + "… 3"),
    ],
)
def test_a_run_is_called_by_name_and_seed(id: str, expected: str) -> None:
    assert _short(id) == expected
    assert len(expected) <= progress.NAME


def test_the_status_says_all_where_it_fits() -> None:
    assert _status(SAID, 80) == ("11/400 10:25 left loss 0.195 val 94.44% rate 70.5 dist 0.126")


def test_the_status_of_a_model_without_noise() -> None:
    said = SAID._replace(terms={k: TERMS[k] for k in ("loss_nats", "distortion_nats")})
    assert _status(said, 80) == "11/400 10:25 left loss 0.195 val 94.44%"
    assert _status(said._replace(validation=None), 80) == "11/400 10:25 left loss 0.195"


@pytest.mark.parametrize("room", range(18, 60))
def test_the_status_keeps_to_its_room(room: int) -> None:
    status = _status(SAID, room)
    assert status.startswith("11/400 10:25 left")
    assert len(status) <= room


def test_each_run_that_trains_has_a_line_that_leaves_room_for_ctrl_c(
    folders: list[RunDir],
) -> None:
    display = _Display(folders)
    assert len(shown(display)) == 1
    for folder in folders[:2]:
        folder.tell_progress(SAID)
    display.update()
    first, *lines = shown(display)
    assert first.startswith("all ")
    assert first.endswith("0/3 runs")
    assert [line[:15] for line in lines] == ["vib-threshold 0", "vib-threshold 1"]
    assert all(line.endswith(_status(SAID, 80)) for line in lines)
    assert all(len(line) <= 80 - progress.SPARE for line in (first, *lines))


def test_a_single_run_has_a_bar_of_its_own(folders: list[RunDir]) -> None:
    display = _Display(folders[:1])
    assert shown(display) == []
    folders[0].tell_progress(SAID)
    display.update()
    (line,) = shown(display)
    assert line.startswith("vib-threshold 0 ━")
    assert len(line) <= 80 - progress.SPARE


def test_the_line_of_a_run_that_ended_goes_away(folders: list[RunDir]) -> None:
    display = _Display(folders)
    for folder in folders[:2]:
        folder.tell_progress(SAID)
    display.update()
    folders[0].end_progress()
    display.done.add(folders[0].id)
    display.done.add(folders[1].id)  # its last words are still there
    time.sleep(0.01)
    display.update()
    (line,) = shown(display)
    assert "2/3 runs, 0:00 left" in line


def test_what_a_killed_process_said_last_is_not_shown(folders: list[RunDir]) -> None:
    for folder in folders[:2]:
        folder.tell_progress(SAID)
    with folders[1].locked(lambda: None), watching(folders) as done:
        assert folders[0].progress() is None
        assert folders[1].progress() == SAID
        done(folders[0].read())


def test_watching_ends_with_an_error(folders: list[RunDir]) -> None:
    before = set(threading.enumerate())

    def fail() -> None:
        with watching(folders):
            assert set(threading.enumerate()) - before
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()
