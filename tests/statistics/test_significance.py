import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from vibcli.statistics import holm, pairs_needed, sign_flip
from vibcli.statistics.significance import DRAWS, EXACT

# Darwin's differences between crossed and self-fertilised plants, in eighths of an inch; Fisher
# (1935, section 21) counts 1726 of the 2^15 assignments as at least as far from 0 as theirs
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]

few = st.lists(st.integers(-20, 20), min_size=1, max_size=8)
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=6)


def p_of(differences: Sequence[float]) -> float:
    return sign_flip(differences, np.random.default_rng(0)).p


def enumerated(differences: Sequence[int]) -> float:
    """The definition, over every assignment, with integers."""
    sums = [
        sum(sign * x for sign, x in zip(signs, differences, strict=True))
        for signs in itertools.product((1, -1), repeat=len(differences))
    ]
    return sum(abs(total) >= abs(sum(differences)) for total in sums) / len(sums)


def test_fishers_count_of_darwins_plants() -> None:
    assert p_of(DARWIN) == pytest.approx(1726 / 2**15, abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(few)
def test_sign_flip_agrees_with_its_definition(differences: list[int]) -> None:
    assert p_of(differences) == pytest.approx(enumerated(differences), abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(few)
@example([-3, 7, -3, -2, -2, -6, -4, -4])  # 0.148 instead of 0.195 for means that are not rounded
def test_sums_that_only_rounding_tells_apart_tie(rows: list[int]) -> None:
    shares = [(8000 + x) / 10_000 - 0.8 for x in rows]
    assert p_of(shares) == pytest.approx(enumerated(rows), abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(few)
def test_p_does_not_depend_on_order_sign_unit_or_zeros(differences: list[int]) -> None:
    result = sign_flip(differences, np.random.default_rng(0))
    others = (
        sorted(differences),
        [-x for x in differences],
        [1e-3 * x for x in differences],
        [*differences, 0, 0],
    )
    for other in others:
        assert sign_flip(other, np.random.default_rng(0)) == pytest.approx(result)
    assert result.smallest <= result.p <= 1


@pytest.mark.parametrize("n", [1, 2, 5, 6, 10, 16])
def test_the_smallest_p_is_reached_where_all_signs_agree(n: int) -> None:
    for differences in (np.arange(1.0, n + 1), np.ones(n), -np.ones(n)):
        assert sign_flip(differences, np.random.default_rng(0)) == (2 / 2**n, 2 / 2**n)


def test_zeros_do_not_count_as_pairs() -> None:
    assert sign_flip([1, 2, 3, 0, 0], np.random.default_rng(0)) == (0.25, 0.25)
    assert sign_flip([0, 0, 0], np.random.default_rng(0)) == (1, 1)
    assert sign_flip([0, 4, 0], np.random.default_rng(0)) == (1, 1)


@pytest.mark.parametrize("n", [17, 18])
def test_beyond_16_pairs_it_is_still_exact(n: int) -> None:
    differences = np.random.default_rng(n).integers(-9, 14, n)
    signs = np.array(list(itertools.product((1, -1), repeat=n)), np.int8)
    expected = np.mean(np.abs(signs @ differences) >= abs(differences.sum()))
    assert p_of(list(differences)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [20, EXACT, 40])
def test_many_pairs_agree_with_the_t_test(n: int) -> None:
    differences = np.random.default_rng(3).normal(0.3, 1, n)
    found = sign_flip(differences, np.random.default_rng(0))
    assert found == sign_flip(differences, np.random.default_rng(0))
    assert found.p == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=0.02)


def test_random_assignments_never_give_a_p_of_0() -> None:
    found = sign_flip(np.ones(40), np.random.default_rng(0))
    assert found.p == found.smallest == 1 / (DRAWS + 1)
    assert sign_flip(np.ones(EXACT), np.random.default_rng(0)).p == 2.0 ** (1 - EXACT)


@pytest.mark.parametrize(
    ("alpha", "comparisons", "pairs"),
    [
        (0.05, 1, 6),
        (0.0625, 1, 5),
        (0.05, 2, 7),
        (0.05, 3, 7),
        (0.05, 4, 8),
        (0.01, 1, 8),
        (0.5, 1, 2),
    ],
)
def test_pairs_that_a_rejection_needs(alpha: float, comparisons: int, pairs: int) -> None:
    assert pairs_needed(alpha, comparisons) == pairs
    assert p_of([1.0] * pairs) <= alpha / comparisons < p_of([1.0] * (pairs - 1))


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 10])
def test_sign_flip_rejects_equal_experiments_no_more_often_than_it_says(n: int) -> None:
    rng = np.random.default_rng(0)
    draws = 500
    rejected = sum(p_of(rng.normal(0, 1, n)) <= 0.05 for _ in range(draws))
    attainable = math.floor(0.05 * 2 ** (n - 1)) / 2 ** (n - 1)  # 50 of 1024 for 10, 0 for 5
    assert stats.binomtest(rejected, draws, attainable).pvalue > 0.01


