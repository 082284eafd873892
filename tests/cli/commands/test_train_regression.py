"""`vib train` and `vib runs` where the label is a number."""

import json
import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet
from regressions import (
    BASE,
    METRICS,
    numbers,
    one_line,
    pictures,
    plain,
    records,
    shown_json,
    trained,
)
from small import PRICES, SMALL, TEXT, Vib
from tiny import REGRESSIONS

from vibcli.tasks.find import all_variants

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.mark.parametrize("variant", REGRESSIONS)
@pytest.mark.parametrize("kind", ["tabular", "text"])
def test_every_variant_learns_a_number_from_tables_and_texts(
    vib: Vib, prices: Path, reviews: Path, kind: str, variant: str
) -> None:
    data = {
        "tabular": ("--dataset", prices, *PRICES),
        "text": ("--dataset", reviews, "--label", "stars", *TEXT),
    }[kind]
    settings = all_variants()[variant].settings
    run = trained(
        vib, *(data[:-2] if settings["bottleneck"] == "none" else data), "--variant", variant
    )
    assert run["status"] == "complete"
    assert run["name"] == run["config"]["variant"] == variant
    assert (run["data"]["kind"], run["data"]["classes"]) == (kind, [])
    assert (run["config"]["predicts"], run["config"]["select"]) == (
        "number",
        settings.get("select", "rmse"),
    )
    tested = run["test"]["selected"]
    assert set(tested) == METRICS
    assert tested["rmse"] >= tested["mae"] > 0
    assert (tested["rate_nats"] is not None) == (settings["bottleneck"] == "gaussian")
    folder = Path("results") / run["id"]
    assert {path.name for path in folder.iterdir()} == {
        *(".lock", "run.json", "model.safetensors", "preprocessing.json", "predictions.parquet")
    }


@pytest.mark.parametrize("encoder", ["mlp", "conv"])
def test_a_number_is_learnt_from_pictures(vib: Vib, tmp_path: Path, encoder: str) -> None:
    path = pictures(tmp_path / "pictures.parquet")
    # narrow nets, on pictures of 6 by 8 pixels
    size = {"mlp": ("--widths", 8), "conv": ("--channels", "2", "--image-size", 16)}[encoder]
    run = trained(
        *(vib, "--dataset", path, "--label", "age", "--encoder", encoder, *size),
        *("--epochs", 2, "--latent", 4),
    )
    assert (run["status"], run["data"]["kind"]) == ("complete", "image")
    assert run["test"]["selected"]["rmse"] > 0


@pytest.mark.parametrize("deviation", ["shared", "own"])
def test_what_follows_from_the_inputs_is_learnt(vib: Vib, prices: Path, deviation: str) -> None:
    run = trained(
        *(vib, "--dataset", prices, "--label", "price", "--deviation", deviation),
        *("--epochs", 60, "--widths", 32, "--lr", 0.01),
    )
    tested = run["test"]["selected"]
    assert tested["r2"] > 0.8
    assert tested["rmse"] < 20_000  # prices have a deviation of 50,000
    errors = [epoch["train"]["rmse"] for epoch in run["epochs"]]
    assert errors[-1] < errors[0] / 2
    table = parquet.read_table(Path("results") / run["id"] / "predictions.parquet")
    deviations = table["deviation"].to_numpy()
    assert (np.ptp(deviations) > 0) == (deviation == "own")


def test_a_run_tells_where_it_went_and_what_it_measured(vib: Vib, prices: Path) -> None:
    result = vib("train", "--dataset", prices, *PRICES)
    (run,) = records(Path("results")).values()
    tested, selected = run["test"]["selected"], run["selected"]
    assert "label 'price' is a number of 80 values: regression" in result.stderr
    (said,) = re.findall(rf"{run['id']}: test RMSE ([\d.,]+), ", result.stderr)
    assert plain(said) == pytest.approx(tested["rmse"], rel=1e-3)
    assert f"epoch {selected['epoch']}, lowest validation RMSE" in result.stdout
    curve = {epoch["epoch"]: epoch["validation"]["rmse"] for epoch in run["epochs"]}
    assert selected["value"] == curve[selected["epoch"]] == min(curve.values())
    assert f"{tested['rate_nats']:.3f} nats" in result.stdout
    assert f"{tested['nll_nats']:.4f} nats" in result.stdout
    assert f"{tested['coverage_90']:.1%}" in result.stdout
    assert max(map(len, result.stdout.splitlines()[:-2])) <= 80


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        PRICES,
        (*BASE, "--variant", "baseline"),
        (*PRICES, "--name", "mine", "--deviation", "own", "--results", "some where"),
        ("--label", "rooms", "--task", "regression", *SMALL),
        ("--label", "rooms", *SMALL),
    ],
    ids=["vib", "baseline", "named", "few numbers", "classes"],
)
def test_the_command_it_suggests_works_and_uses_the_run(
    vib: Vib, prices: Path, arguments: tuple[str, ...]
) -> None:
    shown = vib("train", "--dataset", prices, *arguments).stdout
    (path,) = Path().glob("**/seed-0/run.json")
    (line,) = (line for line in shown.splitlines() if line.startswith("Next: "))
    program, *words = shlex.split(line.removeprefix("Next: "))
    assert program == "vib"
    before = path.stat().st_mtime_ns
    content = shown_json(vib, *words, "--seeds", 1, "--jobs", 1)
    assert path.parent.relative_to(path.parents[3]).as_posix() in content["runs"]
    assert path.stat().st_mtime_ns == before


