"""How soon runs learn: the way of a metric of validation to a target."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vibcli.statistics import own_passages
from vibcli.store.records import Run
from vibcli.tasks.task import Convergence, Quantity

Floats = NDArray[np.float64]

OWN, COMMON = "epochs_to_own_target", "epochs_to_common_target"


def curve(run: Run, of: Convergence) -> list[float]:
    """The metric of validation after each epoch; the worst value where it is not known."""
    worst = 0.0 if of.better > 0 else math.inf
    values = (epoch.validation[of.key] for epoch in run.epochs)
    return [worst if value is None else value for value in values]


def best_value(run: Run, of: Convergence) -> float:
    """The best one of any epoch."""
    return max(curve(run, of), key=lambda value: of.better * value)


def horizon_of(runs: Sequence[Run]) -> int:
    """How long convergence is looked at: the fewest planned epochs."""
    return min(run.config.epochs for run in runs)


def curves(runs: Sequence[Run], of: Convergence, epochs: int) -> Floats:
    """Curves ``[n, epochs]`` with their sign turned so that higher is better.

    A run that stopped earlier, for lack of improvement, goes on with its last value. A value that
    is infinite, such as the error of a run that nearly diverged, counts as the worst finite one.
    """
    rows = np.stack([np.array(_extended(curve(run, of), epochs)) for run in runs]) * of.better
    finite = rows[np.isfinite(rows)]
    lowest = float(finite.min()) if len(finite) else 0.0
    return np.where(np.isfinite(rows), rows, lowest)


def _extended(values: list[float], epochs: int) -> list[float]:
    return values[:epochs] + values[-1:] * (epochs - len(values))


def area(run: Run, of: Convergence, epochs: int) -> float:
    """Mean of the metric over so many epochs: the area under its curve by its length."""
    return of.better * float(curves([run], of, epochs).mean())


def learning_quantities(of: Convergence | None) -> dict[str, Quantity]:
    """The quantities of how runs learn, which follow from what a task declares."""
    if of is None:
        return {"best_epoch": Quantity(0), "train_seconds": Quantity(-1)}
    return {
        OWN: Quantity(-1, tested=True, form="{:+.1f} epochs"),
        COMMON: Quantity(-1, tested=True, form="{:+.1f} epochs"),
        "area": Quantity(of.better, tested=True),
        "seconds_to_own_target": Quantity(-1),
        "best_epoch": Quantity(0),
        f"best_validation_{of.key}": Quantity(of.better),
        "train_seconds": Quantity(-1),
    }


def measure_learning(run: Run, of: Convergence | None, epochs: int) -> dict[str, float]:
    """What a complete run says of them by itself, over so many epochs."""
    assert run.selected is not None
    seconds = sum(epoch.seconds for epoch in run.epochs)
    found = {"best_epoch": float(run.selected.epoch), "train_seconds": seconds}
    if of is None:
        return found
    until = float(own_passages(curves([run], of, epochs))[0])
    return found | {
        OWN: until,
        "seconds_to_own_target": until * seconds / len(run.epochs),
        "area": area(run, of, epochs),
        f"best_validation_{of.key}": best_value(run, of),
    }
