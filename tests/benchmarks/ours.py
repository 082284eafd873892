"""Our own training as `vib train` runs it, ready to be measured."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from vibcli.config.record import RunConfig
from vibcli.data.prepare import Part
from vibcli.device import Machine
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.runs.loop import train_epochs
from vibcli.runs.observer import Silent, Step
from vibcli.tasks.find import task_of
from vibcli.tasks.resolve import resolve

from .data import Rows

# how text-cnn convolves; both are named, so that no change of defaults changes who is measured
LOOKUP = {"convolution": "lookup"}
STOCK = {"convolution": "stock"}

# section 4.1 of Alemi et al. 2017; the learning rate is constant within the epoch
ALEMI = {"sigma": "softplus", "lr": 1e-4, "beta1": 0.5, "ema": 0.999}


def text(**settings: Any) -> RunConfig:
    """What ``vib train --dataset imdb --lambda 0.1`` resolves to, with these settings changed."""
    return resolve("vib", "text", {"lam": 0.1, **settings})


def image(**settings: Any) -> RunConfig:
    """Alemi's network and optimiser on MNIST, with these settings changed."""
    return resolve("vib", "image", {**ALEMI, **settings})


def model(config: RunConfig, rows: Rows, threads: int) -> BottleneckLearner:
    """A new model for ``rows``, on the CPU with so many threads."""
    device, classes = Machine("cpu", threads).start(), int(rows.y.max()) + 1
    found: BottleneckLearner = task_of(config).work.build(
        config, rows.x.shape[1:], classes, 0, device
    )
    return found


def epoch(config: RunConfig, rows: Rows, threads: int) -> Callable[[], float]:
    """Seconds from the start of an epoch over ``rows`` to its last step, without validation."""
    trained, cpu = model(config, rows, threads), torch.device("cpu")
    part = Part(rows.x, rows.y, "train", np.arange(len(rows.y)))
    trained.begin(part)
    experience = task_of(config).experience.load()(trained, part, config, 0, cpu)

    def run() -> float:
        clock = _LastStep()
        started = time.perf_counter()
        for _ in train_epochs(
            trained, experience, dict, seed=0, device=cpu, epochs=1, observers=[clock]
        ):
            pass
        return clock.ended - started

    return run


class _LastStep(Silent):
    """Notes when the last step of an epoch has ended."""

    ended = 0.0

    def on_step(self, step: Step) -> None:
        if step.step == step.steps:
            self.ended = time.perf_counter()
