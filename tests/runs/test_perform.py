"""Runs from data to files; every interruption must end in the numbers of the uninterrupted run."""

import functools
import json
import math
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from pyarrow import parquet
from safetensors.torch import load_file, save_file

from vibcli.config.data import DataSpec
from vibcli.data.dataset import Dataset
from vibcli.data.load import load
from vibcli.data.prepare import Part
from vibcli.device import Machine
from vibcli.errors import RunError, VibError
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.registry import TASKS
from vibcli.runs import perform as experiment
from vibcli.runs import progress
from vibcli.runs.observer import Silent, Step
from vibcli.runs.perform import perform
from vibcli.runs.progress import TellProgress
from vibcli.runs.rows import run_part
from vibcli.runs.saved_model import load_model
from vibcli.runs.wanted import WantedRun
from vibcli.store.progress import TrainingProgress
from vibcli.store.records import Run
from vibcli.store.rundir import RunDir
from vibcli.tasks.classification.work import Classification
from vibcli.tasks.find import all_variants
from vibcli.tasks.resolve import resolve
from vibcli.tasks.task import Task
from vibcli.tasks.work import Evaluated

VARIANTS = all_variants()

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
    "regression/baseline": {},
    "regression/vib": {},
    "regression/vib-adaptive": {"rate_target": 0.5, "dual_step": 1e-2},
    "regression/vib, rivals": {"deviation": "own", "dropout": 0.2, "weight_decay": 0.1},
    "regression/noise, average": {"ema": 0.9, "train_samples": 3, "lr_decay": 0.5},
    "regression/control, patience": {"patience": 2, "lr": 0.3},
}


@pytest.fixture(scope="module")
def wine() -> Dataset:
    return load(DataSpec(dataset="wine"), use_cache=False)


@functools.cache
def number_data() -> Dataset:
    return load(DataSpec(dataset="diabetes"), use_cache=False)


def data_of(recipe: str, wine: Dataset) -> Dataset:
    return number_data() if recipe.startswith("regression/") else wine


def wanted(recipe: str = "vib", seed: int = 0, **settings: Any) -> WantedRun:
    """A small run; of the first task with this variant unless the recipe names another."""
    named, _, rest = recipe.rpartition("/")
    variant = rest.split(",")[0]
    task: Task | None = TASKS.load(named) if named else None
    dataset = "diabetes" if named else "wine"
    small = {"dataset": dataset, "epochs": 4, "widths": (8,), "latent": 4, "lr": 0.01}
    if VARIANTS[variant].settings["bottleneck"] == "none":
        small.pop("latent")
    overrides = small | RECIPES[recipe] | settings
    return WantedRun(variant, resolve(variant, "tabular", overrides, task), seed)


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
    run = perform(wanted(variant), wine, tmp_path, ONE)
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
        key, best = "nll_nats", min  # of 15 rows
    elif run.config.bottleneck == "gaussian":
        key, best = "elbo_nats", max
    else:
        key, best = "distortion_nats", min
    curve = [epoch.validation[key] for epoch in run.epochs]
    kept_last = run.config.select == "last"
    expected = None if kept_last else best(value for value in curve if value is not None)
    assert run.selected.value == expected
    assert run.test.selected[key] is not None
    noisy = run.config.bottleneck == "gaussian"
    assert (run.test.selected["rate_nats"] is not None) == noisy
    assert ("lambda" in run.epochs[0].train) == noisy


def test_the_saved_model_is_that_of_the_selected_epoch(tmp_path: Path, wine: Dataset) -> None:
    whole = perform(wanted(lr=0.1, epochs=6), wine, tmp_path, ONE)
    assert whole.selected is not None
    assert whole.selected.epoch < 6, "the test needs a selected epoch before the last"
    short = perform(wanted(lr=0.1, epochs=whole.selected.epoch, select="last"), wine, tmp_path, ONE)
    models = [
        load_model(RunDir(tmp_path, run.id), torch.device("cpu")).model for run in (whole, short)
    ]
    for name, value in models[0].state_dict().items():
        assert torch.equal(value, models[1].state_dict()[name])
    assert whole.test is not None
    assert short.test is not None
    assert whole.test.selected == short.test.selected != whole.test.last