def test_holm_by_hand() -> None:
    # smallest to largest times 4, 3, 2, 1: 0.02, 0.03, 0.06, 0.04; the last may not fall
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.3]) == pytest.approx([0.3])
    assert holm([0.6, 0.7]) == pytest.approx([1, 1])


@given(p_values)
def test_holm_is_the_closed_bonferroni_test(p: list[float]) -> None:
    subsets = [
        subset
        for size in range(1, len(p) + 1)
        for subset in itertools.combinations(range(len(p)), size)
    ]
    expected = [
        max(min(1.0, len(s) * min(p[j] for j in s)) for s in subsets if i in s)
        for i in range(len(p))
    ]
    assert holm(p).tolist() == pytest.approx(expected)


@given(p_values, st.floats(0.001, 0.2))
def test_holm_rejects_what_stepping_down_rejects(p: list[float], alpha: float) -> None:
    left = sorted(p)
    while left and left[0] * len(left) <= alpha:
        left.pop(0)
    assert sum(holm(p) <= alpha) == len(p) - len(left)


def test_holm_keeps_the_order_and_never_lowers_p() -> None:
    p = np.random.default_rng(0).random(20) ** 3
    adjusted = holm(p)
    assert np.all(adjusted >= p)
    assert np.all(np.diff(adjusted[np.argsort(p)]) >= 0)


def test_holm_keeps_the_error_of_the_family_with_a_shared_reference() -> None:
    rng = np.random.default_rng(0)
    families, arms, seeds = 4000, 5, 10
    values = rng.normal(0, 1, (families, arms + 1, seeds))
    p = stats.ttest_1samp(values[:, 1:] - values[:, :1], 0, axis=2).pvalue
    wrong = sum(bool((holm(family) <= 0.05).any()) for family in p)
    assert stats.binomtest(wrong, families, 0.05, alternative="greater").pvalue > 0.01
    assert (p <= 0.05).any(1).mean() > 0.1  # what it protects from


@pytest.mark.parametrize("bad", [[], [math.nan], [1.0, math.inf]])
def test_bad_differences_and_p_values_are_refused(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="differences: expected"):
        p_of(bad)
    with pytest.raises(ValueError, match="p_values: expected"):
        holm(bad)


@pytest.mark.parametrize("bad", [[-0.1], [0.5, 1.1]])
def test_p_values_are_probabilities(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        holm(bad)


@pytest.mark.parametrize(
    ("alpha", "comparisons", "named"),
    [(0, 1, "alpha"), (1, 1, "alpha"), (math.nan, 1, "alpha"), (0.05, 0, "comparisons")],
)
def test_bad_wishes_are_refused(alpha: float, comparisons: int, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        pairs_needed(alpha, comparisons)
