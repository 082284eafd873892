import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vibcli.statistics import (
    Estimate,
    Improvement,
    estimate,
    paired,
    probability_of_improvement,
    sign,
)

by_seed = st.dictionaries(st.integers(0, 20), st.integers(-100, 100).map(float))
some = st.lists(st.integers(-100, 100).map(float), min_size=1, max_size=12)


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("n", [3, 5, 30])
def test_interval_is_students(n: int, level: float) -> None:
    numbers = np.random.default_rng(n).normal(3, 2, n)
    low, high = stats.t.interval(level, n - 1, numbers.mean(), stats.sem(numbers))
    expected = [numbers.mean(), low, high, n, stats.tstd(numbers)]
    assert list(estimate(numbers, level)) == pytest.approx(expected)


def test_estimate_by_hand() -> None:
    # s = sqrt(2.5), t(0.975, 4) = 2.7764 in the tables
    found = estimate([1, 2, 3, 4, 5])
    half = 2.7764 * math.sqrt(2.5 / 5)
    expected = [3, 3 - half, 3 + half, 5, math.sqrt(2.5)]
    assert list(found) == pytest.approx(expected, abs=1e-4)


def test_one_number_has_no_interval() -> None:
    assert estimate([0.25]) == Estimate(0.25, None, None, 1, None)
    assert estimate([0.0, 2.0]) == Estimate(1.0, None, None, 2, math.sqrt(2))


@pytest.mark.parametrize("value", [0.0, 0.25, -3.0])
def test_a_few_equal_numbers_claim_nothing(value: float) -> None:
    found = estimate([value] * 5)
    assert list(found) == pytest.approx([value, value, value, 5, 0])
    assert found.sign == 0
    assert estimate([value] * 6).sign == np.sign(value)


@pytest.mark.parametrize(
    ("numbers", "expected"), [([1, 2, 3.0], 0), ([5, 6, 7.0], 1), ([-5, -6, -7.0], -1), ([5.0], 0)]
)
def test_sign_is_that_of_an_interval_beyond_0(numbers: list[float], expected: int) -> None:
    found = estimate(numbers)
    assert found.sign == sign(found) == expected


@given(some)
def test_the_order_of_seeds_does_not_matter(numbers: list[float]) -> None:
    assert list(estimate(sorted(numbers))) == pytest.approx(list(estimate(numbers)))
    assert probability_of_improvement(sorted(numbers)) == probability_of_improvement(numbers)


@pytest.mark.parametrize("n", [3, 5, 10])
def test_interval_covers_the_truth_95_times_in_100(n: int) -> None:
    draws = np.random.default_rng(0).normal(1, 3, (2000, n))
    covered = sum(found.low <= 1 <= found.high for found in map(estimate, draws))
    assert stats.binomtest(covered, 2000, 0.95).pvalue > 0.01


@given(by_seed, by_seed)
def test_pairs_are_the_shared_seeds_in_order(a: dict[int, float], b: dict[int, float]) -> None:
    expected = [a[seed] - b[seed] for seed in range(21) if seed in a and seed in b]
    assert paired(a, b) == expected
    assert paired(b, a) == [-difference for difference in expected]


def test_pairing_removes_what_seeds_share() -> None:
    rng = np.random.default_rng(0)
    luck = rng.normal(0, 10, 8)
    a = dict(enumerate(luck + 1 + rng.normal(0, 0.1, 8)))
    b = dict(enumerate(luck))
    assert estimate(paired(a, b)).sign == 1
    assert stats.ttest_ind(list(a.values()), list(b.values())).pvalue > 0.5


@pytest.mark.parametrize(
    ("wins", "ties", "losses", "low", "high"),
    [
        # published tables of Clopper-Pearson limits at 95%
        (5, 0, 0, 0.4782, 1.0),
        (10, 0, 0, 0.6915, 1.0),
        (8, 0, 2, 0.4439, 0.9748),
        (0, 0, 10, 0.0, 0.3085),
        # half of a tie: the lower end of 8 and the upper end of 10 wins among 10
        (8, 2, 0, 0.4439, 1.0),
        (0, 4, 0, 0.0, 1.0),
    ],
)
def test_improvement_by_hand(wins: int, ties: int, losses: int, low: float, high: float) -> None:
    differences = [0.3] * wins + [0.3 - 0.2 - 0.1] * ties + [-0.1] * losses
    n = wins + ties + losses
    expected = [(wins + ties / 2) / n, low, high, n]
    assert list(probability_of_improvement(differences)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.slow
@given(some)
def test_improvement_of_one_is_the_loss_of_the_other(numbers: list[float]) -> None:
    up = probability_of_improvement(numbers)
    down = probability_of_improvement(numbers, higher_is_better=False)
    assert down == probability_of_improvement([-x for x in numbers])
    expected = Improvement(1 - up.probability, 1 - up.high, 1 - up.low, up.n)
    assert list(down) == pytest.approx(list(expected))
    assert 0 <= up.low <= up.probability <= up.high <= 1


@pytest.mark.parametrize(("better", "tie"), [(0.5, 0.0), (0.9, 0.0), (0.3, 0.4), (0.05, 0.9)])
@pytest.mark.parametrize("n", [3, 5, 10])
def test_interval_of_improvement_covers_at_least_95_in_100(
    n: int, better: float, tie: float
) -> None:
    truth, coverage = better + tie / 2, 0.0
    for wins, ties in itertools.product(range(n + 1), repeat=2):
        if (losses := n - wins - ties) >= 0:
            found = probability_of_improvement([1.0] * wins + [0.0] * ties + [-1.0] * losses)
            if found.low <= truth <= found.high:
                shares = [better, tie, 1 - better - tie]
                coverage += stats.multinomial.pmf([wins, ties, losses], n, shares)
    assert coverage >= 0.95


@pytest.mark.parametrize("statistic", [estimate, probability_of_improvement])
@pytest.mark.parametrize("numbers", [[], [0.5, math.nan], [math.inf], [[1.0, 2.0]], 3.0])
def test_bad_numbers_are_refused(statistic: Any, numbers: Any) -> None:
    with pytest.raises(ValueError, match=r"(values|differences): expected"):
        statistic(numbers)


@pytest.mark.parametrize("level", [0, 1, 95, math.nan])
def test_a_bad_level_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level: expected"):
        estimate([1.0, 2.0], level)
