from collections.abc import Sequence

import pytest
import recorded
from compared import VAE

from vibcli.comparison.convergence import (
    Horizon,
    Race,
    area,
    arrival,
    best_value,
    learning_quantities,
    measure_learning,
    reached,
    restricted_epochs,
    usual_target,
)
from vibcli.registry import TASKS
from vibcli.store.records import Run
from vibcli.tasks.task import Convergence


def of(task: str) -> Convergence:
    found: Convergence | None = TASKS.load(task).convergence
    assert found is not None
    return found


ERROR, ACCURACY = of("regression"), of("classification")


def falling(*curve: float) -> Run:
    return recorded.run(curve=curve, task="regression")


def rising(*curve: float) -> Run:
    return recorded.run(curve=curve)


def race(target: float, epochs: int, seconds: float = 100.0) -> Race:
    return Race(target, "--target", Horizon(epochs, seconds))


@pytest.mark.parametrize(
    ("target", "expected"),
    [(6.0, (1, 2.0)), (5.9, (2, 4.0)), (4.0, (3, 6.0)), (3.99, (None, None))],
)
def test_a_falling_metric_arrives_when_it_is_as_low_as_the_target(
    target: float, expected: tuple[int | None, float | None]
) -> None:
    assert arrival(falling(6.0, 5.0, 4.0, 7.0), ERROR, target) == expected


def test_a_rising_one_when_it_is_as_high() -> None:
    run = rising(0.2, 0.5, 0.4)
    assert arrival(run, ACCURACY, 0.5) == (2, 4.0)
    assert arrival(run, ACCURACY, 0.51) == (None, None)


@pytest.mark.parametrize(("epochs", "expected"), [(2, 5.5), (3, 5.0), (5, (6 + 5 + 4 * 3) / 5)])
def test_the_area_is_the_mean_up_to_the_horizon(epochs: int, expected: float) -> None:
    assert area(falling(6.0, 5.0, 4.0), ERROR, epochs) == pytest.approx(expected)


def test_restricted_epochs_count_a_run_that_never_arrives_as_the_horizon() -> None:
    run = falling(6.0, 5.0, 4.0)
    assert [restricted_epochs(run, ERROR, 4.0, n) for n in (2, 3, 9)] == [2, 3, 3]
    assert [restricted_epochs(run, ERROR, 1.0, n) for n in (2, 3, 9)] == [2, 3, 9]


def test_a_run_that_arrives_behind_the_horizon_has_not_reached_the_target() -> None:
    run = falling(6.0, 5.0, 4.0)
    assert [reached(run, ERROR, race(4.0, n)) for n in (2, 3)] == [False, True]
    assert not reached(run, ERROR, race(1.0, 9))


@pytest.mark.parametrize(
    ("convergence", "make", "curves", "expected"),
    [
        (ACCURACY, rising, [(0.5, 0.8), (0.6, 0.2)], 0.99 * 0.7),
        (ERROR, falling, [(6.0, 8.0), (9.0, 4.0)], 5 / 0.99),
        (ACCURACY, rising, [(0.0, 0.0)], 0.0),
        (ERROR, falling, [(0.0, 1.0)], 0.0),
    ],
)
def test_the_usual_target_is_a_hundredth_short_of_the_mean_best(
    convergence: Convergence, make: object, curves: Sequence[Sequence[float]], expected: float
) -> None:
    runs = [make(*curve) for curve in curves]  # type: ignore[operator]
    assert usual_target(runs, convergence) == pytest.approx(expected)


def test_a_loss_below_zero_is_nearer_to_zero_than_the_best() -> None:
    loss = ERROR._replace(key="nll_nats")
    run = falling(1.0, 1.0)
    epochs = [e.model_copy(update={"validation": {"nll_nats": -2.0}}) for e in run.epochs]
    assert usual_target([run.updated(epochs=tuple(epochs))], loss) == pytest.approx(-1.98)


def test_the_best_value_is_the_least_of_an_error() -> None:
    assert best_value(falling(6.0, 4.0, 5.0), ERROR) == 4.0
    assert best_value(rising(0.2, 0.5, 0.4), ACCURACY) == 0.5


def test_what_a_run_learnt_is_measured_up_to_the_horizon() -> None:
    run = falling(6.0, 5.0, 4.0, 4.5)
    assert measure_learning(run, race(5.0, 3, 5.0)) == {
        "epochs_to_target": 2,
        "seconds_to_target": 4,
        "area": 5,
        "best_epoch": 3,
        "best_validation_rmse": 4,
        "train_seconds": 8,
    }
    late = measure_learning(run, race(4.0, 2, 5.0))
    assert (late["epochs_to_target"], late["seconds_to_target"]) == (2, 5)


@pytest.mark.parametrize("task", list(TASKS))
def test_every_quantity_of_learning_is_measured(task: str) -> None:
    declared = TASKS.load(task).convergence
    run = recorded.run(task=task, curve=(0.5, 0.4, 0.6))
    known = measure_learning(run, None if declared is None else race(0.45, 3))
    assert set(known) == set(learning_quantities(declared))
    assert None not in known.values()


def test_without_a_metric_that_converges_the_epoch_that_was_kept_counts() -> None:
    assert measure_learning(VAE.runs[0], None) == {"best_epoch": 1.0, "train_seconds": 4.0}
    assert set(learning_quantities(None)) == {"best_epoch", "train_seconds"}
