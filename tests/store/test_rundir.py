import importlib.metadata
import json
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import recorded

from vibcli.errors import RunError
from vibcli.store.environment import environment, now
from vibcli.store.listing import find, listing
from vibcli.store.records import SCHEMA_VERSION, Run
from vibcli.store.rundir import RunDir, run_id


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
        folder.beat({"epoch": 1})
        folder.reset()
        assert [path.name for path in folder.path.iterdir()] == [".lock"]
        assert folder.is_locked()


def test_sweep_removes_half_written_files_alone(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    (folder.path / ".tmp-abc.safetensors").write_bytes(b"half")
    folder.sweep()
    assert [path.name for path in folder.path.iterdir()] == ["run.json"]


def test_progress_is_what_was_said_last(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    assert folder.progress() == {}
    folder.beat({"epoch": 1})
    folder.beat({"epoch": 2})
    assert folder.progress() == {"epoch": 2}
    folder.end_progress()
    folder.end_progress()
    assert folder.progress() == {}


def test_damaged_progress_counts_as_none(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    (folder.path / "progress.json").write_text('{"epoch"')
    assert folder.progress() == {}


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


def test_the_listing_is_oldest_first_and_reports_what_it_cannot_read(tmp_path: Path) -> None:
    for seed, created in enumerate(("2026-01-03", "2026-01-01", "2026-01-02")):
        stored(tmp_path, seed=seed, created=created)
    stored(tmp_path, dataset="digits", created="2026-01-04")
    stored(tmp_path, seed=9).record.write_text("{")
    found = listing(tmp_path)
    assert [(run.data.name, run.seed) for run in found.runs] == [
        *(("wine", 1), ("wine", 2), ("wine", 0)),
        ("digits", 0),
    ]
    (problem,) = found.problems
    assert "seed-9/run.json is damaged" in problem
    assert [run.data.name for run in listing(tmp_path, "digits").runs] == ["digits"]


def test_a_folder_that_is_not_there_holds_no_runs(tmp_path: Path) -> None:
    assert listing(tmp_path / "none") == ([], [])


@pytest.fixture
def several(tmp_path: Path) -> dict[str, Run]:
    """Runs whose names begin alike; the last was written last."""
    runs = [
        recorded.run("vib", 1),
        recorded.run("vib", 10),
        recorded.run("vib-adaptive", 0),
        recorded.run("mine", 0, dataset="digits"),
    ]
    for run in runs:
        RunDir(tmp_path / "results", run.id).write(run)
    return {f"{run.name} {run.seed}": run for run in runs}


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("{vib 1}", "vib 1"),  # a whole id wins over the longer ids it begins
        ("{vib 10}", "vib 10"),
        ("{vib 1:experiment}", "vib 1"),
        ("vib-adaptive", "vib-adaptive 0"),
        ("wine/vib-a", "vib-adaptive 0"),
        ("digits", "mine 0"),
        ("mi", "mine 0"),
        ("latest", "mine 0"),
        ("results/{vib 10}", "vib 10"),
        ("results/{vib 10}/run.json", "vib 10"),
        ("{folder}/results/{vib 10}/", "vib 10"),
    ],
)
def test_ways_to_name_a_run(
    tmp_path: Path, several: dict[str, Run], reference: str, expected: str
) -> None:
    for name, run in several.items():
        reference = reference.replace(f"{{{name}}}", run.id)
        reference = reference.replace(f"{{{name}:experiment}}", run.id.split("/", 1)[1])
    reference = reference.replace("{folder}", str(tmp_path))
    assert find(Path("results"), reference).read() == several[expected]


def test_a_run_outside_the_results_is_found_by_its_path(tmp_path: Path) -> None:
    folder = stored(tmp_path / "elsewhere")
    found = find(Path("results"), str(folder.path))
    assert (found.path, found.id) == (folder.path, folder.id)


def test_an_ambiguous_name_lists_what_fits(several: dict[str, Run]) -> None:
    with pytest.raises(RunError, match="'vib-' fits 3 runs; say which") as caught:
        find(Path("results"), "vib-")
    for name in ("vib 1", "vib 10", "vib-adaptive 0"):
        assert several[name].id in str(caught.value)


def test_a_long_list_of_fitting_runs_is_cut(tmp_path: Path) -> None:
    for seed in range(12):
        stored(tmp_path, seed=seed)
    with pytest.raises(RunError, match=r"fits 12 runs(.|\n)*and 4 more"):
        find(tmp_path, "wine")


def test_an_unknown_name_suggests_the_nearest(several: dict[str, Run]) -> None:
    wrong = several["mine 0"].id.replace("mine", "nine")
    with pytest.raises(RunError, match=f"Did you mean '{several['mine 0'].id}'") as caught:
        find(Path("results"), wrong)
    assert "vib runs" in str(caught.value)


@pytest.mark.parametrize("reference", ["latest", "vib"])
def test_without_runs_nothing_is_found(tmp_path: Path, reference: str) -> None:
    with pytest.raises(RunError, match=r"no runs|Unknown run"):
        find(tmp_path, reference)


def test_the_id_is_the_path_below_the_results(tmp_path: Path) -> None:
    id = run_id("imdb", "vib", "1a2b3c4d", 7)
    assert id == "imdb/vib-1a2b3c4d/seed-7"
    assert RunDir(tmp_path, id).path == tmp_path / "imdb" / "vib-1a2b3c4d" / "seed-7"


def test_the_environment_says_what_made_the_numbers() -> None:
    told = environment("cpu", 3)
    assert told["device"] == "cpu"
    assert told["threads"] == 3
    assert told["cores"] >= 1
    assert told["versions"]["torch"] == importlib.metadata.version("torch")
    assert json.loads(json.dumps(told)) == told


def test_now_is_in_utc() -> None:
    told = datetime.fromisoformat(now())
    assert told.utcoffset() == timedelta(0)
    assert abs(datetime.now(told.tzinfo) - told) < timedelta(minutes=1)
