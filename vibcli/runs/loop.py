"""The one training loop. It prints nothing and writes nothing; it yields what it measured."""

import math
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, Self

import torch
from torch import Tensor

from vibcli import randomness
from vibcli.data import Part
from vibcli.evaluation.evaluate import validate
from vibcli.models.objectives import Objective, Terms
from vibcli.store.records import Epoch, Metrics, select


class Rows(NamedTuple):
    """Inputs ``[N, ...]`` and labels ``[N]``."""

    x: Tensor
    y: Tensor

    @classmethod
    def of(cls, part: Part) -> Self:
        """A prepared part as tensors."""
        return cls(torch.from_numpy(part.x), torch.from_numpy(part.y))


class Diverged(Exception):
    """The loss, or what was measured of the model, became infinite or undefined."""


def check_finite(measured: Metrics, where: str) -> None:
    """Refuse a model whose numbers are not.

    Raises:
        Diverged: one is infinite or undefined; names it and ``where``.
    """
    for key, value in measured.items():
        if value is not None and not math.isfinite(value):
            raise Diverged(f"{key} {where}: {value:g}")


OnStep = Callable[[int, int, int, Terms], None]


def train(
    model: Objective,
    training: Rows,
    validation: Rows,
    *,
    seed: int,
    device: torch.device,
    epochs: int,
    batch_size: int,
    patience: int | None = None,
    criterion: str = "accuracy",
    history: tuple[Epoch, ...] = (),
    on_step: OnStep | None = None,
) -> Iterator[Epoch]:
    """Train epoch by epoch, from where ``history`` ends.

    Order and noise of an epoch come from streams named by seed and epoch, so a training that
    goes on from a saved state takes the same steps as one that was never interrupted.

    Args:
        model: with its optimiser; changed in place.
        training: rows to learn from.
        validation: rows to watch.
        seed: of the order and the noise.
        device: where to compute.
        epochs: how many in all, those of ``history`` included.
        batch_size: rows a step; the last batch of an epoch may be smaller.
        patience: stop after so many epochs that ``criterion`` did not improve in.
        criterion: see `vibcli.store.records.select`.
        history: epochs done before.
        on_step: called with epoch, step, steps in an epoch and the terms of the step.

    Raises:
        Diverged: at the first step whose loss is not finite, or after an epoch whose last step
            left weights with which the validation is not.
    """
    if not history:
        model.target.start(model.head, training.x)
    for number in range(len(history) + 1, epochs + 1):
        if patience and history and number - 1 - select(history, criterion).epoch >= patience:
            return
        started = time.perf_counter()
        measured = _pass(model, training, seed, device, number, batch_size, on_step)
        with model.optimiser.averaged():
            validated = validate(model, validation.x, validation.y, device)
        check_finite(validated, f"of validation after epoch {number}")
        seconds = time.perf_counter() - started
        record = Epoch(epoch=number, train=measured, validation=validated, seconds=seconds)
        history = (*history, record)
        yield record


def _pass(
    model: Objective,
    rows: Rows,
    seed: int,
    device: torch.device,
    epoch: int,
    batch_size: int,
    on_step: OnStep | None,
) -> Metrics:
    """One pass over ``rows``; returns the means over its examples."""
    model.train()
    model.optimiser.start_epoch(epoch)
    noise = randomness.generator(device, seed, "noise", epoch)
    shuffle = randomness.generator("cpu", seed, "order", epoch)
    batches = torch.split(torch.randperm(len(rows.y), generator=shuffle), batch_size)
    sums = [0.0] * len(Terms._fields)
    for step, index in enumerate(batches, start=1):
        x, y = rows.x[index].to(device), rows.y[index].to(device)
        model.position = epoch - 1 + (step - 1) / len(batches)
        terms = model.step(x, y, noise)
        if not math.isfinite(terms.loss):
            of_rate = "" if terms.rate is None else f", rate {terms.rate:g}"
            raise Diverged(
                f"loss {terms.loss:g} in epoch {epoch}, step {step} "
                f"(distortion {terms.distortion:g}{of_rate})"
            )
        sums = [
            total + len(index) * (value or 0.0) for total, value in zip(sums, terms, strict=True)
        ]
        if on_step is not None:
            on_step(epoch, step, len(batches), terms)
    loss, distortion, rate, accuracy = (total / len(rows.y) for total in sums)
    measured: Metrics = {"loss_nats": loss, "distortion_nats": distortion}
    if model.target.predicts == "label":
        measured["accuracy"] = accuracy
    if model.penalty is not None:
        measured |= {"rate_nats": rate, "lambda": model.penalty.lam}
    return measured
