"""What is compared of a run: numbers of its test part and of the way it learnt."""

from typing import NamedTuple

import numpy as np

from vibcli.records import Run

TARGET_SHARE = 0.99


class Quantity(NamedTuple):
    """Its name, and whether more of it is better (1), worse (-1) or neither (0)."""

    title: str
    better: int
    tested: bool = False  # whether differences get a p value


QUANTITIES = {
    "accuracy": Quantity("test accuracy", 1, tested=True),
    "nll_nats": Quantity("test NLL", -1, tested=True),
    "brier": Quantity("test Brier score", -1, tested=True),
    "ece": Quantity("test ECE", -1, tested=True),
    "ece_adaptive": Quantity("test adaptive ECE", -1),
    "rate_nats": Quantity("test rate", 0),
    "epochs_to_target": Quantity("epochs to the target", -1, tested=True),
    "seconds_to_target": Quantity("seconds to the target", -1),
    "area": Quantity("area under the validation curve", 1, tested=True),
    "best_epoch": Quantity("epoch with the best validation accuracy", 0),
    "best_validation_accuracy": Quantity("best validation accuracy", 1),
    "train_seconds": Quantity("seconds of training", -1),
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


def quantities(run: Run, target: float, horizon: int) -> dict[str, float | None]:
    """Every quantity of a complete run; None where it does not apply or was not stored.

    Epochs to the target are restricted: min(T, ``horizon``), and the horizon where the run never
    got there. Their mean over runs, E[min(T, horizon)], is the restricted mean time, which unlike
    the mean over the runs that did get there does not favour experiments whose slow runs never do
    (Royston & Parmar 2013). A run that stopped early, for lack of improvement, counts as never
    getting there. Seconds to the target are those that the run's epochs until then took.
    """
    assert run.test is not None
    tested = run.test.selected
    speed, curve = convergence(run, target), _curve(run)
    epochs = min(speed.epochs or horizon, horizon)
    return {
        **{key: tested.get(key) for key in ("accuracy", "nll_nats", "brier", "ece")},
        "ece_adaptive": tested.get("ece_adaptive"),
        "rate_nats": tested.get("rate_nats"),
        "epochs_to_target": float(epochs),
        "seconds_to_target": sum(epoch.seconds for epoch in run.epochs[:epochs]),
        "area": speed.area,
        "best_epoch": float(np.argmax(curve) + 1),
        "best_validation_accuracy": max(curve),
        "train_seconds": sum(epoch.seconds for epoch in run.epochs),
    }


def _curve(run: Run) -> list[float]:
    return [epoch.validation["accuracy"] or 0.0 for epoch in run.epochs]
