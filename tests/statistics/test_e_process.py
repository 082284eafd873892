import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibcli.statistics import sign_flip
from vibcli.statistics.e_process import BETS, e_value

few = st.lists(st.integers(-20, 20), min_size=1, max_size=8)
fewer = st.lists(st.integers(-20, 20), min_size=1, max_size=6)


def by_definition(differences: list[int]) -> list[float]:
    found = []
    for n in range(1, len(differences) + 1):
        bets = []
        for bet in (sign * size for sign in (1, -1) for size in BETS):
            product = 1.0
            for j in range(n):
                size = math.sqrt(sum(d * d for d in differences[: j + 1]) / (j + 1))
                product *= 1 + math.tanh(bet * differences[j] / size) if size else 1
            bets.append(product)
        found.append(sum(bets) / len(bets))
    return found


@given(few)
def test_it_agrees_with_its_definition(differences: list[int]) -> None:
    assert e_value(differences) == pytest.approx(by_definition(differences))


@settings(deadline=None, max_examples=30)
@given(fewer)
def test_its_mean_over_all_signs_is_1_at_every_seed(differences: list[int]) -> None:
    flips = itertools.product((1, -1), repeat=len(differences))
    mean = np.mean([e_value(np.array(signs) * differences) for signs in flips], axis=0)
    assert mean == pytest.approx(1)


@settings(deadline=None, max_examples=30)
@given(fewer)
def test_over_all_signs_it_gets_to_a_limit_no_more_often_than_ville_says(
    differences: list[int],
) -> None:
    flips = list(itertools.product((1, -1), repeat=len(differences)))
    highest = np.array([e_value(np.array(signs) * differences).max() for signs in flips])
    for limit in (1.5, 2, 5, 20):
        assert (highest >= limit).mean() <= 1 / limit


@given(few)
def test_it_does_not_depend_on_sign_or_unit_and_zeros_say_nothing(differences: list[int]) -> None:
    e = e_value(differences)
    assert e_value([-x for x in differences]) == pytest.approx(e)
    assert e_value([1e-3 * x for x in differences]) == pytest.approx(e)
    assert e_value([*differences, 0])[-1] == pytest.approx(e[-1])
    assert e_value([0, 0, *differences])[:2].tolist() == [1, 1]


def test_later_seeds_do_not_change_earlier_values() -> None:
    differences = np.random.default_rng(0).normal(0.5, 1, 20)
    assert e_value(differences)[:9] == pytest.approx(e_value(differences[:9]))


def test_seven_equal_differences_reach_20_and_no_e_exceeds_the_inverse_of_the_least_p() -> None:
    e = e_value([0.2] * 12)
    assert e[5] < 20 < e[6]
    smallest = [sign_flip([0.2] * n, np.random.default_rng(0)).smallest for n in range(2, 13)]
    assert np.all(e[1:] < 1 / np.array(smallest))
    assert np.all(np.diff(e) > 0)


def test_many_large_differences_do_not_overflow() -> None:
    assert e_value([1e300] * 5)[-1] == pytest.approx(e_value([1] * 5)[-1])
    assert np.isfinite(e_value([1.0] * 500)).all()
    assert e_value([-1.0, 1.0] * 500)[-1] > 0


@pytest.mark.parametrize("differences", [[], [0.5, math.nan], [math.inf], [[1.0, 2.0]], 3.0])
def test_bad_differences_are_refused(differences: Any) -> None:
    with pytest.raises(ValueError, match="differences: expected"):
        e_value(differences)
