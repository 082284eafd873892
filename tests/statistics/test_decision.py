import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vibcli.statistics import DESIGN, Interval, decide, estimate, holm, max_t, sign_flip

HIGH = [0.9, 1.2, 0.4, 1.5, 0.8, 1.1, 0.7, 1.0]
LEVEL = DESIGN.levels[0]


def drawn(mean: float, n: int, sd: float = 1.0, seed: int = 0) -> list[float]:
    """Differences whose mean and deviation are exactly these."""
    numbers = np.random.default_rng(seed).normal(0, 1, n)
    return list(mean + sd * stats.zscore(numbers, ddof=1))


@pytest.mark.parametrize(
    ("mean", "sd", "outcome", "small"),
    [
        (1.0, 0.3, "higher", False),
        (-1.0, 0.3, "lower", False),
        (0.0, 0.1, "equivalent", True),
        (0.0, 3.0, "undecided", False),
        (0.4, 0.6, "undecided", False),
        (0.2, 0.1, "higher", True),
    ],
)
def test_what_eight_seeds_support(mean: float, sd: float, outcome: str, small: bool) -> None:
    numbers = drawn(mean, 8, sd)
    (found,) = decide(numbers, LEVEL, margin=0.5)
    assert (found.outcome, found.small) == (outcome, small)
    assert (found.n, found.level) == (8, LEVEL)
    assert found.p == sign_flip(numbers, np.random.default_rng(0)).p
    expected = estimate(numbers, 1 - LEVEL)
    assert found.interval == Interval(expected.low, expected.high)  # type: ignore[arg-type]


def test_a_difference_takes_both_the_p_value_and_the_interval() -> None:
    by_p_alone = [0.01, 0.02, 0.01, 0.03, 0.02, 0.01, 0.02, 9.0]
    (found,) = decide(by_p_alone, LEVEL, 0.5)
    assert (found.p, found.outcome) == (2 / 2**8, "undecided")
    by_interval_alone = [1.0, 1.1, 0.9, 1.0, 1.2, 0.8, 1.1, -0.1]
    (found,) = decide(by_interval_alone, LEVEL, 0.5)
    assert found.interval is not None
    assert found.p > LEVEL
    assert found.interval.low > 0
    assert found.outcome == "undecided"
    small = [value / 10 for value in by_interval_alone]
    assert decide(small, LEVEL, 0.5)[0].outcome == "equivalent"


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        (None, "higher"),
        (Interval(0.1, 2.0), "higher"),
        (Interval(-0.1, 2.0), "undecided"),
        (Interval(-2.0, -0.1), "undecided"),
        (Interval(0.0, 0.0), "undecided"),
    ],
)
def test_a_difference_holds_for_other_rows_too(rows: Interval | None, outcome: str) -> None:
    assert decide(HIGH, LEVEL, 0.5, [rows])[0].outcome == outcome
    small = [value / 10 for value in HIGH]
    expected = "higher" if outcome == "higher" else "equivalent"
    assert decide(small, LEVEL, 0.5, [rows])[0].outcome == expected


def test_a_negated_difference_has_the_opposite_outcome() -> None:
    opposite = {"higher": "lower", "lower": "higher"}
    for seed in range(20):
        numbers = np.random.default_rng(seed).normal(0.6, 0.7, 8)
        (forth,), (back,) = decide(numbers, LEVEL, 0.5), decide(-numbers, LEVEL, 0.5)
        assert back.outcome == opposite.get(forth.outcome, forth.outcome)
        assert back.p == forth.p


def test_equal_differences() -> None:
    assert decide([0.0] * 8, LEVEL, 0.5)[0].outcome == "equivalent"
    assert decide([0.3] * 8, LEVEL, 0.5)[0].outcome == "higher"
    assert decide([0.3] * 4, 0.2, 0.5)[0].outcome == "undecided"
    assert decide([0.3] * 4, 0.2, 0.5)[0].small is False


@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_three_decide_nothing_and_have_no_interval(n: int) -> None:
    (found,) = decide([9.0] * n, 0.5, 100)
    assert (found.outcome, found.interval, found.n) == ("undecided", None, n)


@pytest.mark.parametrize("margin", [0.2, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("level", [0.1, 0.05])
def test_equivalent_is_where_both_one_sided_tests_reject(margin: float, level: float) -> None:
    numbers = np.random.default_rng(5).normal(0.1, 1, 12)
    above = stats.ttest_1samp(numbers, -margin, alternative="greater").pvalue
    below = stats.ttest_1samp(numbers, margin, alternative="less").pvalue
    (found,) = decide(numbers, level, margin)
    assert found.p_equivalent == pytest.approx(min(1, 2 * max(above, below)))
    assert (found.outcome == "equivalent") == (max(above, below) < level / 2)
    assert found.interval is not None
    within = -margin < found.interval.low and found.interval.high < margin
    assert (found.outcome == "equivalent") == within


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=10))
def test_without_a_margin_nothing_is_small(numbers: list[float]) -> None:
    (found,) = decide(numbers, 0.05)
    assert not found.small
    assert found.outcome != "equivalent"


def test_several_experiments_are_corrected_together() -> None:
    arms = np.array([drawn(1.0, 10, 0.8, 1), drawn(0.1, 10, 0.3, 2), drawn(0.0, 10, 0.2, 3)])
    found = decide(arms, 0.05, 0.5)
    assert [one.p for one in found] == list(max_t(arms, np.random.default_rng(0)))
    alone = [decide(arm, 0.05, 0.5)[0] for arm in arms]
    assert all(one.p >= other.p for one, other in zip(found, alone, strict=True))
    expected = holm([other.p_equivalent for other in alone])
    assert [one.p_equivalent for one in found] == pytest.approx(list(expected))
    assert [one.interval for one in found] == [other.interval for other in alone]


def test_eight_seeds_that_agree_are_enough_for_any_number_of_experiments() -> None:
    arms = [HIGH, drawn(0, 8, 1, 1), drawn(0, 8, 1, 2), drawn(0, 8, 1, 3)]
    found = decide(arms, LEVEL)
    assert found[0].p == 2 / 2**8
    assert found[0].outcome == "higher"


def test_seeds_that_an_experiment_lacks_do_not_count_in_it() -> None:
    lacking = [*HIGH[:3], math.nan, *HIGH[3:], math.nan]
    (found,) = decide([lacking], LEVEL, 0.5)
    assert found == decide(HIGH, LEVEL, 0.5)[0]
    both = decide([lacking, drawn(0, 10, 1)], LEVEL, 0.5)
    assert [one.n for one in both] == [8, 10]


@pytest.mark.parametrize(
    ("differences", "margin", "message"),
    [
        ([], 0.5, "differences: expected"),
        ([0.5, math.inf], 0.5, "differences: expected finite"),
        ([[1.0, 2.0], [math.nan, math.nan]], 0.5, "at least one in each row"),
        ([[[1.0]]], 0.5, "along 1 axis or 2"),
        (HIGH, -1, "margin: expected"),
        (HIGH[:3], math.nan, "margin: expected"),
    ],
)
def test_bad_differences_are_refused(differences: Any, margin: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decide(differences, LEVEL, margin)


def test_a_bad_level_or_number_of_intervals_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        decide(HIGH, 0)
    with pytest.raises(ValueError, match="rows: expected 1"):
        decide(HIGH, 0.05, 0, [None, None])
