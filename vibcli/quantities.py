"""What is compared of a run: numbers of its test part and of the way it learnt."""

from typing import NamedTuple

import numpy as np

from vibcli.records import Run

TARGET_SHARE = 0.99


class Quantity(NamedTuple):
    """Whether more of it is better (1), worse (-1) or neither (0), and if it gets a p value."""

    better: int
    tested: bool = False


QUANTITIES = {
    "accuracy": Quantity(1, tested=True),
    "nll_nats": Quantity(-1, tested=True),
    "brier": Quantity(-1, tested=True),
    "ece": Quantity(-1, tested=True),
    "ece_adaptive": Quantity(-1),
    "rate_nats": Quantity(0),
    "epochs_to_target": Quantity(-1, tested=True),
    "seconds_to_target": Quantity(-1),
    "area": Quantity(1, tested=True),
    "best_epoch": Quantity(0),
    "best_validation_accuracy": Quantity(1),
    "train_seconds": Quantity(-1),
}
TESTED = [key for key, quantity in QUANTITIES.items() if quantity.tested]


class Convergence(NamedTuple):
    """How fast a run learns; ``epochs`` and ``seconds`` are None if it never got there."""

    epochs: int | None
    seconds: float | None
    area: float


def convergence(run: Run, target: float) -> Convergence:
    """Epochs and training seconds until validation accuracy first is ``target`` or more.

    ``area`` is the mean of validation accuracy over the epochs, the area under the curve
    divided by its length.
    """
    curve = _curve(run)
    area = float(np.mean(curve))
    for index, value in enumerate(curve):
        if value >= target:
            seconds = sum(epoch.seconds for epoch in run.epochs[: index + 1])
            return Convergence(index + 1, seconds, area)
    return Convergence(None, None, area)


def best_accuracy(run: Run) -> float:
    """Highest validation accuracy of any epoch."""
    return max(_curve(run))


def restricted_epochs(run: Run, target: float, horizon: int) -> int:
    """min(T, ``horizon``), T the epochs to the target, and the horizon where it never got there.

    The mean over runs, E[min(T, horizon)], is the restricted mean time, which unlike the mean over
    the runs that did get there does not favour experiments whose slow runs never do (Royston &
    Parmar 2013). A run that stopped early, for lack of improvement, counts as never getting there.
    """
    return min(convergence(run, target).epochs or horizon, horizon)


def quantities(run: Run, target: float, horizon: int) -> dict[str, float | None]:
    """Every quantity of a complete run; None where it does not apply or was not stored.

    Epochs to the target are restricted to ``horizon``; seconds are those that they took.
    """
    assert run.test is not None
    curve = _curve(run)
    epochs = restricted_epochs(run, target, horizon)
    tested = ("accuracy", "nll_nats", "brier", "ece", "ece_adaptive", "rate_nats")
    return {
        **{key: run.test.selected.get(key) for key in tested},
        "epochs_to_target": float(epochs),
        "seconds_to_target": sum(epoch.seconds for epoch in run.epochs[:epochs]),
        "area": float(np.mean(curve)),
        "best_epoch": float(np.argmax(curve) + 1),
        "best_validation_accuracy": max(curve),
        "train_seconds": sum(epoch.seconds for epoch in run.epochs),
    }


def _curve(run: Run) -> list[float]:
    return [epoch.validation["accuracy"] or 0.0 for epoch in run.epochs]
