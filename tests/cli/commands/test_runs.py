import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import recorded
from filelock import FileLock
from rich.console import Console, RenderableType
from small import Vib

from vibcli.reporting.tables.cells import plain_table
from vibcli.reporting.tables.runs import runs_table
from vibcli.store.rundir import RunDir

NUMBERS = ("epochs", "test", "rate (nats)")


def stored(**settings: object) -> RunDir:
    run = recorded.run(**settings)  # type: ignore[arg-type]
    folder = RunDir(Path("results"), run.id)
    folder.write(run)
    return folder


def printed(content: RenderableType, width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(content)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_without_runs_the_way_to_make_one_is_said(vib: Vib) -> None:
    result = vib("runs")
    assert result.stdout == ""
    assert result.stderr == "There are no runs in results. Make one with: vib train\n"
    assert json.loads(vib("runs", "--json").stdout) == []


def test_all_runs_are_listed(vib: Vib, finished_runs: Path) -> None:
    shown = vib("runs", "--results", finished_runs).stdout
    listed = json.loads(vib("runs", "--results", finished_runs, "--json").stdout)
    assert len(listed) == 9
    for run in listed:
        (line,) = (line for line in shown.splitlines() if run["id"] in line)
        assert "complete" in line
        assert f"{run['test']['selected']['accuracy']:.2%}" in line


def test_runs_on_one_data_set_by_either_name(vib: Vib, finished_runs: Path) -> None:
    here = ("--results", finished_runs)
    (run,) = json.loads(vib("runs", "--dataset", "reviews", "--json", *here).stdout)
    path = run["config"]["dataset"]
    assert json.loads(vib("runs", "--dataset", path, "--json", *here).stdout) == [run]
    there = finished_runs.parent / path  # wherever it is
    assert json.loads(vib("runs", "--dataset", there, "--json", *here).stdout) == [run]
    for nothing in ("*", "[a-z]", "/", "..", "wine/"):
        result = vib("runs", "--dataset", nothing, *here)
        assert result.stderr.startswith(f"There are no runs on {nothing} in ")
        assert result.stdout == ""


@pytest.mark.parametrize("status", ["complete", "diverged", "failed"])
def test_the_status_is_the_recorded_one(vib: Vib, status: str) -> None:
    stored(status=status)
    assert f" {status} " in vib("runs").stdout


def test_a_run_that_nobody_trains_was_interrupted(vib: Vib) -> None:
    folder = stored(status="running")
    assert " interrupted " in vib("runs").stdout
    assert json.loads(vib("runs", "--json").stdout)[0]["status"] == "interrupted"
    with FileLock(folder.path / ".lock"):
        assert " running " in vib("runs").stdout


def test_the_json_of_a_run_is_its_whole_record(vib: Vib) -> None:
    folders = [stored(created=f"2026-01-0{9 - seed}", seed=seed) for seed in range(3)]
    listed = json.loads(vib("runs", "--json").stdout)
    assert listed == [folder.read().model_dump(mode="json") for folder in reversed(folders)]


def test_a_line_says_how_far_a_run_came_and_how_good_it_is(vib: Vib) -> None:
    good = stored(seed=0, tested={"accuracy": 0.9, "rate_nats": 3.14159})
    begun = recorded.run(seed=1, status="running", curve=(0.5,)).updated(
        config=recorded.run(epochs=7).config
    )
    RunDir(Path("results"), begun.id).write(begun)
    text = vib("runs").stdout
    assert re.search(rf"{good.id} +complete +2/2 +90\.00% +3\.14$", text, re.MULTILINE)
    assert re.search(rf"{begun.id} +interrupted +1/7 +- +-$", text, re.MULTILINE)


def test_a_long_id_is_folded_and_not_cut(vib: Vib) -> None:
    folder = stored(name="n" * 64, tested={"accuracy": 0.9, "rate_nats": 3.14159})
    text = vib("runs").stdout
    assert max(map(len, text.splitlines())) == 80
    assert "".join(line.split("  ")[0] for line in text.splitlines()[2:]) == folder.id
    assert "90.00%" in text
    assert "3.14" in text


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("dataset", ["wine", "葡萄酒" * 12])
def test_the_list_looks_like_every_other_table(dataset: str, width: int) -> None:
    found = [stored(seed=seed, dataset=dataset).summary() for seed in (0, 10)]
    table = plain_table("run", "status", *NUMBERS, numbers=NUMBERS)
    for run in found:
        table.add_row(run.id, "complete", "2/2", "50.00%", "-")
    assert printed(runs_table(found, width), width) == printed(table, width)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("data", {}), ("test", {}), ("epochs", 3), ("config", None)],
        *[("test", {"selected": {"accuracy": "good"}}), ("test", {"selected": [0.5]})],
    ],
)
def test_a_record_of_another_form_is_damaged(vib: Vib, key: str, value: object) -> None:
    good, other = stored(seed=0), stored(seed=1)
    record = json.loads(other.record.read_text())
    other.record.write_text(json.dumps(record | {key: value}))
    result = vib("runs")
    assert f"{other.record} is damaged (not a run record)" in result.stderr
    assert good.id in result.stdout
    assert other.id not in result.stdout


def test_damaged_and_newer_runs_do_not_hide_the_others(vib: Vib) -> None:
    good = [stored(seed=seed) for seed in range(2)]
    cut, newer = stored(seed=2), stored(seed=3)
    cut.record.write_bytes(cut.record.read_bytes()[:200])
    newer.record.write_text(newer.record.read_text().replace('version": 1', 'version": 99'))
    result = vib("runs")
    for folder in (*good, cut, newer):
        assert (folder.id in result.stdout) == (folder in good)
    assert f"{cut.record} is damaged" in result.stderr
    assert f"{newer.record} was written by a newer vibcli (schema 99" in result.stderr
    assert len(json.loads(vib("runs", "--json").stdout)) == 2


def test_runs_are_listed_below_brackets(vib: Vib) -> None:
    run = recorded.run()
    RunDir(Path("a[1]"), run.id).write(run)
    assert run.id in vib("runs", "--results", "a[1]").stdout
    assert "no runs in a[2]" in vib("runs", "--results", "a[2]").stderr


@pytest.mark.parametrize("arguments", [("runs",), ("runs", "--json")])
def test_who_reads_one_line_hears_of_no_broken_pipe(arguments: tuple[str, ...]) -> None:
    for seed in range(150):  # more than a pipe holds
        stored(seed=seed)
    process = subprocess.Popen(
        [sys.executable, "-c", "from vibcli.cli import main; main()", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(20) in (0, 1)