def test_the_same_run_is_not_trained_again(tmp_path: Path, wine: Dataset) -> None:
    first = perform(wanted(), wine, tmp_path, ONE)
    folder = RunDir(tmp_path, first.id)
    before = {path.name: path.stat().st_mtime_ns for path in folder.path.iterdir()}
    assert perform(wanted(), wine, tmp_path, ONE) == first
    assert {path.name: path.stat().st_mtime_ns for path in folder.path.iterdir()} == before


def test_fresh_trains_again_and_forgets_what_was_made_of_the_old_model(
    tmp_path: Path, wine: Dataset
) -> None:
    first = perform(wanted(), wine, tmp_path, ONE)
    folder = RunDir(tmp_path, first.id)
    (folder.path / "interpolation-linear-0-1-9.png").touch()
    second = perform(wanted(), wine, tmp_path, ONE, fresh=True)
    assert second.created > first.created
    assert numbers(second) == numbers(first)
    assert {path.name for path in folder.path.iterdir()} == LEFT


def test_each_seed_has_a_run_of_its_own(tmp_path: Path, wine: Dataset) -> None:
    runs = [perform(wanted(seed=seed), wine, tmp_path, ONE) for seed in (0, 1)]
    assert runs[0].id != runs[1].id
    assert runs[0].epochs[0].train != runs[1].epochs[0].train


