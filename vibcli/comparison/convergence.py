"""How soon runs learn: the way of a metric of validation to a target."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vibcli.statistics import restricted_times
from vibcli.store.records import Run
from vibcli.tasks.find import task_of
from vibcli.tasks.task import Convergence, Quantity

TARGET_SHARE = 0.99


class Arrival(NamedTuple):
    """When a run first was as good as the target; None if it never was."""

    epochs: int | None
    seconds: float | None


class Horizon(NamedTuple):
    """How long convergence is looked at: as long as every run of the comparison lasted."""

    epochs: int
    seconds: float


class Race(NamedTuple):
    """What the runs of a comparison are to reach, and within what."""

    target: float
    target_reason: str
    horizon: Horizon


def curve(run: Run, of: Convergence) -> list[float]:
    """The metric of validation after each epoch; the worst value where it is not known."""
    worst = 0.0 if of.better > 0 else math.inf
    values = (epoch.validation[of.key] for epoch in run.epochs)
    return [worst if value is None else value for value in values]


def best_value(run: Run, of: Convergence) -> float:
    """The best one of any epoch."""
    return max(curve(run, of), key=lambda value: of.better * value)


def usual_target(runs: Sequence[Run], of: Convergence) -> float:
    """99% of the mean best value; where lower is better the value that this is 99% of."""
    best = float(np.mean([best_value(run, of) for run in runs]))
    return TARGET_SHARE * best if of.better * best > 0 else best / TARGET_SHARE


def horizon_of(runs: Sequence[Run]) -> Horizon:
    """The fewest planned epochs, and the least seconds that a run's epochs up to there took."""
    epochs = min(run.config.epochs for run in runs)
    return Horizon(epochs, min(_seconds(run, epochs) for run in runs))


def arrival(run: Run, of: Convergence, target: float) -> Arrival:
    """Epochs and training seconds until the metric first is as good as ``target``."""
    for epochs, value in enumerate(curve(run, of), start=1):
        if of.better * value >= of.better * target:
            return Arrival(epochs, _seconds(run, epochs))
    return Arrival(None, None)


def area(run: Run, of: Convergence, epochs: int) -> float:
    """Mean of the metric over so many epochs: the area under its curve by its length.

    A run that stopped earlier, for lack of improvement, goes on with its last value.
    """
    values = curve(run, of)[:epochs]
    return float(np.mean(values + values[-1:] * (epochs - len(values))))


def restricted_epochs(run: Run, of: Convergence, target: float, horizon: int) -> int:
    """min(T, ``horizon``), T the epochs to the target, and the horizon where it never got there.

    The mean over runs, E[min(T, horizon)], is the restricted mean time, which unlike the mean over
    the runs that did get there does not favour experiments whose slow runs never do (Royston &
    Parmar 2013). A run that stopped early, for lack of improvement, counts as never getting there.
    """
    return min(arrival(run, of, target).epochs or horizon, horizon)


def reached(run: Run, of: Convergence, race: Race) -> bool:
    """Whether a run gets to the target within the horizon."""
    epochs = arrival(run, of, race.target).epochs
    return epochs is not None and epochs <= race.horizon.epochs


def learning_quantities(of: Convergence | None) -> dict[str, Quantity]:
    """The quantities of how runs learn, which follow from what a task declares."""
    if of is None:
        return {"best_epoch": Quantity(0), "train_seconds": Quantity(-1)}
    return {
        "epochs_to_target": Quantity(-1, tested=True),
        "seconds_to_target": Quantity(-1),
        "area": Quantity(of.better, tested=True),
        "best_epoch": Quantity(0),
        f"best_validation_{of.key}": Quantity(of.better),
        "train_seconds": Quantity(-1),
    }


def measure_learning(run: Run, race: Race | None) -> dict[str, float | None]:
    """The same of a complete run.

    Epochs and seconds to the target are restricted to the horizon, and so is the area.
    """
    of = task_of(run.config).convergence
    lasted = _seconds(run, len(run.epochs))
    if of is None or race is None:
        assert run.selected is not None
        return {"best_epoch": float(run.selected.epoch), "train_seconds": lasted}
    values = [of.better * value for value in curve(run, of)]
    seconds = arrival(run, of, race.target).seconds
    time = lasted if seconds is None else seconds
    return {
        "epochs_to_target": float(restricted_epochs(run, of, race.target, race.horizon.epochs)),
        "seconds_to_target": float(
            restricted_times([time], [seconds is not None], race.horizon.seconds)[0]
        ),
        "area": area(run, of, race.horizon.epochs),
        "best_epoch": float(np.argmax(values) + 1),
        f"best_validation_{of.key}": best_value(run, of),
        "train_seconds": lasted,
    }


def _seconds(run: Run, epochs: int) -> float:
    return sum(epoch.seconds for epoch in run.epochs[:epochs])
