"""What is compared of a run: numbers of its test part and of the way it learnt."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vibcli.statistics import restricted_times
from vibcli.store.records import Run

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


class Arrival(NamedTuple):
    """When a run first was as good as the target; None if it never was."""

    epochs: int | None
    seconds: float | None


class Horizon(NamedTuple):
    """How long convergence is looked at: as long as every run of the comparison lasted."""

    epochs: int
    seconds: float


def horizon_of(runs: Sequence[Run]) -> Horizon:
    """The fewest planned epochs, and the least seconds that a run's epochs up to there took."""
    epochs = min(run.config.epochs for run in runs)
    return Horizon(epochs, min(_seconds(run, epochs) for run in runs))


def arrival(run: Run, target: float) -> Arrival:
    """Epochs and training seconds until validation accuracy first is ``target`` or more."""
    for epochs, value in enumerate(_curve(run), start=1):
        if value >= target:
            return Arrival(epochs, _seconds(run, epochs))
    return Arrival(None, None)


def area(run: Run, epochs: int) -> float:
    """Mean of validation accuracy over so many epochs: the area under the curve by its length.

    A run that stopped earlier, for lack of improvement, goes on with its last accuracy.
    """
    curve = _curve(run)[:epochs]
    return float(np.mean(curve + curve[-1:] * (epochs - len(curve))))


def best_accuracy(run: Run) -> float:
    """Highest validation accuracy of any epoch."""
    return max(_curve(run))


def restricted_epochs(run: Run, target: float, horizon: int) -> int:
    """min(T, ``horizon``), T the epochs to the target, and the horizon where it never got there.

    The mean over runs, E[min(T, horizon)], is the restricted mean time, which unlike the mean over
    the runs that did get there does not favour experiments whose slow runs never do (Royston &
    Parmar 2013). A run that stopped early, for lack of improvement, counts as never getting there.
    """
    return min(arrival(run, target).epochs or horizon, horizon)


def quantities(run: Run, target: float, horizon: Horizon) -> dict[str, float | None]:
    """Every quantity of a complete run; None where it does not apply or was not stored.

    Epochs and seconds to the target are restricted to the ``horizon``, and so is the area.
    """
    assert run.test is not None
    curve = _curve(run)
    seconds = arrival(run, target).seconds
    lasted = _seconds(run, len(curve)) if seconds is None else seconds
    tested = ("accuracy", "nll_nats", "brier", "ece", "ece_adaptive", "rate_nats")
    return {
        **{key: run.test.selected.get(key) for key in tested},
        "epochs_to_target": float(restricted_epochs(run, target, horizon.epochs)),
        "seconds_to_target": float(
            restricted_times([lasted], [seconds is not None], horizon.seconds)[0]
        ),
        "area": area(run, horizon.epochs),
        "best_epoch": float(np.argmax(curve) + 1),
        "best_validation_accuracy": max(curve),
        "train_seconds": _seconds(run, len(curve)),
    }


def _seconds(run: Run, epochs: int) -> float:
    return sum(epoch.seconds for epoch in run.epochs[:epochs])


def _curve(run: Run) -> list[float]:
    return [epoch.validation["accuracy"] or 0.0 for epoch in run.epochs]
