"""A task is a folder and a line in the registry: nothing outside needs to know of it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from pyarrow import parquet
from small import Vib
from toy_task import ENTRY, TASK, Centre

from vibcli.config.data import DataSpec
from vibcli.data.dataset import Dataset
from vibcli.data.load import load
from vibcli.data.prepare import prepare
from vibcli.device import Machine
from vibcli.errors import RunError
from vibcli.registry import TASKS
from vibcli.runs import perform as module
from vibcli.runs.perform import perform
from vibcli.runs.saved_model import load_model
from vibcli.runs.wanted import WantedRun
from vibcli.store.records import Run
from vibcli.store.rundir import RunDir
from vibcli.tasks.find import having, task_predicting
from vibcli.tasks.resolve import resolve

CPU = torch.device("cpu")
ONE = Machine("cpu", 1)


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TASKS, "_entries", {**TASKS._entries, "centring": ENTRY})


@pytest.fixture(scope="module")
def wine() -> Dataset:
    return load(DataSpec(dataset="wine"), use_cache=False)


def wanted(variant: str = "slow", seed: int = 0) -> WantedRun:
    return WantedRun(variant, resolve(variant, "tabular", {"dataset": "wine"}), seed)


def numbers(run: Run) -> list[object]:
    return [run.test, run.selected, [(e.train, e.validation) for e in run.epochs]]


def test_it_is_found_by_name_variant_and_record() -> None:
    assert TASKS.load("centring") is TASK
    assert having(["slow", "fast"]) == [TASK]
    assert task_predicting("centre") is TASK
    assert wanted().config.select == "error"
    assert wanted().config.lr == 0.01


def test_a_run_of_it_is_trained_measured_and_kept(tmp_path: Path, wine: Dataset) -> None:
    run = perform(wanted(), wine, tmp_path, ONE)
    assert run.status == "complete"
    assert run.config.predicts == "centre"
    assert run == RunDir(tmp_path, run.id).read()
    errors = [epoch.validation["error"] for epoch in run.epochs]
    assert len(errors) == 3
    assert run.selected is not None
    assert run.selected.value == min(e for e in errors if e is not None)
    assert run.selected.criterion == "lowest validation error"
    folder = RunDir(tmp_path, run.id)
    table = parquet.read_table(folder.predictions)
    assert table.column_names == ["split", "row", "label", "distance"]
    test = prepare(wine, run.config, 0).test
    saved = load_model(folder, CPU)
    assert isinstance(saved.learner, Centre)
    expected = np.square(test.x - saved.learner.point.numpy()).mean(1)
    assert table["distance"].to_numpy() == pytest.approx(expected)
    assert run.test is not None
    assert run.test.selected == {"error": pytest.approx(expected.mean())}


def test_it_goes_on_where_it_was_interrupted(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = perform(wanted("fast"), wine, tmp_path / "whole", ONE)
    real = module.save_checkpoint

    def dying(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(module, "save_checkpoint", dying)
        with pytest.raises(KeyboardInterrupt):
            perform(wanted("fast"), wine, tmp_path / "cut", ONE)
    resumed = perform(wanted("fast"), wine, tmp_path / "cut", ONE)
    assert numbers(resumed) == numbers(whole)
    models = [RunDir(tmp_path / name, whole.id).model.read_bytes() for name in ("whole", "cut")]
    assert models[0] == models[1]


def test_it_has_no_latent_to_look_into(tmp_path: Path, wine: Dataset) -> None:
    run = perform(wanted(), wine, tmp_path, ONE)
    saved = load_model(RunDir(tmp_path, run.id), CPU)
    assert saved.task is TASK
    with pytest.raises(RunError, match=f"{run.id} has no latent to look into"):
        saved.model  # noqa: B018


def test_the_commands_serve_it(vib: Vib) -> None:
    """From training over the list to a comparison, by what it declares alone."""
    for variant in ("slow", "fast"):
        vib("train", "--variant", variant, "--dataset", "wine", "--seeds", 2, "--jobs", 1)
    listed = json.loads(vib("runs", "--json").stdout)
    assert len(listed) == 4
    runs = [RunDir(Path("results"), one["id"]).read() for one in listed]
    shown = vib("runs").stdout
    for run in runs:
        assert run.test is not None
        assert f"{run.test.selected['error']:.3f}" in shown  # the headline in its form
    found = json.loads(vib("eval", "latest", "--json").stdout)
    (latest,) = (run for run in runs if run.id == found["run"])
    assert latest.test is not None
    assert found["metrics"] == latest.test.selected
    assert "squared distance" in vib("eval", "latest").stdout
    compared = vib("compare", "slow", "fast", "--dataset", "wine", "--no-train", "--full")
    assert "Error: mean squared distance" in compared.stdout
    assert "Too early to tell whether fast or slow is nearer in test error" in compared.stdout
    told = json.loads(
        vib("compare", "slow", "fast", "--dataset", "wine", "--no-train", "--json").stdout
    )
    assert told["task"] == "centring"
    refused = vib("interpolate", "latest", code=2)
    assert "has no latent to walk in" in refused.stderr
    refused = vib("eval", "latest", "--latent", code=2)
    assert "has no latent to look into" in refused.stderr
    refused = vib("eval", "latest", "--samples", 3, code=2)
    assert "--samples does not apply" in refused.stderr