PLACES: dict[str, tuple[Any, str, int, bool]] = {
    "first write": (RunDir, "write", 1, True),
    "building": (Classification, "build", 1, False),
    "first epoch": (TellProgress, "on_step", 2, False),
    "before a checkpoint": (experiment, "save_checkpoint", 2, False),
    "after a checkpoint": (experiment, "save_checkpoint", 2, True),
    "second epoch written": (RunDir, "write", 3, True),
    "third epoch": (TellProgress, "on_step", 10, False),
    "test": (Classification, "evaluate", 1, False),
    "before the model": (experiment, "save_model", 1, False),
    "after the model": (experiment, "save_model", 1, True),
    "after the predictions": (experiment, "save_predictions", 1, True),
    "before the last write": (RunDir, "write", 6, False),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_run_killed_anywhere_ends_as_if_it_was_not(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    whole = perform(wanted(), wine, tmp_path / "whole", ONE)
    with monkeypatch.context() as context:
        die_in(context, *PLACES[place])
        with pytest.raises(Killed):
            perform(wanted(), wine, tmp_path / "cut", ONE)
    folder = RunDir(tmp_path / "cut", whole.id)
    before = folder.read()
    assert before.status == "running"
    (folder.path / ".tmp-half.json").write_text("{")  # as kill -9 in the middle of a write leaves
    resumed = perform(wanted(), wine, tmp_path / "cut", ONE)
    assert numbers(resumed) == numbers(whole)
    assert resumed.created == before.created
    assert in_files(resumed, tmp_path / "cut") == in_files(whole, tmp_path / "whole")
    assert {path.name for path in folder.path.iterdir()} == LEFT


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_run_killed_after_every_epoch_ends_as_if_it_was_not(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch, recipe: str
) -> None:
    whole = perform(wanted(recipe), data_of(recipe, wine), tmp_path / "whole", ONE)
    for epochs in range(1, len(whole.epochs) + 1):
        with monkeypatch.context() as context:
            die_in(context, experiment, "save_checkpoint", 1, True)
            with pytest.raises(Killed):
                perform(wanted(recipe), data_of(recipe, wine), tmp_path / "cut", ONE)
        # the record is one write behind the checkpoint here
        assert len(RunDir(tmp_path / "cut", whole.id).read().epochs) == epochs - 1
    resumed = perform(wanted(recipe), data_of(recipe, wine), tmp_path / "cut", ONE)
    assert numbers(resumed) == numbers(whole)
    assert in_files(resumed, tmp_path / "cut") == in_files(whole, tmp_path / "whole")


def test_patience_counts_the_epochs_before_the_interruption(tmp_path: Path, wine: Dataset) -> None:
    run = perform(wanted("vib, patience", epochs=30), wine, tmp_path, ONE)
    assert run.selected is not None
    assert len(run.epochs) == run.selected.epoch + 2 < 30


def test_a_damaged_checkpoint_costs_time_alone(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = perform(wanted(), wine, tmp_path / "whole", ONE)
    with monkeypatch.context() as context:
        die_in(context, experiment, "save_checkpoint", 2, True)
        with pytest.raises(Killed):
            perform(wanted(), wine, tmp_path / "cut", ONE)
    folder = RunDir(tmp_path / "cut", whole.id)
    folder.checkpoint.write_bytes(folder.checkpoint.read_bytes()[:100])
    assert numbers(perform(wanted(), wine, tmp_path / "cut", ONE)) == numbers(whole)


def test_a_resumed_run_keeps_its_threads(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        die_in(context, experiment, "save_checkpoint", 1, True)
        with pytest.raises(Killed):
            perform(wanted(), wine, tmp_path, ONE)
    assert perform(wanted(), wine, tmp_path, Machine("cpu", 2)).environment["threads"] == 1


def test_an_infinite_loss_ends_the_run(tmp_path: Path, wine: Dataset) -> None:
    run = perform(wanted(lr=1e30), wine, tmp_path, ONE)
    assert run.status == "diverged"
    assert re.match(r"loss (nan|inf) in epoch 1, step \d+ \(distortion", run.message or "")
    assert (run.test, run.selected) == (None, None)
    folder = RunDir(tmp_path, run.id)
    assert {path.name for path in folder.path.iterdir()} == {".lock", "run.json"}
    before = folder.record.stat().st_mtime_ns
    assert perform(wanted(lr=1e30), wine, tmp_path, ONE) == run
    assert folder.record.stat().st_mtime_ns == before


def test_a_test_part_without_finite_numbers_ends_the_run(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Classification.evaluate

    def overflowing(*args: Any, **named: Any) -> Evaluated:
        measured, predictions = real(*args, **named)
        return Evaluated({**measured, "nll_nats": math.nan}, predictions)

    monkeypatch.setattr(Classification, "evaluate", overflowing)
    run = perform(wanted(), wine, tmp_path, ONE)
    assert (run.status, run.message) == ("diverged", "nll_nats of the test part: nan")
    assert run.test is None


def interrupted(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch, epochs: int
) -> RunDir:
    """A run that was killed after so many epochs, before the last of them was recorded."""
    with monkeypatch.context() as context:
        die_in(context, experiment, "save_checkpoint", epochs, True)
        with pytest.raises(Killed):
            perform(wanted(), wine, tmp_path, ONE)
    digest = wanted().config.digest(wine.description.fingerprint)
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
    run = perform(wanted(), wine, tmp_path, ONE)
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
        context.setattr(experiment, "train_epochs", broken)
        run = perform(wanted(), wine, tmp_path, ONE)
    assert (run.status, run.message, len(run.epochs)) == ("failed", message, 2)
    resumed = perform(wanted(), wine, tmp_path, ONE)
    assert (resumed.status, resumed.message) == ("complete", None)
    assert numbers(resumed) == numbers(perform(wanted(), wine, tmp_path / "whole", ONE))
    assert {path.name for path in folder.path.iterdir()} == LEFT


def test_progress_ends_with_an_interruption(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []

    class Tells(RunDir):
        def tell_progress(self, progress: TrainingProgress) -> None:
            super().tell_progress(progress)
            said.append(self.progress())
            if progress.epoch == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(progress, "TELL_SECONDS", 0)
    real = WantedRun.folder
    monkeypatch.setattr(WantedRun, "folder", lambda *args: Tells(tmp_path, real(*args).id))
    with pytest.raises(KeyboardInterrupt):
        perform(wanted(), wine, tmp_path, ONE)
    assert said[0].validation is None
    assert said[-1].validation is not None
    assert said[-1].epoch == 2
    assert 0 < said[0].share < said[-1].share < 1
    assert all(one.seconds_left > 0 for one in said)
    assert all(one.epochs == 4 for one in said)
    assert all(list(one.terms)[:2] == ["loss_nats", "distortion_nats"] for one in said)
    digest = wanted().config.digest(wine.description.fingerprint)
    assert RunDir(tmp_path, f"wine/vib-{digest}/seed-0").progress() is None


def test_a_damaged_record_is_not_overwritten_unless_asked(tmp_path: Path, wine: Dataset) -> None:
    run = perform(wanted(), wine, tmp_path, ONE)
    folder = RunDir(tmp_path, run.id)
    folder.record.write_text("{")
    with pytest.raises(RunError, match="--fresh"):
        perform(wanted(), wine, tmp_path, ONE)
    assert folder.record.read_text() == "{"
    assert numbers(perform(wanted(), wine, tmp_path, ONE, fresh=True)) == numbers(run)


def test_who_comes_second_waits_and_gets_the_same_run(tmp_path: Path, wine: Dataset) -> None:
    digest = wanted().config.digest(wine.description.fingerprint)
    waits, runs = threading.Event(), []
    first = RunDir(tmp_path, f"wine/vib-{digest}/seed-0")

    def second() -> None:
        runs.append(perform(wanted(), wine, tmp_path, ONE, on_wait=waits.set))

    thread = threading.Thread(target=second)
    with first.locked(lambda: None):
        thread.start()
        assert waits.wait(10)
        done = perform(wanted(), wine, tmp_path / "elsewhere", ONE)
        first.write(done)
    thread.join(30)
    assert runs == [done]


def test_a_folder_that_cannot_be_written_loses_nothing(tmp_path: Path, wine: Dataset) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(VibError, match="Cannot write results to"):
        perform(wanted(), wine, tmp_path / "file", ONE)
    assert (tmp_path / "file").read_text() == "precious"


@pytest.fixture
def limited() -> Callable[[int], None]:
    resource = pytest.importorskip("resource")
    return lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_full_disk_stops_the_run_and_leaves_whole_files(
    tmp_path: Path, wine: Dataset, limited: Callable[[int], None]
) -> None:
    whole = perform(wanted(), wine, tmp_path / "whole", ONE)
    size = (RunDir(tmp_path / "whole", whole.id).record).stat().st_size
    limited(size - 500)  # room for some epochs, none for the last record
    try:
        with pytest.raises(VibError, match=r"Cannot write .*: File too large"):
            perform(wanted(), wine, tmp_path / "full", ONE)
    finally:
        limited(-1)
    folder = RunDir(tmp_path / "full", whole.id)
    assert folder.read().status == "running"
    assert not list(folder.path.glob(".tmp-*"))
    assert numbers(perform(wanted(), wine, tmp_path / "full", ONE)) == numbers(whole)


def test_what_has_to_be_known_of_the_training_part_is_learnt_once(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, sizes = BottleneckLearner.begin, []

    def counting(self: BottleneckLearner, training: Part) -> None:
        sizes.append(len(training.y))
        real(self, training)

    monkeypatch.setattr(BottleneckLearner, "begin", counting)
    folder = interrupted(tmp_path, wine, monkeypatch, epochs=2)
    run = perform(wanted(), wine, tmp_path, ONE)
    assert run == folder.read()
    assert sizes == [run.data.sizes["train"]]


class Told(Silent):
    """Keeps what it is told, and what lies in the folder by then."""

    def __init__(self, results: Path, end_at: tuple[int, int] = (0, 0)) -> None:
        self.results = results
        self.end_at = end_at
        self.events: list[Any] = []
        self.runs: list[Run] = []
        self.checkpoints: list[bool] = []

    def on_start(self, run: Run) -> None:
        self.note("start", run)

    def on_step(self, step: Step) -> None:
        self.events.append((step.epoch, step.step))
        assert step.steps == 4
        assert math.isfinite(step.terms["loss_nats"])
        if self.events[-1] == self.end_at:
            raise KeyboardInterrupt

    def on_epoch(self, run: Run) -> None:
        self.note(f"epoch {run.epochs[-1].epoch}", run)
        assert run == RunDir(self.results, run.id).read()

    def on_end(self, run: Run) -> None:
        self.note("end", run)

    def note(self, event: str, run: Run) -> None:
        self.events.append(event)
        self.runs.append(run)
        self.checkpoints.append(RunDir(self.results, run.id).checkpoint.exists())


def steps(epoch: int, upto: int = 4) -> list[tuple[int, int]]:
    return [(epoch, step) for step in range(1, upto + 1)]


def test_observers_are_told_in_order(tmp_path: Path, wine: Dataset) -> None:
    told, other = Told(tmp_path), Told(tmp_path)
    run = perform(wanted(epochs=2), wine, tmp_path, ONE, observers=[told, other])
    assert told.events == ["start", *steps(1), "epoch 1", *steps(2), "epoch 2", "end"]
    assert other.events == told.events
    assert [len(one.epochs) for one in told.runs] == [0, 1, 2, 2]
    assert [one.status for one in told.runs] == ["running"] * 3 + ["complete"]
    assert told.checkpoints == [False, True, True, True]
    assert told.runs[-1] == run


def test_observers_change_nothing(tmp_path: Path, wine: Dataset) -> None:
    watched = perform(wanted(), wine, tmp_path / "a", ONE, observers=[Told(tmp_path / "a")])
    assert numbers(watched) == numbers(perform(wanted(), wine, tmp_path / "b", ONE))


def test_nobody_is_told_of_a_run_that_was_trained_before(tmp_path: Path, wine: Dataset) -> None:
    perform(wanted(), wine, tmp_path, ONE)
    told = Told(tmp_path)
    perform(wanted(), wine, tmp_path, ONE, observers=[told])
    assert told.events == []


def test_observers_of_a_resumed_run_are_told_what_is_left(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(tmp_path, wine, monkeypatch, epochs=2)
    told = Told(tmp_path)
    run = perform(wanted(), wine, tmp_path, ONE, observers=[told])
    assert told.events == ["start", *steps(3), "epoch 3", *steps(4), "epoch 4", "end"]
    assert [len(one.epochs) for one in told.runs] == [2, 3, 4, 4]
    assert told.checkpoints[0]
    assert told.runs[-1] == run


def test_observers_of_an_interrupted_run_are_told_of_its_end(tmp_path: Path, wine: Dataset) -> None:
    told, other = Told(tmp_path, end_at=(2, 3)), Told(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        perform(wanted(), wine, tmp_path, ONE, observers=[told, other])
    assert told.events == ["start", *steps(1), "epoch 1", *steps(2, 3), "end"]
    assert other.events == ["start", *steps(1), "epoch 1", *steps(2, 2), "end"]
    assert told.runs[-1].status == "running"
    done = perform(wanted(), wine, tmp_path, ONE)
    assert done.status == "complete"
    assert numbers(done) == numbers(perform(wanted(), wine, tmp_path / "whole", ONE))


def test_observers_of_a_run_that_diverges_are_told_of_its_end(
    tmp_path: Path, wine: Dataset
) -> None:
    told = Told(tmp_path)
    run = perform(wanted(lr=1e30), wine, tmp_path, ONE, observers=[told])
    assert run.status == "diverged"
    assert told.events[0] == "start"
    assert told.events[-1] == "end"
    assert 0 < len(told.events[1:-1]) < 4  # steps before the one that was not finite
    assert told.runs[-1] == run


def test_observers_of_a_run_that_breaks_down_are_told_of_its_end(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(Classification, "evaluate", broken)
    told = Told(tmp_path)
    run = perform(wanted(epochs=1), wine, tmp_path, ONE, observers=[told])
    assert (run.status, run.message) == ("failed", "out of memory")
    assert told.events == ["start", *steps(1), "epoch 1", "end"]
    assert told.runs[-1] == run


def test_a_regression_leaves_what_it_measured(tmp_path: Path) -> None:
    run = perform(wanted("regression/vib", epochs=8), number_data(), tmp_path, ONE)
    folder = RunDir(tmp_path, run.id)
    assert run.status == "complete"
    assert run == folder.read()
    assert {path.name for path in folder.path.iterdir()} == LEFT
    assert run.config.predicts == "number"
    assert run.data.classes == ()
    assert run.selected is not None
    assert run.test is not None
    errors = [epoch.validation["rmse"] for epoch in run.epochs]
    assert run.selected.value == min(e for e in errors if e is not None)
    table = parquet.read_table(folder.predictions)
    said = ["prediction", "deviation", "low_90", "high_90", "pit", "rate_nats"]
    assert table.column_names == ["split", "row", "label", *said]
    columns = {name: table[name].to_numpy() for name in ("row", "label", *said)}
    assert np.array_equal(number_data().splits["train"].labels[columns["row"]], columns["label"])
    rmse = np.sqrt(np.square(columns["prediction"] - columns["label"]).mean())
    assert rmse == pytest.approx(run.test.selected["rmse"], rel=1e-9)
    inside = (columns["low_90"] <= columns["label"]) & (columns["label"] <= columns["high_90"])
    assert inside.mean() == run.test.selected["coverage_90"]
    saved = load_model(folder, torch.device("cpu"))
    part = run_part(saved, number_data(), "test")
    again = saved.task.work.evaluate(saved.learner, part, torch.device("cpu"), seed=run.seed)
    assert again.metrics == run.test.selected
