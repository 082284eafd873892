import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small import BASE, SMALL, TEXT, WINE, Vib, write_reviews

from vibcli.statistics import own_passages

QUICK = ("--seeds", 2, "--jobs", 1, "--threads", 1)


def compared(vib: Vib, *arguments: object, code: int = 0) -> dict[str, Any]:
    result = vib("compare", *arguments, "--json", code=code)
    content: dict[str, Any] = json.loads(result.stdout)
    return content


def records(results: Path = Path("results")) -> dict[str, dict[str, Any]]:
    runs = (json.loads(path.read_text()) for path in results.glob("*/*/*/run.json"))
    return {run["id"]: run for run in runs}


def written(results: Path = Path("results")) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in results.glob("*/*/*/run.json")}


def test_what_was_trained_is_compared_at_once(vib: Vib, results: Path) -> None:
    before = written()
    result = vib("compare", "baseline", "control", "vib", *WINE, "--seeds", 2, "--no-train")
    assert written() == before
    runs = [run for run in records().values() if run["data"]["name"] == "wine"]
    assert "to be trained" not in result.stderr
    for name in ("baseline", "control", "vib"):
        tests = [r["test"]["selected"]["accuracy"] for r in runs if r["name"] == name]
        assert f" {100 * np.mean(tests):.2f} " in result.stdout
    text = " ".join(result.stdout.split())
    assert "whether vib or baseline is more accurate" in text
    # but the command to go on with, which is in one piece
    lines = [line for line in result.stdout.splitlines() if not line.startswith("vib compare")]
    assert max(map(len, lines)) <= 80


