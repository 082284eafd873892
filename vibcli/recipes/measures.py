"""What a claim may be about: a number of each run, in the unit that publications give it in."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from vibcli.comparison.convergence import OWN
from vibcli.comparison.measured import measure_run
from vibcli.store.records import Metrics, Run
from vibcli.tasks.row_scores import RowScores


class Measured(NamedTuple):
    """A complete run, its test metrics by the number of draws of z, where it draws any.

    ``scores`` say how right it is on each test row, where its predictions are kept.
    """

    run: Run
    sampled: Mapping[int, Metrics]
    scores: RowScores | None = None

    def accuracy(self, samples: int) -> float | None:
        """Test accuracy in percent, None without classes or where draws are yet to be taken.

        A run whose z is deterministic has the same for any number of draws.
        """
        assert self.run.test is not None
        drawn = samples > 0 and draws(self.run)
        metrics = self.sampled.get(samples) if drawn else self.run.test.selected
        accuracy = None if metrics is None else metrics.get("accuracy")
        return None if accuracy is None else 100 * accuracy


Seeds = Mapping[int, Measured]


class Measure(NamedTuple):
    """Its name, its unit, whether more of it is better, and if it is taken at the mean of z.

    ``quantity`` is what a comparison calls it; a difference is ``scale`` times as large here.
    """

    title: str
    unit: str
    higher: bool
    quantity: str
    # of a run, given the number of draws of z; None where it is not known
    of: Callable[[Measured, int], float | None]
    at_mean: bool = False  # unless draws of z are asked for
    scale: float = 1.0


def _accuracy(measured: Measured, samples: int) -> float | None:
    return measured.accuracy(samples)


def _error(measured: Measured, samples: int) -> float | None:
    accuracy = measured.accuracy(samples)
    return None if accuracy is None else 100 - accuracy


def _epochs(measured: Measured, samples: int) -> float | None:
    return measure_run(measured.run, measured.run.config.epochs).get(OWN)


def _elbo(measured: Measured, samples: int) -> float | None:
    assert measured.run.test is not None
    return measured.run.test.selected.get("elbo_nats")


MEASURES = {
    "accuracy": Measure(
        "test accuracy", "%", True, "accuracy", _accuracy, at_mean=True, scale=100.0
    ),
    "error": Measure("test error", "%", False, "accuracy", _error, True, -100.0),
    "epochs": Measure("epochs to 99% of its own best", "", False, OWN, _epochs),
    "elbo": Measure("test ELBO", " nats", True, "elbo_nats", _elbo),
}


def draws(run: Run) -> bool:
    """Whether draws of z change what the run's model predicts."""
    return run.config.has_effect("train_samples")


def values(measure: str, runs: Seeds, samples: int) -> dict[int, float]:
    """The measure of each run of which it is known, by seed, in its unit."""
    of = MEASURES[measure].of
    known = {seed: of(measured, samples) for seed, measured in runs.items()}
    return {seed: value for seed, value in known.items() if value is not None}
