import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vibcli.statistics import Interval, estimate, pairs_needed, sign_flip
from vibcli.statistics.sequential import (
    DESIGN,
    Decision,
    Design,
    decide,
    decided_at,
    fixed,
    looked,
    seeds_needed,
)

HIGH = [0.9, 1.2, 0.4, 1.5, 0.8, 1.1, 0.7, 1.0]
LEVEL = DESIGN.levels[0]
rising = st.lists(st.integers(1, 30), max_size=8, unique=True).map(sorted)


def drawn(mean: float, n: int, sd: float = 1.0, seed: int = 0) -> list[float]:
    """Differences whose mean and deviation are exactly these."""
    numbers = np.random.default_rng(seed).normal(0, 1, n)
    return list(mean + sd * stats.zscore(numbers, ddof=1))


def test_the_levels_add_up_to_5_in_100_and_each_look_can_decide() -> None:
    assert Design() == DESIGN
    assert DESIGN.total == pytest.approx(0.05)
    for look, level in zip(DESIGN.looks, DESIGN.levels, strict=True):
        assert pairs_needed(level) <= look
    with pytest.raises(dataclasses.FrozenInstanceError):
        DESIGN.looks = (5,)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("n", "counted", "look"), [(8, 8, 1), (11, 8, 1), (12, 12, 2), (13, 12, 2)]
)
def test_seeds_beyond_the_last_look_reached_do_not_count(n: int, counted: int, look: int) -> None:
    differences = np.random.default_rng(n).normal(0, 1, n)
    found = decide(differences, DESIGN, 0.1)
    assert found == decide(differences[:counted], DESIGN, 0.1)
    assert (found.n, found.look, found.level) == (counted, look, DESIGN.levels[look - 1])
    assert found.p == sign_flip(differences[:counted], np.random.default_rng(0)).p
    expected = estimate(differences[:counted], 1 - DESIGN.levels[look - 1])
    assert found.interval == Interval(expected.low, expected.high)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [1, 5, 7])
def test_fewer_than_the_first_look_are_too_early(n: int) -> None:
    expected = Decision(n, 0, None, None, None, "too early", False)
    assert decide([9.0] * n, DESIGN, 0.5) == decided_at([9.0] * n, DESIGN, 0.5) == expected
    assert not expected.small(0.5)


def test_beyond_the_last_look_it_is_final() -> None:
    design = Design((6, 8), (0.035, 0.015))
    numbers = drawn(0, 12, seed=3)
    found = decide(numbers, design, 0.1)
    assert found == decide(numbers[:8], design, 0.1)
    assert (found.outcome, found.final, found.n) == ("undecided", True, 8)
    assert not decide(numbers[:7], design, 0.1).final


@pytest.mark.parametrize(
    ("mean", "sd", "outcome"),
    [
        (1.0, 0.3, "higher"),
        (-1.0, 0.3, "lower"),
        (0.0, 0.1, "equivalent"),
        (0.0, 3.0, "undecided"),
        (0.4, 0.6, "undecided"),
        (0.2, 0.1, "higher"),
    ],
)
def test_what_eight_seeds_support(mean: float, sd: float, outcome: str) -> None:
    found = decide(drawn(mean, 8, sd), DESIGN, margin=0.5)
    assert found.outcome == outcome
    assert found.final == (outcome != "undecided")
    assert found.small(0.5) == (abs(mean) < 0.5 and sd == 0.1)


def test_a_difference_takes_both_the_p_value_and_the_interval() -> None:
    by_p_alone = [0.01, 0.02, 0.01, 0.03, 0.02, 0.01, 0.02, 9.0]
    found = decide(by_p_alone, DESIGN, 0.5)
    assert (found.p, found.outcome) == (2 / 2**8, "undecided")
    by_interval_alone = [1.0, 1.1, 0.9, 1.0, 1.2, 0.8, 1.1, -0.1]
    found = decide(by_interval_alone, DESIGN, 0.5)
    assert found.p is not None
    assert found.interval is not None
    assert found.p > LEVEL
    assert found.interval.low > 0
    assert found.outcome == "undecided"
    small = [value / 10 for value in by_interval_alone]
    assert decide(small, DESIGN, 0.5).outcome == "equivalent"


