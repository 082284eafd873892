"""The one training loop. It prints nothing and writes nothing; it yields what it measured.

It knows neither what it trains nor where the steps' experience comes from.
"""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import torch

from vibcli import randomness
from vibcli.models.learner import Experience, Learner, Terms
from vibcli.runs.observer import Observer, Step
from vibcli.store.records import Epoch, Metrics

NATS = "_nats"


class Diverged(Exception):
    """A loss, or what was measured of the model, became infinite or undefined."""


def check_finite(measured: Metrics, where: str) -> None:
    """Refuse a model whose numbers are not.

    Raises:
        Diverged: one is infinite or undefined; names it and ``where``.
    """
    for key, value in measured.items():
        if value is not None and not math.isfinite(value):
            raise Diverged(f"{key} {where}: {value:g}")


def train_epochs(
    learner: Learner,
    experience: Experience,
    validate: Callable[[], Metrics],
    *,
    seed: int,
    device: torch.device,
    epochs: int,
    patience: int | None = None,
    best: Callable[[Sequence[Epoch]], int] = len,
    history: tuple[Epoch, ...] = (),
    observers: Sequence[Observer] = (),
) -> Iterator[Epoch]:
    """Train epoch by epoch, from where ``history`` ends.

    Order and noise of an epoch come from streams named by seed and epoch, so a training that
    goes on from a saved state takes the same steps as one that was never interrupted.

    Args:
        learner: changed in place.
        experience: where its steps come from.
        validate: measures the learner, with its averaged weights in place, after each epoch.
        seed: of the noise.
        device: where to compute.
        epochs: how many in all, those of ``history`` included.
        patience: stop after so many epochs without a new ``best`` one.
        best: the number of the best of some epochs; by default the last.
        history: epochs done before.
        observers: told of each step.

    Raises:
        Diverged: at the first step with a term that is not finite, or after an epoch whose last
            step left weights with which the validation is not.
    """
    for number in range(len(history) + 1, epochs + 1):
        if patience and history and number - 1 - best(history) >= patience:
            return
        started = time.perf_counter()
        measured = _pass(learner, experience, seed, device, number, observers)
        with learner.averaged():
            validated = validate()
        check_finite(validated, f"of validation after epoch {number}")
        seconds = time.perf_counter() - started
        record = Epoch(epoch=number, train=measured, validation=validated, seconds=seconds)
        history = (*history, record)
        yield record


def _pass(
    learner: Learner,
    experience: Experience,
    seed: int,
    device: torch.device,
    epoch: int,
    observers: Sequence[Observer],
) -> Metrics:
    """One pass over the experience; returns the means of the terms over its examples."""
    learner.start_epoch(epoch)
    noise = randomness.generator(device, seed, "noise", epoch)
    sums: defaultdict[str, float] = defaultdict(float)
    seen = 0
    for step, batch in enumerate(experience.epoch(epoch), start=1):
        learner.position = epoch - 1 + (step - 1) / experience.steps
        terms = learner.step(batch, noise)
        _check_terms(terms, epoch, step)
        seen += batch.size
        for name, value in terms.items():
            sums[name] += batch.size * value
        for observer in observers:
            observer.on_step(Step(epoch, step, experience.steps, terms))
    means = {name: total / seen for name, total in sums.items()}
    return {**means, **learner.at_end_of_epoch()}


def _check_terms(terms: Terms, epoch: int, step: int) -> None:
    if all(map(math.isfinite, terms.values())):
        return
    (first, loss), *others = terms.items()
    more = ", ".join(f"{_word(name)} {value:g}" for name, value in others)
    raise Diverged(f"{_word(first)} {loss:g} in epoch {epoch}, step {step} ({more})")


def _word(name: str) -> str:
    return name.removesuffix(NATS)
