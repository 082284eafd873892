import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from vibcli.statistics import holm, sign_flip
from vibcli.statistics.max_t import DRAWS, max_t

Floats = NDArray[np.float64]

rows = st.integers(2, 6).flatmap(
    lambda n: st.lists(st.lists(st.integers(-9, 9), min_size=n, max_size=n), min_size=1, max_size=4)
)


def adjusted(differences: Any, seed: int = 0) -> Floats:
    return max_t(differences, np.random.default_rng(seed))


def abs_t(differences: Floats) -> Floats:
    """|t| of each row, infinite for equal ones other than 0, and 0 for those that are 0."""
    n, mean, sd = differences.shape[1], differences.mean(1), differences.std(1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(sd > 1e-12, np.abs(mean) * math.sqrt(n) / sd, np.inf)
    return np.where(np.abs(differences).max(1) > 0, t, 0)


def by_definition(differences: Floats) -> Floats:
    """Algorithm 4.1 in Ge, Dudoit & Speed's words, over all flips, with t itself."""
    observed = abs_t(differences)
    order = sorted(range(len(observed)), key=lambda q: -observed[q])
    flips = [
        abs_t(differences * np.array(signs))
        for signs in itertools.product((1, -1), repeat=differences.shape[1])
    ]
    p, least = np.empty(len(order)), 0.0
    for i, q in enumerate(order):
        limit = observed[q] * (1 - 1e-9)
        least = max(least, np.mean([max(t[order[i:]]) >= limit for t in flips]))
        p[q] = least
    return p


@settings(deadline=None, max_examples=60)
@given(rows)
def test_it_agrees_with_its_definition(differences: list[list[int]]) -> None:
    numbers = np.array(differences, float)
    assert adjusted(numbers) == pytest.approx(by_definition(numbers), abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(rows)
def test_p_does_not_depend_on_order_signs_or_units(differences: list[list[int]]) -> None:
    numbers = np.array(differences, float)
    p = adjusted(numbers)
    assert adjusted(numbers[::-1])[::-1] == pytest.approx(p)
    assert adjusted(numbers[:, ::-1]) == pytest.approx(p)
    scaled = numbers * np.array([[1e-3], [-1], [7], [1e3]])[: len(numbers)]
    assert adjusted(scaled) == pytest.approx(p)


@settings(deadline=None, max_examples=60)
@given(rows)
def test_p_falls_with_t_and_lies_between_the_single_one_and_1(
    differences: list[list[int]],
) -> None:
    numbers = np.array(differences, float)
    p, t = adjusted(numbers), abs_t(numbers)
    order = np.argsort(-t)
    assert np.all(np.diff(p[order]) >= 0)
    single = [adjusted([row])[0] for row in numbers]
    assert np.all(p >= np.array(single) - 1e-12)
    assert p.max() <= 1


@pytest.mark.parametrize("n", [6, 10])
def test_one_quantity_has_the_p_of_the_sign_flip_test(n: int) -> None:
    rng = np.random.default_rng(n)
    for differences in rng.normal(0.3, 1, (20, n)):
        assert adjusted([differences])[0] == pytest.approx(sign_flip(differences, rng).p)


@pytest.mark.parametrize("quantities", [1, 6, 40])
def test_the_least_p_does_not_grow_with_the_number_of_quantities(quantities: int) -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 1, (quantities, 10))
    noise[0] = 5 + 0.01 * noise[0]
    assert adjusted(noise)[0] == 2 / 2**10
    assert holm([2 / 2**10] + [1] * (quantities - 1))[0] == quantities * 2 / 2**10


def test_copies_of_one_quantity_cost_nothing() -> None:
    differences = np.random.default_rng(2).normal(0.5, 1, 10)
    copies = [differences, 2 * differences, -differences]
    assert adjusted(copies) == pytest.approx(adjusted([differences])[0])


def test_differences_that_are_all_zero_have_p_1() -> None:
    assert adjusted(np.zeros((2, 6))).tolist() == [1, 1]
    found = adjusted([[0.0] * 6, [1, 2, 3, 4, 5, 6], [1e-12] * 6])
    assert found == pytest.approx([1, 2 / 2**6, 1])


@pytest.mark.parametrize("n", [2, 5, 8])
@pytest.mark.parametrize("value", [0.3, -4.0])
def test_differences_that_are_equal_have_the_least_p_there_is_and_no_less(
    n: int, value: float
) -> None:
    noise = np.random.default_rng(3).normal(0, 1, n)
    assert adjusted([[value] * n])[0] == 2 / 2**n
    assert adjusted([[value] * n, noise])[0] == 2 / 2**n
    # another one that some flip makes equal is as far from 0 under that flip
    mixed = np.where(np.arange(n) % 2, value, -value)
    assert adjusted([[value] * n, mixed])[0] == 4 / 2**n


def test_one_seed_says_nothing() -> None:
    assert adjusted([[5.0], [0.0]]).tolist() == [1, 1]


def test_beyond_16_pairs_drawn_flips_agree_with_the_t_test() -> None:
    differences = np.random.default_rng(4).normal([[0.3], [0.0]], 1, (2, 40))
    found = adjusted(differences[:1])
    expected = stats.ttest_1samp(differences[0], 0).pvalue
    assert found[0] == pytest.approx(expected, abs=4 * math.sqrt(expected / DRAWS))
    assert adjusted(differences).tolist() == adjusted(differences).tolist()
    assert adjusted(differences, 1).tolist() != adjusted(differences).tolist()


def test_the_observed_signs_are_among_those_drawn() -> None:
    assert adjusted([np.arange(1.0, 41.0)])[0] == 1 / DRAWS


@pytest.mark.parametrize(
    ("differences", "message"),
    [
        ([], "differences: expected values along 2 axes"),
        ([1.0, 2.0], "along 2 axes"),
        ([[1.0, math.nan]], "differences: expected finite"),
    ],
)
def test_bad_differences_are_refused(differences: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        adjusted(differences)
