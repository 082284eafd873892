import json
import threading
from pathlib import Path
from typing import Any

import pytest
import recorded

from vibcli.errors import RunError
from vibcli.store.progress import TrainingProgress
from vibcli.store.rundir import RunDir, run_id
from vibcli.store.schema import SCHEMA_VERSION


def stored(results: Path, **settings: Any) -> RunDir:
    """A run's folder with its record."""
    run = recorded.run(**settings)
    folder = RunDir(results, run.id)
    folder.write(run)
    return folder


def wait_never() -> None:
    raise AssertionError("nobody else holds the run")


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = recorded.run(widths=(8, 4), tested={"rate_nats": 0.1 + 0.2})
    folder = RunDir(tmp_path, run.id)
    assert not folder.exists()
    folder.write(run)
    assert folder.exists()
    assert folder.read() == run


def test_infinite_and_undefined_numbers_are_null_on_disk(tmp_path: Path) -> None:
    run = recorded.run(tested={"nll_nats": float("inf"), "rate_nats": float("nan")})
    folder = RunDir(tmp_path, run.id)
    folder.write(run)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    content = json.loads(folder.record.read_text(), parse_constant=refuse)
    assert content["test"]["selected"]["nll_nats"] is None
    assert folder.read().test.selected["rate_nats"] is None  # type: ignore[union-attr]


def test_a_missing_record_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="There is no run in"):
        RunDir(tmp_path, "wine/vib-0/seed-0").read()


@pytest.mark.parametrize(
    "content",
    [
        *("", "\xff", "[]", "null", "{}", '{"schema_version": 1'),
        *('{"schema_version": "one"}', '{"schema_version": 1}'),
    ],
)
def test_a_damaged_record_is_reported_with_a_way_out(tmp_path: Path, content: str) -> None:
    folder = stored(tmp_path)
    folder.record.write_text(content, encoding="latin-1")
    with pytest.raises(RunError, match=r"is damaged \(not .*--fresh") as caught:
        folder.read()
    assert str(folder.record) in str(caught.value)


def test_a_record_cut_anywhere_is_damaged(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    content = folder.record.read_bytes().rstrip()
    for length in range(0, len(content), 97):
        folder.record.write_bytes(content[:length])
        with pytest.raises(RunError, match="is damaged"):
            folder.read()


def test_a_record_that_is_no_file_cannot_be_read(tmp_path: Path) -> None:
    folder = RunDir(tmp_path, "wine/vib-0/seed-0")
    folder.record.mkdir(parents=True)
    with pytest.raises(RunError, match=r"Cannot read .*Is a directory"):
        folder.read()


def test_a_newer_schema_asks_for_an_upgrade(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    content = json.loads(folder.record.read_text()) | {"schema_version": SCHEMA_VERSION + 1}
    content["a field of the future"] = 1
    folder.record.write_text(json.dumps(content))
    with pytest.raises(RunError, match=rf"schema {SCHEMA_VERSION + 1}.*pip install -U vibcli"):
        folder.read()


@pytest.mark.parametrize(
    ("status", "finished"),
    [("complete", True), ("diverged", True), ("running", False), ("failed", False)],
)
def test_only_complete_and_diverged_runs_are_finished(
    tmp_path: Path, status: str, finished: bool
) -> None:
    assert (stored(tmp_path, status=status).finished() is not None) == finished


def test_where_there_is_no_run_none_is_finished(tmp_path: Path) -> None:
    assert RunDir(tmp_path, "wine/vib-0/seed-0").finished() is None


def test_reset_leaves_the_lock_alone(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    with folder.locked(wait_never):
        for path in (folder.model, folder.checkpoint, folder.path / "interpolation.png"):
            path.touch()
        folder.tell_progress(progress())
        folder.reset()
        assert [path.name for path in folder.path.iterdir()] == [".lock"]
        assert folder.is_locked()


def test_sweep_removes_half_written_files_alone(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    (folder.path / ".tmp-abc.safetensors").write_bytes(b"half")
    folder.sweep()
    assert [path.name for path in folder.path.iterdir()] == ["run.json"]


def progress(epoch: int = 1, **changes: Any) -> TrainingProgress:
    return TrainingProgress(epoch, 5, 0.25, 3.5, None, {"loss_nats": 0.5})._replace(**changes)


def test_progress_is_what_was_said_last(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    assert folder.progress() is None
    folder.tell_progress(progress(1))
    folder.tell_progress(progress(2))
    assert folder.progress() == progress(2)
    folder.end_progress()
    folder.end_progress()
    assert folder.progress() is None


def test_progress_is_told_as_it_is(tmp_path: Path) -> None:
    told = progress(3, share=1 / 3, validation="accuracy 90 %", terms={"a": 0.1, "b": -2.0})
    folder = stored(tmp_path)
    folder.tell_progress(told)
    assert folder.progress() == told
    assert folder.read() == recorded.run()  # and leaves the record alone


@pytest.mark.parametrize(
    "content",
    ['{"epoch"', "", "[]", "null", "3", "{}", '{"epoch": 1}', '{"epoch": 1, "colour": 2}', "\xff"],
)
def test_damaged_progress_counts_as_none(tmp_path: Path, content: str) -> None:
    folder = stored(tmp_path)
    (folder.path / "progress.json").write_text(content, encoding="latin-1")
    assert folder.progress() is None


def test_one_holds_a_run_and_the_other_waits(tmp_path: Path) -> None:
    folder = RunDir(tmp_path, "wine/vib-0/seed-0")
    assert not folder.is_locked()
    waits, done = threading.Event(), []

    def other() -> None:
        with RunDir(tmp_path, "wine/vib-0/seed-0").locked(waits.set):
            done.append("other")

    thread = threading.Thread(target=other)
    with folder.locked(wait_never):
        assert folder.is_locked()
        thread.start()
        assert waits.wait(10)
        done.append("first")
    thread.join(10)
    assert done == ["first", "other"]
    assert not folder.is_locked()


def test_the_lock_ends_with_an_error(tmp_path: Path) -> None:
    folder = RunDir(tmp_path, "wine/vib-0/seed-0")
    with pytest.raises(KeyError), folder.locked(wait_never):
        raise KeyError
    assert not folder.is_locked()


def test_a_folder_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = RunDir(tmp_path / "file", "wine/vib-0/seed-0")
    with pytest.raises(RunError, match=r"Cannot write results to .*Not a directory"):
        folder.locked(wait_never).__enter__()


def test_the_id_is_the_path_below_the_results(tmp_path: Path) -> None:
    id = run_id("imdb", "vib", "1a2b3c4d", 7)
    assert id == "imdb/vib-1a2b3c4d/seed-7"
    assert RunDir(tmp_path, id).path == tmp_path / "imdb" / "vib-1a2b3c4d" / "seed-7"
