"""Small data and small models that train in milliseconds."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vibcli.data.prepare import Part
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.learner import Batch, Terms
from vibcli.registry import TASKS
from vibcli.runs.loop import train_epochs
from vibcli.runs.observer import Observer
from vibcli.store.records import Epoch
from vibcli.tasks.find import having, task_of
from vibcli.tasks.resolve import resolve
from vibcli.tasks.select import select
from vibcli.tasks.task import Task

CPU = torch.device("cpu")
INPUTS, CLASSES = 6, 3


def _task(name: str) -> Task:
    task: Task = TASKS.load(name)
    return task


AUTOENCODERS = list(_task("autoencoding").variants)
CLASSIFIERS = list(_task("classification").variants)
REGRESSIONS = list(_task("regression").variants)


def part(x: Any, y: Any) -> Part:
    """Rows as a part of the data, numbered from 0."""
    return Part(np.asarray(x), np.asarray(y), "train", np.arange(len(y)))


def rows(n: int = 90, seed: int = 0) -> Part:
    """Three Gaussian clouds, one for each class, that overlap a little."""
    rng = torch.Generator().manual_seed(seed)
    centres = torch.randn(CLASSES, INPUTS, generator=torch.Generator().manual_seed(99))
    y = torch.arange(n) % CLASSES
    return part(centres[y] + 0.8 * torch.randn(n, INPUTS, generator=rng), y)


def numbers(n: int = 90, seed: int = 0) -> Part:
    """The same inputs, and a label 100 + 20 (x_0 - x_1) with noise of deviation 5."""
    x = rows(n, seed).x
    noise = np.random.default_rng(seed).normal(0, 5, n)
    return part(x, 100 + 20 * (x[:, 0] - x[:, 1]).astype(np.float64) + noise)


def pixels(n: int = 90, size: int = 4, seed: int = 0) -> Part:
    """Grey pictures of a bright row, one for each class, and noise."""
    rng = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % CLASSES
    x = 120 * torch.rand(n, 1, size, size, generator=rng)
    x[torch.arange(n), 0, y] += 130
    return part(x.to(torch.uint8), y)


def batch(part: Part, learner: BottleneckLearner | None = None) -> Batch:
    """All rows of a part as one batch, with labels as the learner's target takes them."""
    y = torch.from_numpy(part.y) if learner is None else learner.target.labels(part)
    return Batch(torch.from_numpy(part.x), y)


def model(
    variant: str = "vib", seed: int = 0, task: str | None = None, **settings: object
) -> BottleneckLearner:
    """A model of ``rows``: 6-16-4, then 3, 1 or 16-6, unless the settings say otherwise."""
    own = having([variant], task)[0]
    changed = {"widths": (16,), "latent": 4, "lr": 1e-2, **settings}
    config = resolve(variant, "tabular", changed, own)
    return own.work.build(config, (INPUTS,), CLASSES, seed, CPU)


def picture_model(variant: str = "vae", seed: int = 0, **settings: object) -> BottleneckLearner:
    """A model of ``pixels``: 16-8-3, then 3 or 8-16."""
    config = resolve(variant, "image", {"widths": (8,), "latent": 3, "lr": 1e-2, **settings})
    return task_of(config).work.build(config, (1, 4, 4), CLASSES, seed, CPU)


def training(
    learner: BottleneckLearner,
    rows: Part,
    validation: Part,
    *,
    task: str = "classification",
    seed: int = 0,
    epochs: int = 3,
    batch_size: int = 16,
    patience: int | None = None,
    criterion: str | None = None,
    history: tuple[Epoch, ...] = (),
    observers: Sequence[Observer] = (),
) -> Iterator[Epoch]:
    """Train as `vibcli.runs.perform` does, without any folder."""
    own = _task(task)
    chosen = criterion or next(iter(own.criteria))
    if not history:
        learner.begin(rows)
    config = resolve(next(iter(own.variants)), "tabular", {"batch_size": batch_size}, own)
    return train_epochs(
        learner,
        own.experience.load()(learner, rows, config, seed, CPU),
        lambda: own.work.validate(learner, validation, CPU),
        seed=seed,
        device=CPU,
        epochs=epochs,
        patience=patience,
        best=lambda epochs: select(epochs, own, chosen).epoch,
        history=history,
        observers=observers,
    )


def step(learner: BottleneckLearner, part: Part, rng: torch.Generator) -> Terms:
    """One step on all rows of a part."""
    return learner.step(batch(part, learner), rng)


def weights(module: torch.nn.Module) -> dict[str, Tensor]:
    """A copy of all weights."""
    return {name: value.detach().clone() for name, value in module.named_parameters()}
