"""Runs from data to files; every interruption must end in the numbers of the uninterrupted run."""

import json
import math
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from pyarrow import parquet
from safetensors.torch import load_file, save_file
from vibcli.config.variants import VARIANTS

from vibcli.config.data import DataSpec
from vibcli.data import Dataset, load
from vibcli.device import Machine
from vibcli.errors import RunError, VibError
from vibcli.runs import perform as experiment
from vibcli.runs.perform import perform
from vibcli.runs.saved_model import load_model
from vibcli.runs.wanted import Task
from vibcli.store.records import Run
from vibcli.store.rundir import RunDir
from vibcli.tasks.resolve import resolve

ONE = Machine("cpu", 1)
LEFT = {".lock", "run.json", "model.safetensors", "preprocessing.json", "predictions.parquet"}

# the states that a training can have beside its weights and Adam's moments
RECIPES: dict[str, dict[str, Any]] = {
    "baseline": {},
    "control": {},
    "vib": {},
    "vib-threshold": {},
    "vib-adaptive": {"rate_target": 0.5, "dual_step": 1e-2},
    "vib, average": {"ema": 0.9},
    "vib, patience": {"patience": 2, "lr": 0.3},
    "vib, decay": {"lr_decay": 0.5, "lr_decay_every": 2},
    "vib, last": {"select": "last"},
    "vib, several draws": {"train_samples": 3, "sigma": "softplus"},
    "vib, bf16": {"precision": "bf16"},
    "dropout": {},
    "weight-decay": {"weight_decay": 0.5, "ema": 0.9},
    "label-smoothing": {},
    "confidence-penalty": {},
    "noise": {},
    "vae": {},
    "vae, warm-up": {"warm_up": 3, "ema": 0.9},
    "vae, several draws": {"train_samples": 3, "dropout": 0.2},
    "vae-threshold": {"beta": 1.0},
    "vae-adaptive": {"rate_target": 0.5, "dual_step": 1e-2},
    "ae": {},
    "ae, patience": {"patience": 2, "lr": 0.3},
    "pm": {},
    "vib, rivals": {
        "dropout": 0.2,
        "weight_decay": 0.1,
        "label_smoothing": 0.1,
        "confidence_penalty": 0.1,
    },
}


@pytest.fixture(scope="module")
def wine() -> Dataset:
    return load(DataSpec(dataset="wine"), use_cache=False)


def task(recipe: str = "vib", seed: int = 0, **settings: Any) -> Task:
    variant = recipe.split(",")[0]
    small = {"dataset": "wine", "epochs": 4, "widths": (8,), "latent": 4, "lr": 0.01}
    if VARIANTS[variant].settings["bottleneck"] == "none":
        small.pop("latent")
    overrides = small | RECIPES[recipe] | settings
    return Task(variant, resolve(variant, "tabular", overrides), seed)


def numbers(run: Run) -> dict[str, Any]:
    """All of the record but what the clock says."""
    content = run.model_dump(mode="json", exclude={"created", "timings"})
    for epoch in content["epochs"]:
        del epoch["seconds"]
    return content


def in_files(run: Run, results: Path) -> tuple[Any, ...]:
    """The content of a run's files, but for the record."""
    folder = RunDir(results, run.id)
    model = {k: v.tolist() for k, v in load_file(folder.model).items()}
    predictions = parquet.read_table(folder.predictions).to_pydict()
    return model, predictions, folder.preprocessing.read_text()


class Killed(BaseException):
    """Stands for the end of the process."""


