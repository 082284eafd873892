import math

import numpy as np
import pytest
import recorded
from compared import AE, FALLING, RISING, VAE, classes, later, numbers

from vibcli.comparison.convergence import COMMON, OWN
from vibcli.comparison.measured import measure, measure_run, quantities_of
from vibcli.registry import TASKS
from vibcli.statistics import common_passages, own_passages

CLASSIFICATION = TASKS.load("classification")
REGRESSION = TASKS.load("regression")
EPOCHS = len(RISING)


@pytest.mark.parametrize("task", list(TASKS))
def test_a_run_has_every_quantity_that_its_task_declares(task: str) -> None:
    own = TASKS.load(task)
    tested = dict.fromkeys(own.quantities, 0.5)
    run = recorded.run(task=task, curve=(0.5, 0.4, 0.6), tested=tested)
    found = measure_run(run, 3)
    assert set(found) == set(quantities_of(own)) - {COMMON}  # which takes another experiment
    assert all(value is not None for value in found.values())


def test_what_is_not_stored_or_infinite_is_not_known() -> None:
    tested = {"accuracy": 0.5, "nll_nats": math.inf, "brier": math.nan}
    found = measure_run(recorded.run(tested=tested, curve=RISING), EPOCHS)
    assert [found[key] for key in ("accuracy", "nll_nats", "brier", "ece")] == [
        0.5,
        None,
        None,
        None,
    ]
    values = measure([classes("a", [0.5], nll=[math.inf])], CLASSIFICATION, EPOCHS, None)[0]
    assert "nll_nats" not in values.values


def test_autoencoders_have_no_way_to_a_target() -> None:
    found = measure_run(VAE.runs[1], 2)
    assert (found["elbo_nats"], found["perplexity"]) == (-119.0, None)
    assert (found["best_epoch"], found["train_seconds"]) == (1, 4)
    assert measure([AE, VAE], TASKS.load("autoencoding"), 2, None)[1].common is None


def test_differences_are_those_of_shared_seeds_and_quantities() -> None:
    a = classes("a", [0.5, 0.6, 0.7], nll=[1.0, 2.0, 3.0])
    b = later(classes("b", [0.9, 0.8, 0.7], nll=[1.5, 1.5, 1.5]), 1)
    found = measure([a, b], CLASSIFICATION, EPOCHS, None)[1]
    assert found.differences["accuracy"] == pytest.approx({1: 0.9 - 0.6, 2: 0.8 - 0.7})
    assert found.differences["nll_nats"] == pytest.approx({1: -0.5, 2: -1.5})
    assert found.values["accuracy"] == {1: 0.9, 2: 0.8, 3: 0.7}
    assert list(found.values[COMMON]) == [1, 2]
    assert measure([a], CLASSIFICATION, EPOCHS, None)[0].differences == {}
    ae = measure([AE, VAE], TASKS.load("autoencoding"), 2, None)[1]
    assert "elbo_nats" in ae.values
    assert "elbo_nats" not in ae.differences


def test_without_a_shared_seed_there_is_no_difference_and_no_target() -> None:
    a = classes("a", [0.5, 0.6])
    found = measure([a, later(a, 5)], CLASSIFICATION, EPOCHS, None)[1]
    assert (found.differences, found.common) == ({}, None)
    assert COMMON not in found.values


@pytest.mark.parametrize("target", [None, 0.75])
def test_the_common_target_is_that_of_the_statistics(target: float | None) -> None:
    rng = np.random.default_rng(0)
    curves = [np.sort(rng.uniform(0.4, top, (4, 10)), 1) for top in (0.9, 0.8)]
    a, b = (classes(name, [0.5] * 4, c.tolist()) for name, c in zip("ab", curves, strict=True))
    found = measure([a, b], CLASSIFICATION, 10, target)[1]
    expected = common_passages(curves[1], curves[0], target)
    assert found.common is not None
    assert found.common.target == pytest.approx(expected.target)
    assert list(found.values[COMMON].values()) == pytest.approx(expected.a)
    apart = list(found.differences[COMMON].values())
    assert apart == pytest.approx(expected.a - expected.b)
    assert found.common.reached == (expected.a <= 10).sum()
    assert found.common.reached_by_reference == (expected.b <= 10).sum()
    assert list(found.values[OWN].values()) == pytest.approx(own_passages(curves[1]))


def test_a_falling_error_is_turned_and_its_target_turned_back() -> None:
    slow = (70.0, 60.0, 58.0, 44.0)
    a = numbers("a", [5.0])
    b = a._replace(name="b", runs={0: recorded.run("b", 0, slow, {"rmse": 5.0}, task="regression")})
    found = measure([a, b], REGRESSION, 4, 50.0)[1]
    assert found.common == (50.0, 1, 1)
    # 58 to 44 is at 50 after 8 / 14 of an epoch; 50 is the second value of the other
    assert found.values[COMMON][0] == pytest.approx(3 + 8 / 14)
    assert found.differences[COMMON][0] == pytest.approx(1 + 8 / 14)
    usual = measure([a, b], REGRESSION, 4, None)[1]
    assert usual.common is not None
    assert usual.common.target == pytest.approx(45 / 0.99)
    assert min(FALLING) == 45