def test_the_same_command_finds_the_run_and_fresh_repeats_it(vib: Vib, prices: Path) -> None:
    command = ("--dataset", prices, *PRICES)
    first = trained(vib, *command)
    again = vib("train", *command, "--json")
    assert json.loads(again.stdout) == [first]
    assert "1 of 1 runs were trained before" in again.stderr
    assert numbers(trained(vib, *command, "--fresh")) == numbers(first)


def test_shared_deviations_and_own_ones_are_different_runs(vib: Vib, prices: Path) -> None:
    command = ("--dataset", prices, *PRICES)
    usual = trained(vib, *command)
    assert trained(vib, *command, "--deviation", "shared") == usual
    assert trained(vib, *command, "--deviation", "own")["id"] != usual["id"]


@pytest.mark.parametrize(
    ("label", "task", "predicts", "said"),
    [
        ("rooms", (), None, ""),
        ("rooms", ("--task", "classification"), None, ""),
        ("rooms", ("--task", "regression"), "number", ""),
        ("price", (), "number", "label 'price' is a number of 80 values: regression"),
        ("price", ("--task", "regression"), "number", ""),
        ("town", (), None, ""),
    ],
)
def test_the_values_of_the_label_decide_unless_the_task_is_named(
    vib: Vib, prices: Path, label: str, task: tuple[str, ...], predicts: str | None, said: str
) -> None:
    result = vib("train", "--dataset", prices, "--label", label, *task, *SMALL, "--json")
    (run,) = json.loads(result.stdout)
    assert run["config"]["predicts"] == predicts
    assert bool(run["data"]["classes"]) == (predicts is None)
    assert said in result.stderr
    assert ("is a number of" in result.stderr) == bool(said)


def test_that_many_whole_numbers_may_be_classes_is_said(vib: Vib, reviews: Path) -> None:
    result = vib("train", "--dataset", reviews, "--label", "stars", *TEXT)
    assert "label 'stars' is a number of 80 values: regression; --task classification" in (
        result.stderr
    )


def test_the_task_can_be_set_by_environment_and_file(vib: Vib, prices: Path) -> None:
    command = ("--dataset", prices, "--label", "rooms", *SMALL)
    usual = trained(vib, *command, "--task", "regression")
    assert json.loads(vib("train", *command, "--json", VIB_TASK="regression").stdout) == [usual]
    Path("vib.toml").write_text('task = "regression"\ndeviation = "own"\n')
    run = trained(vib, *command)
    assert (run["config"]["predicts"], run["config"]["deviation"]) == ("number", "own")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--label", "price", "--task", "regresion"), "Did you mean 'regression'?"),
        (("--label", "price", "--taks", "regression"), "No such option: --taks"),
        (("--label", "price", "--deviaton", "own"), "--deviation"),
        (("--label", "price", "--deviation", "mine"), "--deviation is 'mine'"),
        (("--label", "prize"), "Unknown column 'prize'. Did you mean 'price'?"),
        (("--label", "price", "--task", "classification"), "--task regression"),
        (("--label", "price", "--variant", "label-smoothing"), "--task regression"),
        (("--label", "price", "--variant", "confidence-penalty"), "--task regression"),
        (("--label", "town", "--task", "regression"), "--task classification"),
        (
            ("--label", "price", "--variant", "label-smoothing", "--task", "regression"),
            "Unknown variant of regression 'label-smoothing'",
        ),
        (("--label", "price", "--task", "autoencoding"), "Unknown variant of autoencoding 'vib'"),
        (("--label", "price", "--label-smoothing", "0.1"), "--label-smoothing has no effect"),
        (("--label", "price", "--select", "accuracy"), "--select accuracy does not apply"),
        (("--label", "rooms", "--deviation", "own"), "--deviation has no effect"),
        (("--label", "price", "--variant", "vae", "--deviation", "own"), "--deviation has no"),
    ],
)
def test_what_does_not_fit_is_refused_with_help(
    vib: Vib, prices: Path, flags: tuple[str, ...], said: str
) -> None:
    result = vib("train", "--dataset", prices, *flags, code=2)
    assert said in one_line(result.stderr)
    assert result.stdout == ""
    assert not Path("results").exists()


