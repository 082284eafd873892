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

NUMBERS = ("epochs", "test", "rate")


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
    assert re.search(rf"{good.id} +complete +2/2 +90\.00% +3\.14  epochs 2$", text, re.MULTILINE)
    assert re.search(rf"{begun.id} +interrupted +1/7 +- +-  epochs 7$", text, re.MULTILINE)


def test_a_long_id_stands_on_a_line_of_its_own(vib: Vib) -> None:
    long = stored(name="n" * 52, tested={"accuracy": 0.9, "rate_nats": 3.14159})
    short = stored(seed=1, tested={"accuracy": 0.8}, created="2026-02-01")
    lines = vib("runs").stdout.splitlines()
    assert len(long.id) > 70
    assert lines[2] == long.id
    assert lines[3].split() == ["complete", "2/2", "90.00%", "3.14"]
    assert lines[4].split() == [short.id, "complete", "2/2", "80.00%", "-"]
    assert lines[3].index("90.00%") == lines[4].index("80.00%")


def test_an_id_wider_than_the_terminal_is_folded_and_not_cut(vib: Vib) -> None:
    folder = stored(name="n" * 90)
    lines = vib("runs").stdout.splitlines()
    assert max(map(len, lines)) == 80
    assert "".join(lines[2:4]) == folder.id


def test_the_last_column_says_in_which_settings_experiments_differ(vib: Vib) -> None:
    for name, lam, seeds in (("vib", 0.001, 2), ("strong", 0.3, 1)):
        for seed in range(seeds):
            stored(name=name, seed=seed, lam=lam, created=f"2026-0{seeds}-01")
    lines = vib("runs").stdout.splitlines()
    assert [line.split("  ")[-1] for line in (lines[0], *lines[2:])] == [
        *("differs", "lambda 0.3", "lambda 0.001", "lambda 0.001"),
    ]
    one = vib("runs", "--where", "lambda=0.3").stdout
    assert "differs" not in one  # from nothing


def test_many_settings_are_cut_to_a_few_and_fit(vib: Vib) -> None:
    many = {"lr": 0.1, "batch_size": 8, "beta1": 0.5, "ema": 0.9, "latent": 4, "dropout": 0.1}
    for name, settings in (("a", {}), ("b", many)):
        stored(name=name, **settings)
    text = vib("runs").stdout
    assert max(map(len, text.splitlines())) <= 80
    assert "2 more" in text
    assert "batch-size 8" in text


def listed(vib: Vib, *arguments: object) -> list[str]:
    return [run["id"] for run in json.loads(vib("runs", "--json", *arguments).stdout)]


@pytest.fixture
def five() -> dict[str, str]:
    """Ids by what is special about the run."""
    made = {
        "weak": {"lam": 0.001, "tested": {"accuracy": 0.95, "rate_nats": 9.0}},
        "strong": {"lam": 0.3, "tested": {"accuracy": 0.9, "rate_nats": 1.0}},
        "dropping": {"dropout": 0.5, "tested": {"accuracy": 0.85}},
        "failed": {"status": "failed", "lam": 0.3},
        "number": {"task": "regression", "dataset": "diabetes", "tested": {"rmse": 50.0}},
    }
    return {
        what: stored(name=what, created=f"2026-01-0{day}", **settings).id
        for day, (what, settings) in enumerate(made.items(), start=1)
    }


