import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vibcli.statistics import pairs_needed
from vibcli.statistics.sequential import DESIGN, Design, enough_seeds, looked, seeds_needed

rising = st.lists(st.integers(1, 30), max_size=8, unique=True).map(sorted)


def test_the_levels_add_up_to_5_in_100_and_each_look_can_decide() -> None:
    assert Design() == DESIGN
    assert DESIGN.total == pytest.approx(0.05)
    for look, level in zip(DESIGN.looks, DESIGN.levels, strict=True):
        assert pairs_needed(level) <= look
    with pytest.raises(dataclasses.FrozenInstanceError):
        DESIGN.looks = (5,)  # type: ignore[misc]


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
@pytest.mark.parametrize("level", [DESIGN.levels[-1], 0.05])
def test_seeds_needed_are_the_fewest_with_the_power(sd: float, effect: float, level: float) -> None:
    n = seeds_needed(sd, effect, level)
    assert power(n, abs(effect), sd, level) >= 0.8 > power(n - 1, abs(effect), sd, level)


def test_seeds_needed_agree_with_a_published_table() -> None:
    # Cohen (1988, table 2.4.1) for one sample: d = 0.5 and power 0.8 at 0.05 take 34
    assert seeds_needed(1, 0.5, 0.05) == 34
    assert seeds_needed(1, 0.5, 0.05, power=0.9) == 44


def test_no_effect_is_found_by_fewer_than_the_sign_flip_test_needs() -> None:
    assert seeds_needed(0.001, 1) == pairs_needed(0.016) == 7
    assert seeds_needed(0.001, 1, 0.05) == pairs_needed(0.05) == 6


def test_enough_seeds_take_the_upper_bound_of_the_deviation() -> None:
    # 9 s^2 / sigma^2 is above 4.168 in 90 of 100 (tables of chi^2): sigma up to 1.469 s
    needed = seeds_needed(0.1469, 0.2, 0.05)
    assert needed == 7
    assert enough_seeds(0.1, 10, 0.2, 0.05)
    assert not enough_seeds(0.1, 10, 0.1, 0.05)
    with pytest.raises(ValueError, match="n: expected 2 or more"):
        enough_seeds(0.1, 1, 0.2, 0.05)


@given(st.floats(0.01, 1), st.floats(0.05, 2))
def test_fewer_seeds_are_never_easier_to_be_enough(sd: float, effect: float) -> None:
    found = [enough_seeds(sd, n, effect, 0.05) for n in (3, 5, 8, 10, 20)]
    assert found == sorted(found)


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
