"""Our own training as `vib train` runs it, ready to be measured."""

import time
from collections.abc import Callable
from typing import Any

import torch

from vibcli.config.record import RunConfig
from vibcli.device import Machine
from vibcli.models import components as build
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.learner import Terms
from vibcli.runs.loop import Rows as Tensors
from vibcli.runs.loop import train
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
    device = Machine("cpu", threads).start()
    return build.model(config, rows.x.shape[1:], int(rows.y.max()) + 1, 0, device)


def epoch(config: RunConfig, rows: Rows, threads: int) -> Callable[[], float]:
    """Seconds from the start of an epoch over ``rows`` to its last step, without validation."""
    trained = model(config, rows, threads)
    tensors = Tensors(torch.from_numpy(rows.x), torch.from_numpy(rows.y))
    to_validate = Tensors(tensors.x[:1], tensors.y[:1])  # the loop wants some

    def run() -> float:
        ended = 0.0

        def on_step(epoch: int, step: int, steps: int, terms: Terms) -> None:
            nonlocal ended
            if step == steps:
                ended = time.perf_counter()

        started = time.perf_counter()
        for _ in train(
            trained,
            tensors,
            to_validate,
            seed=0,
            device=torch.device("cpu"),
            epochs=1,
            batch_size=config.batch_size,
            on_step=on_step,
        ):
            pass
        return ended - started

    return run
