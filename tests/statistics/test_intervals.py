import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vibcli.statistics import LEVEL, Interval, Judgement, estimate, judge, sign

NEGATED = {
    "higher": "lower",
    "higher, but by less than the margin": "lower, but by less than the margin",
}
ends = st.floats(-10, 10)


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (0.1, 3.0, "higher"),
        (2.5, 3.0, "higher"),
        (0.1, 0.9, "higher, but by less than the margin"),
        (0.1, 1.0, "higher"),
        (-3.0, -0.1, "lower"),
        (-0.9, -0.1, "lower, but by less than the margin"),
        (-0.9, 0.9, "equivalent"),
        (0.0, 0.9, "equivalent"),
        (-0.9, 0.0, "equivalent"),
        (-1.0, 0.9, "undecided"),
        (-0.9, 1.0, "undecided"),
        (-3.0, 3.0, "undecided"),
        (0.5, 0.5, "undecided"),
        (0.0, 0.0, "undecided"),
        (5.0, 5.0 + 1e-12, "undecided"),
    ],
)
def test_what_an_interval_supports_with_a_margin_of_one(
    low: float, high: float, outcome: Judgement
) -> None:
    assert judge(Interval(low, high), 1) == outcome


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (0.0, "equivalent"),
        (0.5, "higher, but by less than the margin"),
        (-0.5, "lower, but by less than the margin"),
        (5.0, "higher"),
        (1e-12, "equivalent"),
    ],
)
def test_six_equal_differences_are_evidence(value: float, outcome: Judgement) -> None:
    assert judge(Interval(value, value), 1, 6) == outcome
    assert judge(Interval(value, value), 1, 5) == "undecided"
    assert stats.binomtest(6, 6).pvalue < 1 - LEVEL < stats.binomtest(5, 5).pvalue


def test_without_an_interval_nothing_is_decided() -> None:
    assert judge(estimate([5.0]), 1) == "undecided"
    assert sign(estimate([5.0])) == 0


@given(ends, ends, st.floats(0, 10))
def test_a_negated_difference_has_the_opposite_outcome(a: float, b: float, margin: float) -> None:
    low, high = sorted((a, b))
    forth, back = judge(Interval(low, high), margin), judge(Interval(-high, -low), margin)
    both_ways = NEGATED | {lower: higher for higher, lower in NEGATED.items()}
    assert back == both_ways.get(forth, forth)
    assert forth in get_args(Judgement)


@given(ends, ends)
def test_without_a_margin_nothing_is_small(a: float, b: float) -> None:
    interval = Interval(*sorted((a, b)))
    assert judge(interval, 0) == {1: "higher", -1: "lower", 0: "undecided"}[sign(interval)]


@pytest.mark.parametrize("margin", [0.2, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_within_the_margin_is_where_both_one_sided_tests_reject(
    margin: float, level: float
) -> None:
    numbers = np.random.default_rng(5).normal(0.1, 1, 12)
    alpha = (1 - level) / 2
    above = stats.ttest_1samp(numbers, -margin, alternative="greater").pvalue < alpha
    below = stats.ttest_1samp(numbers, margin, alternative="less").pvalue < alpha
    outcome = judge(estimate(numbers, level), margin)
    assert (outcome == "equivalent") == (above and below)


@pytest.mark.parametrize("margin", [-1, math.nan, math.inf])
def test_a_bad_margin_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        judge(Interval(0, 1), margin)