@pytest.mark.parametrize(
    ("conditions", "meant"),
    [
        (["lambda>0.01"], "strong failed"),
        (["lam>0.01", "status=complete"], "strong"),
        (["status!=complete"], "failed"),
        (["accuracy>=90%"], "weak strong"),
        (["accuracy < 0.9"], "dropping"),
        (["dropout=none", "dataset=wine", "accuracy!=none"], "weak strong"),
        (["dropout=0.5"], "dropping"),
        (["rmse>1"], "number"),
        (["rate<=1"], "strong"),
        (["run~wine/weak"], "weak"),
        (["variant=vib", "config.epochs=2", "created>2026-01-04"], "number"),
        (["auroc>0"], ""),
    ],
)
def test_conditions_choose_runs(
    vib: Vib, five: dict[str, str], conditions: list[str], meant: str
) -> None:
    typed = [part for condition in conditions for part in ("--where", condition)]
    assert listed(vib, *typed) == [five[what] for what in meant.split()]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("accuracy", "dropping strong weak failed number"),
        ("-accuracy", "weak strong dropping failed number"),
        ("name", "dropping failed number strong weak"),
        ("-lambda,accuracy", "strong failed dropping weak number"),
        ("dataset,-created", "number failed dropping strong weak"),
        ("-validation.accuracy,-name", "weak strong failed dropping number"),
    ],
)
def test_runs_are_ordered_by_any_name(vib: Vib, five: dict[str, str], key: str, meant: str) -> None:
    assert listed(vib, "--sort", key) == [five[what] for what in meant.split()]


def test_columns_are_chosen(vib: Vib, five: dict[str, str]) -> None:
    shown = vib("runs", "--columns", "run,lambda,accuracy,train-seconds,widths").stdout
    lines = [line.split() for line in shown.splitlines()]
    assert lines[0] == ["run", "lambda", "accuracy", "train-seconds", "widths"]
    assert lines[2] == [five["weak"], "0.001", "95.00%", "4", "128,128"]
    assert lines[6][2:3] == ["-"]  # a regression has no accuracy
    text = vib("runs", "--columns", "differs,status,run").stdout
    assert re.search(rf"^lambda 0\.3 +complete +{five['strong']}$", text, re.MULTILINE)


def test_columns_too_wide_are_folded(vib: Vib, five: dict[str, str]) -> None:
    names = "run,variant,fingerprint,select,accuracy,nll-nats,source,created"
    text = vib("runs", "--columns", names).stdout
    assert max(map(len, text.splitlines())) <= 80
    assert "95.00%" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--where", "lamda>1"), "Unknown column 'lamda'. Did you mean 'lambda'?"),
        (("--sort", "-acuracy"), "Unknown column 'acuracy'. Did you mean 'accuracy'?"),
        (("--columns", "run,bach-size"), "Did you mean 'batch-size'?"),
        (("--columns", "run,,status"), "names no column at one place"),
        (("--columns", "config.lamb"), "Did you mean 'config.lam'?"),
        (("--where", "lambda"), "'lambda' is no condition."),
        (("--where", "lambda>[b]x[/b]"), "'lambda' is a number and cannot be compared with '[b]x"),
        (("--where", "__import__('os')"), "is no condition."),
    ],
)
def test_what_cannot_be_meant_is_refused(
    vib: Vib, five: dict[str, str], arguments: tuple[str, ...], said: str
) -> None:
    result = vib("runs", *arguments, code=2)
    assert said in result.stderr
    assert result.stdout == ""


def test_where_nothing_fits_it_is_said(vib: Vib, five: dict[str, str]) -> None:
    told = vib("runs", "--where", "lambda>7", "--where", "name=weak").stderr
    assert told == "There are no runs where lambda>7 and name=weak in results.\n"


def test_records_of_former_versions_are_listed(vib: Vib) -> None:
    """Settings that came later were not written then."""
    folder = stored(tested={"accuracy": 0.9})
    record = json.loads(folder.record.read_text())
    for name in ("predicts", "shift", "warm_up"):
        del record["config"][name]
    folder.record.write_text(json.dumps(record))
    assert "90.00%" in vib("runs").stdout
    assert vib("runs", "--columns", "run,shift").stdout.split()[-1] == "-"


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("dataset", ["wine", "葡萄酒"])
def test_the_list_looks_like_every_other_table(dataset: str, width: int) -> None:
    found = [stored(seed=seed, dataset=dataset).summary() for seed in (0, 10)]
    table = plain_table("run", "status", *NUMBERS, numbers=NUMBERS)
    for run in found:
        table.add_row(run.id, "complete", "2/2", "50.00%", "-")
    assert printed(runs_table(found, width), width) == printed(table, width)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("data", {}), ("test", {}), ("epochs", 3), ("config", None), ("selected", 3)],
        *[("epochs", [{}]), ("selected", {})],
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