def test_classes_inside_packages_are_no_numbers(vib: Vib) -> None:
    message = vib("train", "--dataset", "wine", "--task", "regression", code=2).stderr
    assert "The label of 'wine' is a class, not a number." in message


@pytest.mark.parametrize("value", ["", "inf", "nan", "n/a", "1e300"])
@pytest.mark.parametrize("task", [(), ("--task", "regression")])
def test_labels_that_are_missing_or_no_numbers_are_counted(
    vib: Vib, prices: Path, value: str, task: tuple[str, ...]
) -> None:
    lines = prices.read_text(encoding="utf-8").splitlines()
    for row in (3, 7):
        lines[row] = f"{lines[row].rpartition(',')[0]},{value}"
    prices.write_text("\n".join(lines) + "\n", encoding="utf-8")
    message = vib("train", "--dataset", prices, *PRICES, *task, code=2).stderr
    assert "2 of 80 rows in the train split have no label ('price')" in message
    assert not Path("results").exists()


def test_a_label_with_words_among_its_numbers(vib: Vib, prices: Path) -> None:
    text = prices.read_text(encoding="utf-8")
    prices.write_text(re.sub(r",[\d.]+\n", ",expensive\n", text, count=1), encoding="utf-8")
    command = ("train", "--dataset", prices, *PRICES)
    assert "--task classification" in vib(*command, "--task", "regression", code=2).stderr


@pytest.mark.parametrize(
    ("value", "task", "said"),
    [
        ("3.5", (), "holds one number only (3.5); there is nothing to predict"),
        ("3.5", ("--task", "regression"), "holds one number only (3.5)"),
        ("3", ("--task", "regression"), "holds one number only (3)"),
        ("3", (), "has one class only (3)"),
    ],
)
def test_a_constant_label_is_refused(
    vib: Vib, prices: Path, value: str, task: tuple[str, ...], said: str
) -> None:
    text = prices.read_text(encoding="utf-8")
    prices.write_text(re.sub(r",[\d.]+\n", f",{value}\n", text), encoding="utf-8")
    assert said in vib("train", "--dataset", prices, *PRICES, *task, code=2).stderr
    assert not Path("results").exists()


def test_divergence_is_recorded(vib: Vib, prices: Path) -> None:
    run = trained(vib, "--dataset", prices, *PRICES, "--lr", "1e30", code=1)
    assert (run["status"], run["test"]) == ("diverged", None)
    assert " diverged " in vib("runs").stdout


def wait_for_epochs(process: "subprocess.Popen[str]", epochs: int) -> Path:
    """Wait until a run has recorded so many epochs; returns its record."""
    for _ in range(6000):
        for path in Path("cut").glob("*/*/*/run.json"):
            if len(json.loads(path.read_text())["epochs"]) >= epochs:
                return path
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    raise AssertionError("the training makes no progress")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_an_interrupted_run_goes_on_and_ends_with_the_same_numbers(
    vib: Vib, start: Start, prices: Path, number: signal.Signals, code: int
) -> None:
    command = (
        *("train", "--dataset", prices, "--label", "price", "--deviation", "own", "--epochs", 40),
        *("--widths", 32, "--latent", 4, "--batch-size", 2, "--threads", 1, "--ema", 0.9),
    )
    process = start(*command, "--results", "cut")
    path = wait_for_epochs(process, 2)
    process.send_signal(number)
    out, errors = process.communicate(timeout=20)
    assert (process.returncode, out) == (code, "")
    if code == 130:
        assert errors.endswith("Error: Interrupted. The same command goes on from here.\n")
        assert "Traceback" not in errors
    cut = json.loads(path.read_text())
    assert 2 <= len(cut["epochs"]) < 40, "the test needs an interruption in the middle"
    assert " interrupted " in vib("runs", "--results", "cut").stdout
    (resumed,) = json.loads(vib(*command, "--results", "cut", "--json").stdout)
    (whole,) = json.loads(vib(*command, "--json").stdout)
    assert numbers(resumed) == numbers(whole)
    assert resumed["epochs"][: len(cut["epochs"])] == cut["epochs"]
    left = {file.name for file in path.parent.iterdir()}
    assert left == {file.name for file in (Path("results") / whole["id"]).iterdir()}


def test_runs_are_listed_by_their_error(vib: Vib, finished_regressions: Path) -> None:
    here = ("--results", finished_regressions)
    shown = vib("runs", *here).stdout
    for id, run in records(finished_regressions).items():
        (said,) = re.findall(rf"{id} +complete +2/2 +([\d.,]+)", shown)
        assert plain(said) == pytest.approx(run["test"]["selected"]["rmse"], rel=1e-3)
    assert len(json.loads(vib("runs", *here, "--json", "--dataset", "prices").stdout)) == 5
