"""`vib compare` where the label is a number."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from regressions import (
    BASE,
    QUICK,
    new_rows,
    one,
    one_line,
    pictures,
    records,
    rows_of,
    shown_json,
)
from small import PRICES, SMALL, Vib

from vibcli.statistics import own_passages

Start = Callable[..., "subprocess.Popen[str]"]


def test_regressions_are_compared_in_the_unit_of_the_label(vib: Vib, prices: Path) -> None:
    command = ("baseline", "vib", "--dataset", prices, *BASE, *QUICK)
    first = vib("compare", *command, "--full")
    assert "label 'price' is a number of 80 values: regression" in first.stderr
    assert "4 of 4 runs are to be trained." in first.stderr
    lines = [line for line in first.stdout.splitlines() if not line.startswith("vib compare")]
    assert max(map(len, lines)) <= 80
    for shown in ("test RMSE", "MAE", "R²", "NLL", "CRPS", "in 90%", "rate", "area", "vib"):
        assert shown in first.stdout
    assert "Too early to tell whether vib or baseline is more accurate" in first.stdout
    assert "test accuracy" not in first.stdout
    content = shown_json(vib, "compare", *command)
    assert (content["task"], content["dataset"]) == ("regression", "prices")
    runs = records(Path("results"))
    lines = rows_of(vib("compare", *command, "--csv").stdout)
    assert [line["run"] for line in lines] == content["runs"]
    for line in lines:
        run = runs[line["run"]]
        curve = [epoch["validation"]["rmse"] for epoch in run["epochs"]]
        for key in ("rmse", "mae", "r2", "nll_nats", "crps", "coverage_90"):
            assert float(line[f"test_{key}"]) == run["test"]["selected"][key]
        assert float(line["best_validation_rmse"]) == min(curve)
        assert float(line["area"]) == pytest.approx(np.mean(curve))
        assert (line["test_rate_nats"] == "") == (line["name"] == "baseline")
        until = own_passages([[-value for value in curve]])[0]
        assert float(line["epochs_to_own_target"]) == pytest.approx(until)
    for row in content["rows"]:
        tests = [float(line["test_rmse"]) for line in lines if line["name"] == row["name"]]
        assert row["findings"]["rmse"]["value"]["mean"] == pytest.approx(np.mean(tests))
    # the margin is a fiftieth of the first one's error
    assert content["margin"] == pytest.approx(
        0.02 * content["rows"][0]["findings"]["rmse"]["value"]["mean"]
    )
    drawn = list(map(Path, first.stderr.strip().rpartition("Pictures: ")[2].split(", ")))
    named = [path.stem.split("-", 3)[3:] for path in drawn]
    assert named == [[], ["differences"], ["terms"], ["predicted"], ["calibration"]]
    for path in drawn:
        with Image.open(path) as image:
            assert image.format == "PNG"
    assert json.loads(drawn[0].with_suffix(".json").read_text()) == content


def test_target_and_margin_are_in_the_unit_of_the_label(
    vib: Vib, finished_regressions: Path, tmp_path: Path
) -> None:
    data = finished_regressions.parent / "prices.csv"
    command = ("compare", "baseline", "vib", "--dataset", data, *BASE, *PRICES[-2:])
    here = ("--results", finished_regressions, "--no-train")
    content = shown_json(vib, *command, *here, "--target", 50_000, "--margin", "1e6")
    assert content["target"] == content["rows"][1]["common"]["target"] == 50_000
    assert (content["margin"], content["margin_reason"]) == (1e6, "--margin")
    for option in (("--target", -1), ("--margin", -1), ("--margin", "a lot")):
        assert option[0] in vib(*command, *here, *option, code=2).stderr
    message = vib(*command, *here, "--iw-samples", 3, code=2).stderr
    assert "--iw-samples is for autoencoders" in message


@pytest.mark.slow
def test_without_training_neither_data_nor_torch_are_needed(
    start: Start, finished_regressions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(finished_regressions.rglob("run.json"))
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    # the data are named, not read
    process = start(
        *("compare", "baseline", "vib", "--dataset", "prices", *BASE, *PRICES[-2:]),
        *("--results", finished_regressions, "--no-train", "--json"),
    )
    out, imports = process.communicate(timeout=120)
    assert [row["seeds"] for row in json.loads(out)["rows"]] == [[0, 1], [0, 1]]
    assert "vibcli.cli.actions.compare" in imports
    assert " torch\n" not in imports
    assert sorted(finished_regressions.rglob("run.json")) == before


@pytest.mark.slow
def test_named_experiments_keep_their_settings(vib: Vib, prices: Path) -> None:
    own = ("--dataset", prices, *PRICES, "--name", "own", "--deviation", "own")
    vib("train", *own, "--seeds", 2, "--jobs", 1)
    content = shown_json(vib, "compare", "vib", "own", "--dataset", prices, *PRICES, *QUICK)
    assert content["differing"] == {"deviation": {"vib": "shared", "own": "own"}}
    again = shown_json(
        vib, "compare", "vib", "own", "--dataset", prices, *PRICES, "--no-train", "--seeds", 2
    )
    assert again["runs"] == content["runs"]
    alone = shown_json(vib, "compare", "own", "vib", "--dataset", prices, *PRICES, *QUICK)
    assert set(alone["runs"]) == set(content["runs"])


@pytest.mark.slow
def test_the_same_label_can_be_class_and_number(vib: Vib, prices: Path) -> None:
    command = ("compare", "baseline", "vib", "--dataset", prices, "--label", "rooms", *BASE[2:])
    as_class = shown_json(vib, *command, *QUICK)
    as_number = shown_json(vib, *command, *QUICK, "--task", "regression")
    assert (as_class["task"], as_number["task"]) == ("classification", "regression")
    assert set(as_class["runs"]).isdisjoint(as_number["runs"])
    again = shown_json(vib, *command, "--no-train", "--task", "regression")
    assert again["runs"] == as_number["runs"]
    assert shown_json(vib, *command, *QUICK, "--task", "classification") == as_class
    # both are there, and the names alone do not say which are meant
    assert "cannot be compared" in vib(*command, "--no-train", code=2).stderr


@pytest.mark.parametrize(
    ("names", "task", "said"),
    [
        (("baseline", "label-smoothing"), (), "--task regression"),
        (("baseline", "vae"), (), "different tasks"),
        (("label-smoothing", "vae"), (), "different tasks"),
        (("baseline", "vib"), ("--task", "classification"), "--task regression"),
        (("baseline", "vib"), ("--task", "autoencoding"), "variant of autoencoding 'baseline'"),
        (("baseline", "vip"), (), "Did you mean 'vib'?"),
    ],
)
def test_what_cannot_be_compared(
    vib: Vib, prices: Path, names: tuple[str, ...], task: tuple[str, ...], said: str
) -> None:
    command = ("compare", *names, "--dataset", prices, "--label", "price", *task, *QUICK)
    assert said in one_line(vib(*command, code=2).stderr)
    assert not Path("results").exists()


@pytest.mark.slow
def test_an_autoencoder_lets_the_number_colour_its_pictures(vib: Vib, prices: Path) -> None:
    data = ("--dataset", prices, "--label", "price", "--epochs", 2, "--widths", 8, "--latent", 2)
    result = vib("compare", "ae", "vae", *data, "--seeds", 1, "--jobs", 1)
    drawn = result.stderr.strip().rpartition("Pictures: ")[2].split(", ")
    named = [Path(path).stem.split("-", 3)[3] for path in drawn]
    assert named == ["differences", "terms", "ae-plane", "vae-plane"]
    id = one(Path("results"), "prices/vae")
    (run,) = (r for r in records(Path("results")).values() if r["id"] == id)
    assert (run["config"]["predicts"], run["data"]["classes"]) == ("input", [])
    again = shown_json(vib, "eval", id, "--pictures")
    assert again["metrics"] == run["test"]["selected"]
    assert (Path("results") / id / "test-vae-plane.png").is_file()
    shown_json(vib, "eval", id, "--latent")
    walk = shown_json(vib, "interpolate", id, "--mode", "all", "--from", 0)
    assert isinstance(walk["from"]["label"], float)
    assert set(walk["walks"]["linear"][0]["decoded"]) == {"size", "rooms", "town"}
    new = new_rows(Path("new.csv"))
    (first, *_) = rows_of(vib("predict", id, new).stdout)
    assert list(first)[3:] == ["distortion_nats", "rate_nats", "elbo_nats", "iwae_nats"]


def test_autoencoders_of_pictures_with_a_number(vib: Vib, tmp_path: Path) -> None:
    path = pictures(tmp_path / "pictures.parquet")
    data = ("--dataset", path, "--label", "age", *SMALL)
    vib("train", "--variant", "vae", *data)
    (folder,) = Path("results").glob("pictures/vae-*/seed-0")
    vib("eval", "latest", "--pictures", "--json")
    drawn = {path.name for path in folder.glob("*.png")}
    assert drawn == {"test-terms.png", "test-reconstructions.png", "test-samples.png"}