@pytest.mark.slow
@pytest.mark.parametrize("how", [(), ("--no-train",)], ids=["again", "no-train"])
def test_comparing_what_is_there_imports_no_torch(results: Path, how: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom vibcli.cli.app import app\n"
        "try:\n    app(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code\n"
        "heavy = {'torch', 'datasets', 'sklearn', 'matplotlib', 'joblib'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    arguments = ("compare", "control", "vib", *WINE, "--seeds", "2", *how)
    for _ in range(2):  # the first time the data are read and the picture is drawn
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stderr.splitlines()[-1] == "[]"


def test_what_is_missing_is_trained(vib: Vib, results: Path) -> None:
    before = written()
    result = vib("compare", "control", "vib", *WINE, "--seeds", 3, "--jobs", 1, "--json")
    assert "2 of 6 runs are to be trained." in result.stderr
    assert set(json.loads(result.stdout)["runs"]) <= set(records())
    assert len(written()) == len(before) + 2
    assert all(written()[path] == time for path, time in before.items())


def test_without_training_the_runs_that_are_there_are_compared(vib: Vib, results: Path) -> None:
    arguments = ("control", "vib", "--dataset", "wine", *WINE[2:], "--no-train")
    content = compared(vib, *arguments)
    assert [row["seeds"] for row in content["rows"]] == [[0, 1], [0, 1]]
    assert [row["seeds"] for row in compared(vib, *arguments, "--seeds", 1)["rows"]] == [[0], [0]]
    before = sorted(results.rglob("run.json"))
    message = vib("compare", "dropout", *arguments[1:], code=2).stderr
    assert "no finished run of 'dropout' with these settings on 'wine'" in message
    message = vib("compare", *arguments[:2], "--dataset", "ag-news", "--no-train", code=2).stderr
    assert "There are no runs on 'ag-news' in results" in message
    assert "--fresh" in vib("compare", *arguments, "--fresh", code=2).stderr
    assert sorted(results.rglob("run.json")) == before


def test_without_training_the_nearest_settings_that_are_there_are_named(
    vib: Vib, results: Path
) -> None:
    arguments = ("compare", "control", "vib", *WINE, "--no-train")
    message = vib(*arguments, "--test-split", "fixed", code=2).stderr
    assert "The nearest that is there differs in --test-split. Leave" in " ".join(message.split())
    more = ("--lambda", 0.5, "--batch-size", 7)
    vib("train", "--variant", "control", *WINE, *more[2:])
    message = vib(*arguments, *more, code=2).stderr
    assert "of 'vib'" in message
    assert "differs in --lambda, --batch-size. Leave" in " ".join(message.split())
    assert "nearest" not in vib(*arguments[:2], "noise", *arguments[3:], code=2).stderr


@pytest.mark.slow
def test_without_training_old_runs_are_found_where_the_test_part_was_fixed(vib: Vib) -> None:
    arguments = ("control", "vib", *WINE, "--seeds", 2)
    new = compared(vib, *arguments, "--jobs", 1)
    old = compared(vib, *arguments, "--jobs", 1, "--test-split", "fixed")
    assert not set(new["runs"]) & set(old["runs"])
    assert compared(vib, *arguments, "--no-train", "--test-split", "fixed") == old
    assert compared(vib, *arguments, "--no-train") == new


def test_without_training_a_run_that_is_not_finished_is_left_out(vib: Vib, results: Path) -> None:
    break_run(results, "vib", 1, status="running")
    result = vib("compare", "control", "vib", "--dataset", "wine", *WINE[2:], "--no-train")
    assert "/seed-1 is not finished; it is left out." in result.stderr
    assert "broke down" not in result.stdout
    break_run(results, "vib", 0, status="running")
    message = vib(
        "compare", "control", "vib", "--dataset", "wine", *WINE[2:], "--no-train", code=2
    ).stderr
    assert "no finished run of 'vib'" in message


@pytest.mark.slow
def test_without_training_no_data_are_needed_and_seeds_may_differ(vib: Vib, reviews: Path) -> None:
    common = ("--dataset", reviews, *TEXT)
    vib("train", *common, "--name", "two", "--seeds", 2, "--jobs", 1)
    vib("train", *common, "--name", "one", "--lambda", 0.5)
    reviews.unlink()
    content = compared(vib, "two", "one", "--dataset", reviews, "--no-train")
    assert [row["seeds"] for row in content["rows"]] == [[0, 1], [0]]
    assert content["rows"][1]["findings"]["accuracy"]["difference"]["n"] == 1
    assert content == compared(vib, "two", "one", "--dataset", reviews.stem, "--no-train")


def test_without_training_runs_on_different_data_are_refused(vib: Vib, reviews: Path) -> None:
    common = ("--dataset", reviews, *TEXT)
    vib("train", *common, "--name", "before")
    write_reviews(reviews, rows=90)
    vib("train", *common, "--name", "after")
    message = vib("compare", "before", "after", *common[:2], "--no-train", code=2).stderr
    prints = {run["name"]: run["data"]["fingerprint"] for run in records().values()}
    assert "different data" in message
    squeezed = "".join(message.split())
    for name, print_ in prints.items():
        assert f"{name}-" in squeezed
        assert print_ in squeezed


@pytest.mark.slow
def test_fresh_trains_all_again(vib: Vib, results: Path) -> None:
    before = written()
    vib("compare", "control", "vib", *WINE, *QUICK, "--fresh")
    after = written()
    for path, moment in before.items():
        assert (after[path] > moment) == (path.parts[1] == "wine" and "baseline" not in str(path))


def test_json_csv_picture_and_table_say_the_same(vib: Vib, results: Path) -> None:
    arguments = ("baseline", "vib", *WINE, "--seeds", 2)
    content = compared(vib, *arguments)
    rows = list(csv.DictReader(io.StringIO(vib("compare", *arguments, "--csv").stdout)))
    result = vib("compare", *arguments)
    runs = records()
    assert [(row["name"], row["seed"]) for row in rows] == [
        *(("baseline", "0"), ("baseline", "1"), ("vib", "0"), ("vib", "1"))
    ]
    assert [row["run"] for row in rows] == content["runs"]
    for row in rows:
        run = runs[row["run"]]
        curve = [epoch["validation"]["accuracy"] for epoch in run["epochs"]]
        assert float(row["test_accuracy"]) == run["test"]["selected"]["accuracy"]
        assert float(row["best_validation_accuracy"]) == max(curve)
        assert float(row["area"]) == pytest.approx(np.mean(curve))
        assert (row["test_rate_nats"] == "") == (row["name"] == "baseline")
        assert row["test_auroc"] == ""  # three classes
        until = own_passages([curve])[0]  # of two epochs
        assert float(row["epochs_to_own_target"]) == pytest.approx(until)
    for row in content["rows"]:
        tests = [float(r["test_accuracy"]) for r in rows if r["name"] == row["name"]]
        assert row["findings"]["accuracy"]["value"]["mean"] == pytest.approx(np.mean(tests))
    drawn = [Path(p) for p in result.stderr.strip().rpartition("Pictures: ")[2].split(", ")]
    path = drawn[0]
    assert path.parent == Path("results/wine/comparisons")
    assert json.loads(path.with_suffix(".json").read_text()) == content
    names = [p.stem.removeprefix(path.stem) for p in drawn]
    assert names == ["", "-differences", "-terms", "-reliability", "-confusion"]
    assert {*path.parent.iterdir()} == {*drawn, path.with_suffix(".json")}


@pytest.mark.slow
def test_constant_settings_are_hidden_and_differing_ones_shown(vib: Vib, results: Path) -> None:
    content = compared(vib, "baseline", "vib", *WINE, "--seeds", 2)
    assert content["constant"]["widths"] == [8]
    assert content["differing"]["bottleneck"] == {"baseline": "none", "vib": "gaussian"}
    assert content["differing"]["latent"] == {"baseline": None, "vib": 4}
    assert not set(content["constant"]) & set(content["differing"])
    assert "beta" not in {**content["constant"], **content["differing"]}


@pytest.mark.slow
@pytest.mark.parametrize("target", ["0.4", "1", "0"])
def test_the_target_can_be_given(vib: Vib, results: Path, target: str) -> None:
    content = compared(vib, "control", "vib", *WINE, "--seeds", 2, "--target", target)
    assert content["target"] == float(target)
    first, second = (
        [
            [e["validation"]["accuracy"] for e in run["epochs"]]
            for run in records().values()
            if run["name"] == row["name"] and run["id"] in content["runs"]
        ]
        for row in content["rows"]
    )
    reached = [sum(max(curve) >= float(target) for curve in of) for of in (second, first)]
    common = content["rows"][1]["common"]
    assert common["target"] == float(target)
    assert [common["reached"], common["reached_by_reference"]] == reached


@pytest.mark.parametrize("target", ["-0.1", "1.1", "99%"])
def test_a_target_beyond_all_accuracies_is_refused(vib: Vib, results: Path, target: str) -> None:
    command = ("compare", "baseline", "vib", *WINE, "--seeds", 2, "--target", target)
    assert "--target" in vib(*command, code=2).stderr
    assert not list(results.glob("*/comparisons"))


@pytest.mark.slow
def test_named_experiments_keep_their_own_settings(vib: Vib) -> None:
    vib("train", "--dataset", "wine", "--epochs", 3, "--widths", 4, "--name", "mine", "--lr", 0.01)
    content = compared(vib, "baseline", "mine", *BASE, *QUICK)
    assert content["differing"]["epochs"] == {"baseline": 2, "mine": 3}
    assert content["differing"]["lr"] == {"baseline": 0.001, "mine": 0.01}
    assert [row["seeds"] for row in content["rows"]] == [[0, 1], [0, 1]]


@pytest.mark.slow
def test_a_setting_that_changes_nothing_is_refused(vib: Vib) -> None:
    for name in ("one", "two"):
        vib("train", *WINE, "--name", name, "--lambda", len(name) + ord(name[0]))
    message = vib("compare", "one", "two", "--dataset", "wine", "--lr", 1, code=2).stderr
    assert "--lr has no effect on one or two." in message
    message = vib("compare", "baseline", "one", *BASE, "--beta", 1, code=2).stderr
    assert "--beta has no effect on baseline or one." in message
    # where the data are is no setting of the experiment
    compared(vib, "one", "two", "--dataset", "wine", *QUICK)


@pytest.mark.slow
def test_one_name_with_different_settings_must_be_said_in_full(vib: Vib) -> None:
    ids = []
    for weight in (1, 2):
        shown = vib("train", *WINE, "--name", "mine", "--lambda", weight, "--json").stdout
        (run,) = json.loads(shown)
        ids.append(run["id"].split("/")[1])
    message = vib("compare", "baseline", "mine", *BASE, code=2).stderr
    assert "'mine' has runs with different settings; say which:" in message
    assert all(id in message for id in ids)
    content = compared(vib, *ids, "--dataset", "wine", *QUICK)
    assert [row["name"] for row in content["rows"]] == ids
    assert content["differing"] == {"lam": {ids[0]: 1.0, ids[1]: 2.0}}
    assert len(set(content["runs"])) == 4


@pytest.mark.slow
def test_runs_of_a_variant_with_other_settings_are_named_in_full(vib: Vib, results: Path) -> None:
    (run,) = json.loads(vib("train", *WINE, "--lambda", "0.5", "--json").stdout)
    own = run["id"].split("/")[1]
    content = compared(vib, "vib", own, *WINE, "--seeds", 2, "--jobs", 1)
    assert content["differing"] == {"lam": {"vib": 0.001, own: 0.5}}
    rows = {row["name"]: row["findings"]["rate_nats"]["value"]["mean"] for row in content["rows"]}
    assert rows["vib"] != rows[own]


SAME = [("vib",), ("vib", "vib"), ("vib", "baseline", "vib"), ("vib", "ID")]


@pytest.mark.parametrize("names", SAME)
def test_at_least_two_different_ones_are_needed(
    vib: Vib, results: Path, names: tuple[str, ...]
) -> None:
    (path,) = (results / "wine").glob("vib-*")
    typed = [path.name if name == "ID" else name for name in names]
    message = vib("compare", *typed, *WINE, code=2).stderr
    assert "at least two" in message or "Each experiment once" in message


def test_an_unknown_name_suggests_the_nearest(vib: Vib, results: Path) -> None:
    assert "Did you mean 'control'?" in vib("compare", "vib", "contorl", *WINE, code=2).stderr
    # a name is known only on the data it was trained on
    vib("train", *WINE, "--name", "mine")
    message = vib("compare", "baseline", "mine", "--dataset", "digits", *BASE[2:], code=2).stderr
    assert "Unknown variant or experiment 'mine'" in message


@pytest.mark.slow
def test_an_experiment_on_data_that_changed_is_refused(vib: Vib, reviews: Path) -> None:
    vib("train", "--dataset", reviews, *TEXT, "--name", "mine")
    write_reviews(reviews, rows=90)
    message = vib("compare", "baseline", "mine", "--dataset", reviews, *TEXT[:-2], code=2).stderr
    assert "'mine' was trained on other data" in message
    vib("train", "--dataset", reviews, *TEXT, "--name", "mine")
    content = compared(vib, "baseline", "mine", "--dataset", reviews, *TEXT[:-2], *QUICK)
    assert [row["name"] for row in content["rows"]] == ["baseline", "mine"]


def break_run(results: Path, name: str, seed: int, **changes: Any) -> Path:
    (path,) = (results / "wine").glob(f"{name}-*/seed-{seed}/run.json")
    content = json.loads(path.read_text()) | {"test": None} | changes
    path.write_text(json.dumps(content))
    return path


@pytest.mark.slow
def test_a_diverged_run_is_counted_and_said(vib: Vib, results: Path) -> None:
    path = break_run(results, "vib", 1, status="diverged", message="loss nan in epoch 2")
    before = path.stat().st_mtime_ns
    result = vib("compare", "baseline", "vib", *WINE, "--seeds", 2, "--jobs", 1, code=1)
    assert "Left out, because they broke down: 1 of 2 runs of vib." in result.stdout
    assert "seed-1 diverged: loss nan in epoch 2" in result.stderr
    assert path.stat().st_mtime_ns == before
    content = compared(vib, "baseline", "vib", *WINE, "--seeds", 2, "--jobs", 1, code=1)
    assert [row["broken"] for row in content["rows"]] == [0, 1]
    assert content["rows"][1]["findings"]["accuracy"]["difference"]["n"] == 1


def test_where_all_runs_diverge_the_command_fails(vib: Vib) -> None:
    result = vib("compare", "baseline", "vib", *BASE, *QUICK, "--lr", "1e30", code=1)
    assert result.stdout == ""
    assert result.stderr.count(" diverged: loss ") == 4


@pytest.mark.slow
@pytest.mark.parametrize("content", ["", "{", '{"schema_version": 99}'])
def test_a_damaged_record_is_left_out_and_said(vib: Vib, results: Path, content: str) -> None:
    path = break_run(results, "vib", 1)
    path.write_text(content)
    result = vib("compare", "baseline", "vib", *WINE, "--seeds", 2, "--jobs", 1)
    assert "1 of 2" in result.stdout
    assert f"{path.relative_to(Path.cwd())} " in result.stderr
    assert "It is left out." in result.stderr
    assert path.read_text() == content


def test_damaged_models_and_predictions_do_not_matter(vib: Vib, results: Path) -> None:
    for name in ("model.safetensors", "predictions.parquet", "preprocessing.json"):
        for path in results.glob(f"wine/*/*/{name}"):
            path.write_bytes(path.read_bytes()[:10])
    compared(vib, "baseline", "vib", *WINE, "--seeds", 2)


def test_a_picture_that_cannot_be_written_is_said(vib: Vib, results: Path) -> None:
    (results / "wine" / "comparisons").touch()
    result = vib("compare", "baseline", "vib", *WINE, "--seeds", 2, code=2)
    assert "Cannot write results/wine/comparisons/" in result.stderr


def test_brackets_in_names_of_data_are_shown(vib: Vib, tmp_path: Path) -> None:
    path = write_reviews(tmp_path / "re[b]views[.csv")
    Path("a[b").mkdir()
    vib("compare", "baseline", "control", "--dataset", path, *TEXT, *QUICK, "--results", "a[b")
    (name,) = (p.name for p in Path("a[b").iterdir())
    assert "[" not in name


def measured(results: Path) -> dict[str, Any]:
    """What each run measured, with what, but not how long it took."""
    curves = {
        id: [(epoch["train"], epoch["validation"]) for epoch in run["epochs"]]
        for id, run in records(results).items()
    }
    return {
        id: (curves[id], run["test"], run["environment"]) for id, run in records(results).items()
    }


@pytest.mark.slow
def test_jobs_change_no_number(vib: Vib, tmp_path: Path) -> None:
    arguments = ("baseline", "vib", "--dataset", "wine", "--epochs", 2, "--widths", 64)
    tables = []
    for jobs in (1, 2):
        # the workers may have been started by another test, in another folder
        results = tmp_path / f"jobs-{jobs}"
        where = ("--seeds", 2, "--jobs", jobs, "--threads", 1, "--results", results)
        shown = vib("compare", *arguments, *where, "--csv").stdout
        tables.append(list(csv.DictReader(io.StringIO(shown))))
    assert measured(Path("jobs-1")) == measured(Path("jobs-2"))
    for one, two in zip(*tables, strict=True):
        same = {k for k in one if "seconds" not in k}
        assert {k: one[k] for k in same} == {k: two[k] for k in same}


def family(pid: int) -> set[int]:
    """Processes that this one started, and those they started."""
    ps = ["ps", "-eo", "pid=,ppid=,stat="]
    lines = subprocess.run(ps, capture_output=True, text=True, check=True).stdout.splitlines()
    parents = {}
    for line in lines:
        child, parent, state = line.split()
        if not state.startswith("Z"):
            parents[int(child)] = int(parent)
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


@contextmanager
def gone_soon(pids: set[int]) -> Iterator[None]:
    yield
    for _ in range(100):
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return
        time.sleep(0.1)
    raise AssertionError("processes were left behind")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")
@pytest.mark.parametrize(
    ("number", "group", "code"),
    [
        pytest.param(signal.SIGINT, True, 130, id="ctrl-c"),
        pytest.param(signal.SIGTERM, False, 130, id="terminate the parent"),
        pytest.param(signal.SIGKILL, False, -9, id="kill the parent"),
    ],
)
def test_interrupted_jobs_end_together_and_go_on(
    vib: Vib, tmp_path: Path, number: signal.Signals, group: bool, code: int
) -> None:
    arguments = (
        *("compare", "baseline", "vib", "--dataset", "breast-cancer", "--epochs", 25),
        *("--widths", 64, "--batch-size", 4, "--seeds", 2, "--results", tmp_path / "results"),
        *("--jobs", 2),
    )
    process = subprocess.Popen(
        [sys.executable, "-c", "from vibcli.cli import main; main()", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        for _ in range(6000):
            if sum(len(run["epochs"]) >= 2 for run in records().values()) >= 2:
                break
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        with gone_soon(family(process.pid)):
            (os.killpg if group else os.kill)(process.pid, number)
            _, errors = process.communicate(timeout=10)
            assert process.returncode == code
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    if code == 130:
        assert errors.endswith("Error: Interrupted. The same command goes on from here.\n")
        assert "Traceback" not in errors
    cut = records()
    assert any(run["status"] == "running" for run in cut.values())
    vib(*arguments)
    resumed = measured(Path("results"))
    assert len(resumed) == 4
    for id, run in cut.items():
        kept = [(e["train"], e["validation"]) for e in run["epochs"]]
        assert resumed[id][0][: len(kept)] == kept
    vib(*arguments[:-4], "--results", "whole", "--jobs", 1, "--threads", 1)
    assert resumed == measured(Path("whole"))


def test_small_settings_are_small() -> None:
    """The settings of these tests say what they seem to say."""
    assert ("--dataset", "wine", *SMALL) == WINE
    assert "--latent" not in BASE


@pytest.mark.slow
def test_a_renamed_file_does_not_pass_for_the_data_set_of_that_name(
    vib: Vib, tmp_path: Path
) -> None:
    """Results call both ``wine``: a file of that name, and the data set in scikit-learn."""
    write_reviews(tmp_path / "wine.csv")
    typed = ("baseline", "vib", "--input", "review", "--epochs", 1, "--filters", 4, "--seeds", 1)
    vib("compare", *typed, "--dataset", "wine.csv")
    refused = vib("compare", "baseline", "vib", "--dataset", "wine", "--no-train", code=2)
    assert "no runs on 'wine', but some on wine.csv" in refused.stderr
    assert "--dataset wine.csv" in refused.stderr
    again = vib("compare", *typed, "--dataset", "wine.csv", "--no-train")
    assert again.stdout.startswith("wine: 57/7/16 rows")
