import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vibcli.statistics import LEVEL, Interval, estimate, sign

ends = st.floats(-10, 10)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.1, 3.0, 1),
        (-3.0, -0.1, -1),
        (-0.9, 0.9, 0),
        (0.0, 0.9, 0),
        (-0.9, 0.0, 0),
        (0.5, 0.5, 0),
        (0.0, 0.0, 0),
        (5.0, 5.0 + 1e-12, 0),
    ],
)
def test_the_side_of_0_on_which_an_interval_lies(low: float, high: float, expected: int) -> None:
    assert sign(Interval(low, high)) == expected


@pytest.mark.parametrize("value", [-5.0, -0.5, 0.5, 5.0])
def test_six_equal_differences_are_evidence(value: float) -> None:
    assert sign(Interval(value, value), 6) == (1 if value > 0 else -1)
    assert sign(Interval(value, value), 5) == 0
    assert stats.binomtest(6, 6).pvalue < 1 - LEVEL < stats.binomtest(5, 5).pvalue


@pytest.mark.parametrize("value", [0.0, 1e-12, -1e-12])
def test_rounding_is_no_difference(value: float) -> None:
    assert sign(Interval(value, value), 6) == 0


def test_without_an_interval_there_is_no_side() -> None:
    assert sign(estimate([5.0])) == 0


@given(ends, ends)
def test_a_negated_interval_lies_on_the_other_side(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert sign(Interval(-high, -low)) == -sign(Interval(low, high))
