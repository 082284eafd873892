import math

import numpy as np
import pytest
import recorded
from compared import VAE

from vibcli.comparison.convergence import (
    COMMON,
    area,
    best_value,
    curve,
    curves,
    horizon_of,
    learning_quantities,
    measure_learning,
)
from vibcli.registry import TASKS
from vibcli.statistics import own_passages
from vibcli.store.records import Run
from vibcli.tasks.task import Convergence


def of(task: str) -> Convergence:
    found: Convergence | None = TASKS.load(task).convergence
    assert found is not None
    return found


ERROR, ACCURACY = of("regression"), of("classification")


def falling(*curve: float, **settings: object) -> Run:
    return recorded.run(curve=curve, task="regression", **settings)


def rising(*curve: float, **settings: object) -> Run:
    return recorded.run(curve=curve, **settings)


@pytest.mark.parametrize(("epochs", "expected"), [(2, 5.5), (3, 5.0), (5, (6 + 5 + 4 * 3) / 5)])
def test_the_area_is_the_mean_up_to_the_horizon(epochs: int, expected: float) -> None:
    assert area(falling(6.0, 5.0, 4.0), ERROR, epochs) == pytest.approx(expected)
    assert area(rising(0.6, 0.5, 0.4), ACCURACY, epochs) == pytest.approx(expected / 10)


def test_the_area_of_a_run_that_nearly_diverged_is_finite() -> None:
    assert area(falling(math.inf, 8.0, 4.0), ERROR, 3) == pytest.approx((8 + 8 + 4) / 3)


def test_the_horizon_is_the_fewest_planned_epochs() -> None:
    runs = [rising(0.5, epochs=9), rising(0.5, 0.6, epochs=4), rising(0.5, epochs=30)]
    assert horizon_of(runs) == 4


def test_curves_are_cut_and_go_on_with_their_last_value() -> None:
    runs = [rising(0.1, 0.2, 0.3, 0.4), rising(0.5, 0.6)]
    assert curves(runs, ACCURACY, 3).tolist() == [[0.1, 0.2, 0.3], [0.5, 0.6, 0.6]]


def test_curves_are_turned_so_that_higher_is_better_and_finite() -> None:
    runs = [falling(9.0, 5.0), falling(math.inf, 4.0)]
    assert curves(runs, ERROR, 2).tolist() == [[-9, -5], [-9, -4]]


def unknown(run: Run, epoch: int) -> Run:
    """The run as it is read again where a number was infinite: it is stored as null."""
    epochs = list(run.epochs)
    metrics = dict.fromkeys(epochs[epoch].validation)
    epochs[epoch] = epochs[epoch].model_copy(update={"validation": metrics})
    return run.updated(epochs=tuple(epochs))


def test_a_value_that_is_not_known_is_the_worst() -> None:
    assert curve(unknown(falling(9.0, 5.0), 0), ERROR) == [math.inf, 5.0]
    assert curve(unknown(rising(0.5, 0.6), 1), ACCURACY) == [0.5, 0.0]
    assert best_value(unknown(falling(9.0, 5.0), 1), ERROR) == 9


def test_the_best_value_is_the_least_of_an_error() -> None:
    assert best_value(falling(6.0, 4.0, 5.0), ERROR) == 4.0
    assert best_value(rising(0.2, 0.5, 0.4), ACCURACY) == 0.5


def test_what_a_run_learnt_by_hand() -> None:
    # the target is 4 / 0.99, between the second epoch and the third
    until = 2 + (5 - 4 / 0.99) / (5 - 4)
    assert measure_learning(falling(6.0, 5.0, 4.0), ERROR, 3) == {
        "epochs_to_own_target": pytest.approx(until),
        "seconds_to_own_target": pytest.approx(2 * until),
        "area": 5,
        "best_epoch": 1,  # the epoch that was kept
        "best_validation_rmse": 4,
        "train_seconds": 6,
    }


def test_the_way_to_the_own_target_is_that_of_the_statistics() -> None:
    values = np.sort(np.random.default_rng(0).uniform(0.3, 0.9, 12))
    found = measure_learning(rising(*values), ACCURACY, 12)
    assert found["epochs_to_own_target"] == pytest.approx(own_passages([values])[0])
    # up to a shorter horizon the best one is another
    found = measure_learning(rising(*values), ACCURACY, 6)
    assert found["epochs_to_own_target"] == pytest.approx(own_passages([values[:6]])[0])


@pytest.mark.parametrize("task", list(TASKS))
def test_every_quantity_of_learning_is_measured(task: str) -> None:
    declared = TASKS.load(task).convergence
    run = recorded.run(task=task, curve=(0.5, 0.4, 0.6))
    known = measure_learning(run, declared, 3)
    assert set(known) == set(learning_quantities(declared)) - {COMMON}
    assert None not in known.values()


def test_without_a_metric_that_converges_the_epoch_that_was_kept_counts() -> None:
    assert measure_learning(VAE.runs[0], None, 2) == {"best_epoch": 1.0, "train_seconds": 4.0}
    assert set(learning_quantities(None)) == {"best_epoch", "train_seconds"}
