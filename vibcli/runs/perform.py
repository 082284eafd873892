"""The whole way of one run on one page: data -> train -> evaluate -> files.

A training that was interrupted goes on after its last whole epoch. All that the next step depends
on is in the checkpoint, and the streams of order and noise are named by epoch, so the numbers are
those of a training that was never interrupted.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import torch

from vibcli.config.record import WATCHED
from vibcli.data import Dataset, Prepared, prepare
from vibcli.device import Machine
from vibcli.evaluation.evaluate import evaluate
from vibcli.models import build
from vibcli.models.objectives import Objective, Terms
from vibcli.runs.loop import Diverged, Rows, check_finite, train
from vibcli.runs.saved import (
    Checkpoint,
    load_checkpoint,
    save_checkpoint,
    save_model,
    save_predictions,
)
from vibcli.runs.wanted import Task
from vibcli.store.headline import headline
from vibcli.store.records import DataRecord, Epoch, Run, Tests, select
from vibcli.store.runs import RunDir, environment, now

BEAT_SECONDS = 0.25


def perform(
    task: Task,
    dataset: Dataset,
    results: Path,
    machine: Machine,
    fresh: bool = False,
    on_wait: Callable[[], None] = lambda: None,
) -> Run:
    """Train a run, or return it if it was trained before.

    Two processes may ask for the same run: one trains, the other waits for it. A run whose loss
    was not finite comes back as ``diverged``, one that broke down as ``failed``; what was
    measured until then is kept.

    Args:
        task: which run.
        dataset: its data.
        results: the results folder.
        machine: where to compute.
        fresh: forget what was trained before.
        on_wait: called if another process is training this run.

    Raises:
        RunError: the record of the run is damaged or the results folder cannot be written.
    """
    folder = task.folder(results, dataset.description)
    with folder.locked(on_wait):
        if fresh:
            folder.reset()
        if (done := folder.finished()) is not None:
            return done
        folder.sweep()
        before = folder.read() if folder.exists() else None
        if before is not None:
            # the number of threads decides the order of summation, and so the last digits
            machine = replace(machine, threads=before.environment["threads"])
        device = machine.start()
        started = time.perf_counter()
        prepared = prepare(dataset, task.config, task.seed)  # bad data leave no record behind
        timings = {"prepare_seconds": time.perf_counter() - started}
        checkpoint = load_checkpoint(folder) or Checkpoint((), {}, {})
        run = _so_far(_record(task, dataset, prepared, folder.id, device), checkpoint.epochs)
        run = run.updated(timings=timings, created=before.created if before else run.created)
        folder.write(run)
        try:
            run = _train_and_test(run, checkpoint, prepared, folder, device)
        except Diverged as error:
            run = folder.read().updated(status="diverged", message=str(error))
        except (RuntimeError, MemoryError) as error:  # of PyTorch: no memory left, say
            reason = (str(error) or type(error).__name__).splitlines()[0]
            run = folder.read().updated(status="failed", message=reason)
        finally:
            folder.end_progress()
        folder.write(run)
        if run.status != "failed":
            folder.end_checkpoint()
        return run


def _record(task: Task, dataset: Dataset, prepared: Prepared, id: str, device: torch.device) -> Run:
    about = dataset.description
    parts = {"train": prepared.train, "validation": prepared.validation, "test": prepared.test}
    sizes = {name: len(part.y) for name, part in parts.items()}
    if task.config.watch:
        about = replace(about, notes=(*about.notes, WATCHED))
    return Run(
        id=id,
        name=task.name,
        status="running",
        created=now(),
        seed=task.seed,
        config=task.config,
        data=DataRecord(**asdict(about), sizes=sizes),
        environment=environment(str(device), torch.get_num_threads()),
    )


def _so_far(run: Run, epochs: tuple[Epoch, ...]) -> Run:
    selected = select(epochs, run.config.select) if epochs else None
    return run.updated(epochs=epochs, selected=selected)


def _train_and_test(
    run: Run, checkpoint: Checkpoint, prepared: Prepared, folder: RunDir, device: torch.device
) -> Run:
    config, classes = run.config, run.data.classes
    model = build.model(config, prepared.preprocessor.shape, len(classes), run.seed, device)
    run, checkpoint = _train(run, checkpoint, model, prepared, folder, device)
    timings = run.timings | {"train_seconds": sum(epoch.seconds for epoch in run.epochs)}

    started = time.perf_counter()
    test = Rows.of(prepared.test)
    with model.optimiser.averaged():
        last, predictions = evaluate(model, *test, device, seed=run.seed)
    chosen = last
    assert run.selected is not None
    if run.selected.epoch != run.epochs[-1].epoch:
        model.load_state_dict(checkpoint.best)
        chosen, predictions = evaluate(model, *test, device, seed=run.seed)
    check_finite(chosen, "of the test part")
    save_model(folder, checkpoint.best, config.kind, prepared.preprocessor)
    save_predictions(folder, prepared.test, predictions, classes)
    timings["evaluate_seconds"] = time.perf_counter() - started
    tests = Tests(selected=chosen, last=last)
    return run.updated(status="complete", test=tests, timings=timings)


def _train(
    run: Run,
    checkpoint: Checkpoint,
    model: Objective,
    prepared: Prepared,
    folder: RunDir,
    device: torch.device,
) -> tuple[Run, Checkpoint]:
    config = run.config
    if checkpoint.epochs:
        model.load_training_state(checkpoint.state)
    heart = _Heart(folder, config.epochs, checkpoint.epochs)
    for epoch in train(
        model,
        Rows.of(prepared.train),
        Rows.of(prepared.validation),
        seed=run.seed,
        device=device,
        epochs=config.epochs,
        batch_size=config.batch_size,
        patience=config.patience,
        criterion=config.select,
        history=checkpoint.epochs,
        on_step=heart.step,
    ):
        heart.validation = headline(epoch.validation).value
        run = _so_far(run, (*checkpoint.epochs, epoch))
        best = checkpoint.best
        if run.selected is not None and run.selected.epoch == epoch.epoch:
            with model.optimiser.averaged():
                best = {name: value.clone() for name, value in model.state_dict().items()}
        checkpoint = Checkpoint(run.epochs, model.training_state(), best)
        save_checkpoint(folder, checkpoint)
        folder.write(run)
    return run, checkpoint


class _Heart:
    """Tells, a few times a second, how far the training is."""

    def __init__(self, folder: RunDir, epochs: int, history: tuple[Epoch, ...]) -> None:
        self.folder, self.epochs, self.done = folder, epochs, len(history)
        self.validation = headline(history[-1].validation).value if history else None
        self.started = self.last = time.monotonic()

    def step(self, epoch: int, step: int, steps: int, terms: Terms) -> None:
        """Note a step of the training."""
        if time.monotonic() - self.last < BEAT_SECONDS:
            return
        self.last = time.monotonic()
        passed = epoch - 1 + step / steps
        gained = passed - self.done
        self.folder.beat(
            {
                "epoch": epoch,
                "epochs": self.epochs,
                "share": passed / self.epochs,
                "seconds_left": (self.last - self.started) * (self.epochs - passed) / gained,
                "validation": self.validation,
                **terms._asdict(),
            }
        )