@pytest.mark.parametrize(
    ("extra", "outcome"),
    [
        (Interval(0.1, 2.0), "higher"),
        (Interval(-0.1, 2.0), "undecided"),
        (Interval(-2.0, -0.1), "undecided"),
        (Interval(0.0, 0.0), "undecided"),
    ],
)
def test_a_difference_takes_the_extra_interval_too(extra: Interval, outcome: str) -> None:
    asked = []

    def over_rows(level: float) -> Interval:
        asked.append(level)
        return extra

    assert decide(HIGH, DESIGN, 0.5, over_rows).outcome == outcome
    assert asked == [1 - LEVEL]
    small = [value / 10 for value in HIGH]
    expected = "higher" if outcome == "higher" else "equivalent"
    assert decide(small, DESIGN, 0.5, over_rows).outcome == expected


def test_a_negated_difference_has_the_opposite_outcome() -> None:
    opposite = {"higher": "lower", "lower": "higher"}
    for seed in range(20):
        numbers = np.random.default_rng(seed).normal(0.6, 0.7, 8)
        forth, back = decide(numbers, DESIGN, 0.5), decide(-numbers, DESIGN, 0.5)
        assert back.outcome == opposite.get(forth.outcome, forth.outcome)
        assert back.p == forth.p


def test_equal_differences() -> None:
    assert decide([0.0] * 8, DESIGN, 0.5).outcome == "equivalent"
    assert decide([0.3] * 8, DESIGN, 0.5).outcome == "higher"
    assert decide([0.3] * 4, fixed(4, 0.2), 0.5).outcome == "undecided"


@pytest.mark.parametrize("n", [6, 10])
def test_a_fixed_number_is_one_look_at_the_usual_level(n: int) -> None:
    assert fixed(n) == Design((n,), (0.05,))
    for seed in range(20):
        numbers = np.random.default_rng(seed).normal(0.7, 1, n)
        p = sign_flip(numbers, np.random.default_rng(0)).p
        found = decide(numbers, fixed(n), 0)
        assert found.final
        assert (found.outcome == "higher") == (p <= 0.05 and estimate(numbers).sign == 1)


def test_twenty_seeds_are_always_decided_alike() -> None:
    numbers = np.random.default_rng(5).normal(0.5, 1, 20)
    found = decide(numbers, DESIGN, 0.1)
    assert found == decide(numbers, DESIGN, 0.1)
    assert (found.look, found.final) == (4, True)
    assert found.p == pytest.approx(stats.ttest_1samp(numbers, 0).pvalue, abs=0.01)


def test_the_first_decision_counts() -> None:
    later = [*HIGH, -9.0, -9.0, -9.0, -9.0]
    assert decided_at(later, DESIGN, 0.5) == decide(HIGH, DESIGN, 0.5)
    assert decide(later, DESIGN, 0.5).outcome == "undecided"
    undecided = drawn(0, 8, 3)
    at_12 = [*undecided, *undecided[:4]]
    assert decided_at(at_12, DESIGN, 0.5) == decide(at_12, DESIGN, 0.5)
    assert decided_at(at_12, DESIGN, 0.5).look == 2
    assert decided_at([*undecided, *HIGH[:3]], DESIGN, 0.5).look == 1


@pytest.mark.parametrize(
    ("at", "looks", "levels"),
    [
        ([], DESIGN.looks, DESIGN.levels),
        ([8, 12, 16, 20], DESIGN.looks, DESIGN.levels),
        ([5], DESIGN.looks, DESIGN.levels),
        ([8, 9, 10, 11], DESIGN.looks, DESIGN.levels),
        ([10], (10, 12, 16, 20), DESIGN.levels),
        ([13], (13, 16, 20), (0.02, 0.014, 0.016)),
        ([20], (20,), (0.05,)),
        ([8, 25], (8, 25), (0.0079, 0.0421)),
        ([8, 12, 16, 20, 25, 30], DESIGN.looks, DESIGN.levels),
    ],
)
def test_what_looks_taken_leave(
    at: list[int], looks: tuple[int, ...], levels: tuple[float, ...]
) -> None:
    found = looked(at)
    assert found.looks == looks
    assert found.levels == pytest.approx(levels)


