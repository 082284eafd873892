"""The whole way of one run on one page: data -> train -> evaluate -> files.

A training that was interrupted goes on after its last whole epoch. All that the next step depends
on is in the checkpoint, and the streams of order and noise are named by epoch, so the numbers are
those of a training that was never interrupted.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch

from vibcli.config.data import WATCHED, notes_with
from vibcli.data.address import recorded, recorded_source
from vibcli.data.dataset import Dataset
from vibcli.data.prepare import Prepared, prepare
from vibcli.device import Machine
from vibcli.models.learner import Learner
from vibcli.runs.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vibcli.runs.loop import Diverged, check_finite, train_epochs
from vibcli.runs.observer import Observer
from vibcli.runs.progress import TellProgress
from vibcli.runs.saved_model import save_model, save_predictions
from vibcli.runs.wanted import WantedRun
from vibcli.store.environment import environment, now
from vibcli.store.records import DataRecord, Epoch, Run, Selected, Tests
from vibcli.store.rundir import RunDir
from vibcli.tasks.find import task_of
from vibcli.tasks.select import select


def perform(
    wanted: WantedRun,
    dataset: Dataset,
    results: Path,
    machine: Machine,
    fresh: bool = False,
    on_wait: Callable[[], None] = lambda: None,
    observers: Sequence[Observer] = (),
) -> Run:
    """Train a run, or return it if it was trained before.

    Two processes may ask for the same run: one trains, the other waits for it. A run whose loss
    was not finite comes back as ``diverged``, one that broke down as ``failed``; what was
    measured until then is kept.

    Args:
        wanted: which run.
        dataset: its data.
        results: the results folder.
        machine: where to compute.
        fresh: forget what was trained before.
        on_wait: called if another process is training this run.
        observers: told of the training, after the one that tells of its progress.

    Raises:
        RunError: the record of the run is damaged or the results folder cannot be written.
    """
    folder = wanted.folder(results, dataset.description)
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
        prepared = prepare(dataset, wanted.config, wanted.seed)  # bad data leave no record behind
        timings = {"prepare_seconds": time.perf_counter() - started}
        checkpoint = load_checkpoint(folder) or Checkpoint((), {}, {})
        run = _record(wanted, dataset, prepared, folder.id, device).updated(timings=timings)
        if before is not None:
            run = run.updated(created=before.created, selected=before.selected)
        run = _so_far(run, checkpoint.epochs)
        folder.write(run)
        observers = (TellProgress(folder), *observers)
        try:
            run = _train_and_test(run, checkpoint, prepared, folder, device, observers)
        except Diverged as error:
            run = folder.read().updated(status="diverged", message=str(error))
        except (RuntimeError, MemoryError) as error:  # of PyTorch: no memory left, say
            reason = (str(error) or type(error).__name__).splitlines()[0]
            run = folder.read().updated(status="failed", message=reason)
        finally:
            ended = folder.read() if run.status == "running" else run  # interrupted
            for observer in observers:
                observer.on_end(ended)
        folder.write(run)
        if run.status != "failed":
            folder.end_checkpoint()
        return run


def _record(
    wanted: WantedRun, dataset: Dataset, prepared: Prepared, id: str, device: torch.device
) -> Run:
    about = dataset.description
    parts = {"train": prepared.train, "validation": prepared.validation, "test": prepared.test}
    sizes = {name: len(part.y) for name, part in parts.items()}
    notes = notes_with(about.notes, wanted.config.test_split)
    about = replace(about, notes=(*notes, WATCHED) if wanted.config.watch else notes)
    tested = [prepared.test] if wanted.config.watch else [prepared.validation, prepared.test]
    for part, name in zip(tested[::-1], ("test", "validation"), strict=False):
        inputs = dataset.splits[part.split].inputs
        said = prepared.preprocessor.remarks(inputs, part.rows)
        about = replace(about, notes=(*about.notes, *(f"{name}: {line}" for line in said)))
    about = replace(about, source=recorded_source(about.source))
    typed = recorded(wanted.config.dataset)
    return Run(
        id=id,
        name=wanted.name,
        status="running",
        created=now(),
        seed=wanted.seed,
        config=wanted.config.model_copy(update={"dataset": typed}),
        data=DataRecord(**asdict(about), sizes=sizes),
        environment=environment(str(device), torch.get_num_threads()),
    )


def _so_far(run: Run, epochs: tuple[Epoch, ...]) -> Run:
    return run.updated(epochs=epochs, selected=_selected(run, epochs) if epochs else None)


def _selected(run: Run, epochs: Sequence[Epoch]) -> Selected:
    """The best of the epochs, by the criterion that the run has been selecting by."""
    before = None if run.selected is None else run.selected.criterion
    rows = run.data.sizes["validation"]
    return select(epochs, task_of(run.config), run.config.select, rows, before)


def _train_and_test(
    run: Run,
    checkpoint: Checkpoint,
    prepared: Prepared,
    folder: RunDir,
    device: torch.device,
    observers: Sequence[Observer],
) -> Run:
    config, classes = run.config, run.data.classes
    work = task_of(config).work
    learner = work.build(config, prepared.preprocessor.shape, len(classes), run.seed, device)
    run, checkpoint = _train(run, checkpoint, learner, prepared, folder, device, observers)
    timings = run.timings | {"train_seconds": sum(epoch.seconds for epoch in run.epochs)}

    started = time.perf_counter()
    with learner.averaged():
        last, outcome = work.evaluate(learner, prepared.test, device, seed=run.seed)
    chosen = last
    assert run.selected is not None
    if run.selected.epoch != run.epochs[-1].epoch:
        learner.load_weights(checkpoint.best)
        chosen, outcome = work.evaluate(learner, prepared.test, device, seed=run.seed)
    check_finite(chosen, "of the test part")
    save_model(folder, checkpoint.best, config.kind, prepared.preprocessor)
    save_predictions(folder, prepared.test, outcome, classes)
    timings["evaluate_seconds"] = time.perf_counter() - started
    tests = Tests(selected=chosen, last=last)
    return run.updated(status="complete", test=tests, timings=timings)


def _train(
    run: Run,
    checkpoint: Checkpoint,
    learner: Learner,
    prepared: Prepared,
    folder: RunDir,
    device: torch.device,
    observers: Sequence[Observer],
) -> tuple[Run, Checkpoint]:
    config = run.config
    task = task_of(config)
    begun = run
    if checkpoint.epochs:
        learner.load_training_state(checkpoint.state)
    else:
        learner.begin(prepared.train)
    for observer in observers:
        observer.on_start(run)
    for epoch in train_epochs(
        learner,
        task.experience.load()(learner, prepared.train, config, run.seed, device),
        lambda: task.work.validate(learner, prepared.validation, device),
        seed=run.seed,
        device=device,
        epochs=config.epochs,
        patience=config.patience,
        best=lambda epochs: _selected(begun, epochs).epoch,
        history=checkpoint.epochs,
        observers=observers,
    ):
        run = _so_far(run, (*checkpoint.epochs, epoch))
        best = checkpoint.best
        if run.selected is not None and run.selected.epoch == epoch.epoch:
            with learner.averaged():
                best = learner.weights()
        checkpoint = Checkpoint(run.epochs, learner.training_state(), best)
        save_checkpoint(folder, checkpoint)
        folder.write(run)
        for observer in observers:
            observer.on_epoch(run)
    return run, checkpoint