def die_in(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, call: int, after: bool) -> None:
    """Let the process end before or after a call of this function."""
    real, calls = getattr(owner, name), 0

    def dying(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and not after:
            raise Killed
        result = real(*args, **kwargs)
        if calls == call:
            raise Killed
        return result

    monkeypatch.setattr(owner, name, dying)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_run_leaves_what_it_measured(tmp_path: Path, wine: Dataset, variant: str) -> None:
    run = perform(task(variant), wine, tmp_path, ONE)
    folder = RunDir(tmp_path, run.id)
    assert run.status == "complete"
    assert run == folder.read()
    assert {path.name for path in folder.path.iterdir()} == LEFT
    assert [epoch.epoch for epoch in run.epochs] == [1, 2, 3, 4]
    assert sum(run.data.sizes.values()) == 178
    assert run.environment["threads"] == 1
    assert run.timings["train_seconds"] == pytest.approx(sum(e.seconds for e in run.epochs))
    assert run.selected is not None
    assert run.test is not None
    if variant in tiny.CLASSIFIERS:
        key, best = "accuracy", max
    elif run.config.bottleneck == "gaussian":
        key, best = "elbo_nats", max
    else:
        key, best = "distortion_nats", min
    curve = [epoch.validation[key] for epoch in run.epochs]
    assert run.selected.value == best(value for value in curve if value is not None)
    assert run.test.selected[key] is not None
    noisy = run.config.bottleneck == "gaussian"
    assert (run.test.selected["rate_nats"] is not None) == noisy
    assert ("lambda" in run.epochs[0].train) == noisy


def test_the_saved_model_is_that_of_the_selected_epoch(tmp_path: Path, wine: Dataset) -> None:
    whole = perform(task(lr=0.1, epochs=6), wine, tmp_path, ONE)
    assert whole.selected is not None
    assert whole.selected.epoch < 6, "the test needs a selected epoch before the last"
    short = perform(task(lr=0.1, epochs=whole.selected.epoch, select="last"), wine, tmp_path, ONE)
    models = [
        load_model(RunDir(tmp_path, run.id), torch.device("cpu")).model for run in (whole, short)
    ]
    for name, value in models[0].state_dict().items():
        assert torch.equal(value, models[1].state_dict()[name])
    assert whole.test is not None
    assert short.test is not None
    assert whole.test.selected == short.test.selected != whole.test.last


def test_the_same_task_is_not_trained_again(tmp_path: Path, wine: Dataset) -> None:
    first = perform(task(), wine, tmp_path, ONE)
    folder = RunDir(tmp_path, first.id)
    before = {path.name: path.stat().st_mtime_ns for path in folder.path.iterdir()}
    assert perform(task(), wine, tmp_path, ONE) == first
    assert {path.name: path.stat().st_mtime_ns for path in folder.path.iterdir()} == before


def test_fresh_trains_again_and_forgets_what_was_made_of_the_old_model(
    tmp_path: Path, wine: Dataset
) -> None:
    first = perform(task(), wine, tmp_path, ONE)
    folder = RunDir(tmp_path, first.id)
    (folder.path / "interpolation-linear-0-1-9.png").touch()
    second = perform(task(), wine, tmp_path, ONE, fresh=True)
    assert second.created > first.created
    assert numbers(second) == numbers(first)
    assert {path.name for path in folder.path.iterdir()} == LEFT


def test_each_seed_has_a_run_of_its_own(tmp_path: Path, wine: Dataset) -> None:
    runs = [perform(task(seed=seed), wine, tmp_path, ONE) for seed in (0, 1)]
    assert runs[0].id != runs[1].id
    assert runs[0].epochs[0].train != runs[1].epochs[0].train


PLACES: dict[str, tuple[Any, str, int, bool]] = {
    "first write": (RunDir, "write", 1, True),
    "building": (experiment.build, "model", 1, False),
    "first epoch": (experiment._Heart, "step", 2, False),
    "before a checkpoint": (experiment, "save_checkpoint", 2, False),
    "after a checkpoint": (experiment, "save_checkpoint", 2, True),
    "second epoch written": (RunDir, "write", 3, True),
    "third epoch": (experiment._Heart, "step", 10, False),
    "test": (experiment, "evaluate", 1, False),
    "before the model": (experiment, "save_model", 1, False),
    "after the model": (experiment, "save_model", 1, True),
    "after the predictions": (experiment, "save_predictions", 1, True),
    "before the last write": (RunDir, "write", 6, False),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_run_killed_anywhere_ends_as_if_it_was_not(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    whole = perform(task(), wine, tmp_path / "whole", ONE)
    with monkeypatch.context() as context:
        die_in(context, *PLACES[place])
        with pytest.raises(Killed):
            perform(task(), wine, tmp_path / "cut", ONE)
    folder = RunDir(tmp_path / "cut", whole.id)
    before = folder.read()
    assert before.status == "running"
    (folder.path / ".tmp-half.json").write_text("{")  # as kill -9 in the middle of a write leaves
    resumed = perform(task(), wine, tmp_path / "cut", ONE)
    assert numbers(resumed) == numbers(whole)
    assert resumed.created == before.created
    assert in_files(resumed, tmp_path / "cut") == in_files(whole, tmp_path / "whole")
    assert {path.name for path in folder.path.iterdir()} == LEFT


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_run_killed_after_every_epoch_ends_as_if_it_was_not(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch, recipe: str
) -> None:
    whole = perform(task(recipe), wine, tmp_path / "whole", ONE)
    for epochs in range(1, len(whole.epochs) + 1):
        with monkeypatch.context() as context:
            die_in(context, experiment, "save_checkpoint", 1, True)
            with pytest.raises(Killed):
                perform(task(recipe), wine, tmp_path / "cut", ONE)
        # the record is one write behind the checkpoint here
        assert len(RunDir(tmp_path / "cut", whole.id).read().epochs) == epochs - 1
    resumed = perform(task(recipe), wine, tmp_path / "cut", ONE)
    assert numbers(resumed) == numbers(whole)
    assert in_files(resumed, tmp_path / "cut") == in_files(whole, tmp_path / "whole")


def test_patience_counts_the_epochs_before_the_interruption(tmp_path: Path, wine: Dataset) -> None:
    run = perform(task("vib, patience", epochs=30), wine, tmp_path, ONE)
    assert run.selected is not None
    assert len(run.epochs) == run.selected.epoch + 2 < 30


def test_a_damaged_checkpoint_costs_time_alone(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = perform(task(), wine, tmp_path / "whole", ONE)
    with monkeypatch.context() as context:
        die_in(context, experiment, "save_checkpoint", 2, True)
        with pytest.raises(Killed):
            perform(task(), wine, tmp_path / "cut", ONE)
    folder = RunDir(tmp_path / "cut", whole.id)
    folder.checkpoint.write_bytes(folder.checkpoint.read_bytes()[:100])
    assert numbers(perform(task(), wine, tmp_path / "cut", ONE)) == numbers(whole)


def test_a_resumed_run_keeps_its_threads(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        die_in(context, experiment, "save_checkpoint", 1, True)
        with pytest.raises(Killed):
            perform(task(), wine, tmp_path, ONE)
    assert perform(task(), wine, tmp_path, Machine("cpu", 2)).environment["threads"] == 1


def test_an_infinite_loss_ends_the_run(tmp_path: Path, wine: Dataset) -> None:
    run = perform(task(lr=1e30), wine, tmp_path, ONE)
    assert run.status == "diverged"
    assert re.match(r"loss (nan|inf) in epoch 1, step \d+ \(distortion", run.message or "")
    assert (run.test, run.selected) == (None, None)
    folder = RunDir(tmp_path, run.id)
    assert {path.name for path in folder.path.iterdir()} == {".lock", "run.json"}
    before = folder.record.stat().st_mtime_ns
    assert perform(task(lr=1e30), wine, tmp_path, ONE) == run
    assert folder.record.stat().st_mtime_ns == before


def test_a_test_part_without_finite_numbers_ends_the_run(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = experiment.evaluate

    def overflowing(*args: Any, **named: Any) -> Any:
        measured, predictions = real(*args, **named)
        return {**measured, "nll_nats": math.nan}, predictions

    monkeypatch.setattr(experiment, "evaluate", overflowing)
    run = perform(task(), wine, tmp_path, ONE)
    assert (run.status, run.message) == ("diverged", "nll_nats of the test part: nan")
    assert run.test is None


def interrupted(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch, epochs: int
) -> RunDir:
    """A run that was killed after so many epochs, before the last of them was recorded."""
    with monkeypatch.context() as context:
        die_in(context, experiment, "save_checkpoint", epochs, True)
        with pytest.raises(Killed):
            perform(task(), wine, tmp_path, ONE)
    digest = task().config.digest(wine.description.fingerprint)
    return RunDir(tmp_path, f"wine/vib-{digest}/seed-0")


def test_a_resumed_run_that_diverges_keeps_its_epochs(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = interrupted(tmp_path, wine, monkeypatch, epochs=2)
    tensors = load_file(folder.checkpoint)
    content = folder.checkpoint.read_bytes()
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    tensors["state.model.head.weight"][:] = torch.nan
    save_file(tensors, folder.checkpoint, metadata)
    run = perform(task(), wine, tmp_path, ONE)
    assert run.status == "diverged"
    assert [epoch.epoch for epoch in run.epochs] == [1, 2]
    assert run.selected is not None


@pytest.mark.parametrize(
    ("error", "message"),
    [(RuntimeError("out of memory\nlong story"), "out of memory"), (MemoryError(), "MemoryError")],
)
def test_a_run_that_breaks_down_keeps_its_epochs_and_can_go_on(
    tmp_path: Path,
    wine: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    message: str,
) -> None:
    folder = interrupted(tmp_path, wine, monkeypatch, epochs=2)

    def broken(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as context:
        context.setattr(experiment, "train", broken)
        run = perform(task(), wine, tmp_path, ONE)
    assert (run.status, run.message, len(run.epochs)) == ("failed", message, 2)
    resumed = perform(task(), wine, tmp_path, ONE)
    assert (resumed.status, resumed.message) == ("complete", None)
    assert numbers(resumed) == numbers(perform(task(), wine, tmp_path / "whole", ONE))
    assert {path.name for path in folder.path.iterdir()} == LEFT


def test_progress_ends_with_an_interruption(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []

    class Beats(RunDir):
        def beat(self, progress: dict[str, Any]) -> None:
            super().beat(progress)
            said.append(self.progress())
            if progress["epoch"] == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(experiment, "BEAT_SECONDS", 0)
    real = Task.folder
    monkeypatch.setattr(Task, "folder", lambda *args: Beats(tmp_path, real(*args).id))
    with pytest.raises(KeyboardInterrupt):
        perform(task(), wine, tmp_path, ONE)
    assert said[0]["validation"] is None
    assert said[-1]["validation"] is not None
    assert said[-1]["epoch"] == 2
    assert 0 < said[0]["share"] < said[-1]["share"] < 1
    assert all(one["seconds_left"] > 0 for one in said)
    digest = task().config.digest(wine.description.fingerprint)
    assert RunDir(tmp_path, f"wine/vib-{digest}/seed-0").progress() == {}


def test_a_damaged_record_is_not_overwritten_unless_asked(tmp_path: Path, wine: Dataset) -> None:
    run = perform(task(), wine, tmp_path, ONE)
    folder = RunDir(tmp_path, run.id)
    folder.record.write_text("{")
    with pytest.raises(RunError, match="--fresh"):
        perform(task(), wine, tmp_path, ONE)
    assert folder.record.read_text() == "{"
    assert numbers(perform(task(), wine, tmp_path, ONE, fresh=True)) == numbers(run)


def test_who_comes_second_waits_and_gets_the_same_run(tmp_path: Path, wine: Dataset) -> None:
    digest = task().config.digest(wine.description.fingerprint)
    waits, runs = threading.Event(), []
    first = RunDir(tmp_path, f"wine/vib-{digest}/seed-0")

    def second() -> None:
        runs.append(perform(task(), wine, tmp_path, ONE, on_wait=waits.set))

    thread = threading.Thread(target=second)
    with first.locked(lambda: None):
        thread.start()
        assert waits.wait(10)
        done = perform(task(), wine, tmp_path / "elsewhere", ONE)
        first.write(done)
    thread.join(30)
    assert runs == [done]


def test_a_folder_that_cannot_be_written_loses_nothing(tmp_path: Path, wine: Dataset) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(VibError, match="Cannot write results to"):
        perform(task(), wine, tmp_path / "file", ONE)
    assert (tmp_path / "file").read_text() == "precious"


@pytest.fixture
def limited() -> Callable[[int], None]:
    resource = pytest.importorskip("resource")
    return lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_full_disk_stops_the_run_and_leaves_whole_files(
    tmp_path: Path, wine: Dataset, limited: Callable[[int], None]
) -> None:
    whole = perform(task(), wine, tmp_path / "whole", ONE)
    size = (RunDir(tmp_path / "whole", whole.id).record).stat().st_size
    limited(size - 500)  # room for some epochs, none for the last record
    try:
        with pytest.raises(VibError, match=r"Cannot write .*: File too large"):
            perform(task(), wine, tmp_path / "full", ONE)
    finally:
        limited(-1)
    folder = RunDir(tmp_path / "full", whole.id)
    assert folder.read().status == "running"
    assert not list(folder.path.glob(".tmp-*"))
    assert numbers(perform(task(), wine, tmp_path / "full", ONE)) == numbers(whole)