@given(rising)
def test_looks_never_spend_more_than_was_planned(at: list[int]) -> None:
    found = looked(at)
    assert found.total == pytest.approx(DESIGN.total)
    assert set(found.looks) <= {*at, *DESIGN.looks}
    # nor has any number of seeds had more than the design spends up to there
    for n in range(1, 31):
        assert sum(found.levels[: found.reached(n)]) <= (
            sum(DESIGN.levels[: DESIGN.reached(n)]) + 1e-9
        )
    assert looked(found.looks, found) == found


@given(rising)
def test_a_further_look_does_not_change_the_levels_of_those_before(at: list[int]) -> None:
    for earlier in range(len(at)):
        before, after = looked(at[:earlier]), looked(at)
        taken = sum(look <= max(at[:earlier], default=0) for look in before.looks)
        assert before.looks[:taken] == after.looks[:taken]
        assert before.levels[:taken] == after.levels[:taken]


def power(n: int, effect: float, sd: float, level: float) -> float:
    return float(stats.nct.sf(stats.t.isf(level / 2, n - 1), n - 1, effect / sd * math.sqrt(n)))


@pytest.mark.parametrize(("sd", "effect"), [(0.7, 0.5), (0.33, 0.3), (0.7, 0.3), (2.0, -1.0)])
@pytest.mark.parametrize("design", [DESIGN, fixed(20), fixed(10)])
def test_seeds_needed_are_the_fewest_with_the_power(
    sd: float, effect: float, design: Design
) -> None:
    n, level = seeds_needed(sd, effect, design), design.levels[-1]
    assert power(n, abs(effect), sd, level) >= 0.8 > power(n - 1, abs(effect), sd, level)


def test_seeds_needed_agree_with_a_published_table() -> None:
    # Cohen (1988, table 2.4.1) for one sample: d = 0.5 and power 0.8 at 0.05 take 34
    assert seeds_needed(1, 0.5, fixed(20)) == 34
    assert seeds_needed(1, 0.5, fixed(20), power=0.9) == 44


def test_no_effect_is_found_by_fewer_than_the_sign_flip_test_needs() -> None:
    assert seeds_needed(0.001, 1) == pairs_needed(0.016) == 7
    assert seeds_needed(0.001, 1, fixed(10)) == pairs_needed(0.05) == 6


@pytest.mark.parametrize(
    ("looks", "levels", "message"),
    [
        ((), (), "a level for each look"),
        ((8, 12), (0.05,), "2 looks and 1 levels"),
        ((12, 8), (0.01, 0.01), "rising numbers"),
        ((8, 8), (0.01, 0.01), "rising numbers"),
        ((1,), (0.05,), "rising numbers from 2"),
        ((8,), (0.0,), "levels: expected"),
        ((8,), (math.nan,), "levels: expected"),
        ((5,), (0.05,), "no P value of 5 seeds is below 0.0625"),
        ((8, 9), (0.5, 0.5), "their sum"),
    ],
)
def test_a_bad_design_is_refused(
    looks: tuple[int, ...], levels: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Design(looks, levels)


@pytest.mark.parametrize(
    ("differences", "margin", "message"),
    [
        ([], 0.5, "differences: expected"),
        ([0.5, math.nan], 0.5, "differences: expected finite"),
        ([[1.0]], 0.5, "along 1 axis"),
        (HIGH, -1, "margin: expected"),
        (HIGH[:3], math.nan, "margin: expected"),
    ],
)
def test_bad_differences_are_refused(differences: Any, margin: float, message: str) -> None:
    for function in (decide, decided_at):
        with pytest.raises(ValueError, match=message):
            function(differences, DESIGN, margin)


@pytest.mark.parametrize("at", [[8, 8], [12, 8], [0, 8]])
def test_bad_looks_are_refused(at: list[int]) -> None:
    with pytest.raises(ValueError, match="at: expected rising"):
        looked(at)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sd": 0}, "sd: expected"),
        ({"sd": math.inf}, "sd: expected"),
        ({"effect": 0}, "effect: expected"),
        ({"effect": math.nan}, "effect: expected"),
        ({"power": 1}, "power: expected"),
        ({"effect": 1e-9}, "more than a million"),
    ],
)
def test_what_cannot_be_planned_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        seeds_needed(**({"sd": 1, "effect": 0.5} | change))
