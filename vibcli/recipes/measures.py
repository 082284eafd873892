"""What a claim may be about: a number of each run, in the unit that publications give it in."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from vibcli.comparison.convergence import restricted_epochs, usual_target
from vibcli.store.records import Metrics, Run
from vibcli.tasks.find import task_of


class Measured(NamedTuple):
    """A complete run and its test metrics by the number of draws of z, where it draws any."""

    run: Run
    sampled: Mapping[int, Metrics]

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
    """Its name, its unit, whether more of it is better, and if it is taken at the mean of z."""

    title: str
    unit: str
    higher: bool
    # of a run, given the number of draws of z and the threshold; None where it is not known
    of: Callable[[Measured, int, float | None], float | None]
    at_mean: bool = False  # unless draws of z are asked for


def _accuracy(measured: Measured, samples: int, threshold: float | None) -> float | None:
    return measured.accuracy(samples)


def _error(measured: Measured, samples: int, threshold: float | None) -> float | None:
    accuracy = measured.accuracy(samples)
    return None if accuracy is None else 100 - accuracy


def _epochs(measured: Measured, samples: int, threshold: float | None) -> float | None:
    """Restricted to the length of the training: a run that never gets there counts with all."""
    if threshold is None:
        return None
    run = measured.run
    of = task_of(run.config).convergence
    assert of is not None
    return float(restricted_epochs(run, of, threshold, run.config.epochs))


def _elbo(measured: Measured, samples: int, threshold: float | None) -> float | None:
    assert measured.run.test is not None
    return measured.run.test.selected.get("elbo_nats")


MEASURES = {
    "accuracy": Measure("test accuracy", "%", True, _accuracy, at_mean=True),
    "error": Measure("test error", "%", False, _error, at_mean=True),
    "epochs": Measure("epochs to the threshold", "", False, _epochs),
    "elbo": Measure("test ELBO", " nats", True, _elbo),
}


def draws(run: Run) -> bool:
    """Whether draws of z change what the run's model predicts."""
    return run.config.has_effect("train_samples")


def threshold(reference: Seeds) -> float | None:
    """Watched metric that counts as converged: 99% of the reference's mean best one.

    None where there is no run, or none with a metric that converges.
    """
    runs = [measured.run for measured in reference.values()]
    of = task_of(runs[0].config).convergence if runs else None
    return None if of is None else usual_target(runs, of)
