from collections.abc import Sequence
from typing import Any

import pytest

from vibcli.comparison.looks import Look, plan, taken
from vibcli.statistics import DESIGN
from vibcli.statistics.seeds import FEWEST

FIRST = Look(8, 0.0079)


@pytest.mark.parametrize(
    ("there", "before", "counted", "level", "following"),
    [
        # nothing was looked at yet
        (0, (), 0, None, 8),
        (1, (), 1, None, 8),
        (7, (), 7, None, 8),
        (8, (), 8, 0.0079, 12),
        (9, (), 9, 0.0079, 12),
        (12, (), 12, 0.02, 16),  # what both looks would have had
        (16, (), 16, 0.034, 20),
        (20, (), 20, 0.05, None),
        (30, (), 30, 0.05, None),
        # after the first look
        (8, (FIRST,), 8, 0.0079, 12),
        (9, (FIRST,), 8, 0.0079, 12),  # nothing is left for a look between
        (12, (FIRST,), 12, 0.0121, 16),
        (14, (FIRST,), 14, 0.0121, 16),
        (20, (FIRST,), 20, 0.0421, None),
        # a look at more seeds has spent what it had, and is told
        (8, (Look(12, 0.0121),), 8, 0.0079, 12),
        # nothing is left after the last
        (25, tuple(map(Look, DESIGN.looks, DESIGN.levels)), 20, 0.016, None),
    ],
)
def test_what_a_look_at_so_many_seeds_may_spend(
    there: int, before: Sequence[Look], counted: int, level: float | None, following: int | None
) -> None:
    found = plan(there, before)
    assert (found.counted, found.following) == (counted, following)
    assert found.level == (None if level is None else pytest.approx(level))
    assert found.risk <= 0.05 + 1e-12
    if level is None:
        assert found.first == 8
    else:
        assert (counted, found.level) in found.looks
        assert {*before} <= {*found.looks}


def test_the_design_spends_five_in_a_hundred() -> None:
    looks: tuple[Look, ...] = ()
    for there in DESIGN.looks:
        looks = plan(there, looks).looks
    assert looks == tuple(map(Look, DESIGN.looks, DESIGN.levels))
    assert plan(20, looks).risk == pytest.approx(0.05)


@pytest.mark.parametrize("there", [3, 5, 8, 10, 40])
def test_a_fixed_number_of_seeds_has_all_of_it_and_no_look_after(there: int) -> None:
    found = plan(there, fixed=True)
    assert (found.looks, found.counted) == ((Look(there, 0.05),), there)
    assert (found.level, found.following, found.risk) == (0.05, None, 0.05)
    assert plan(there, found.looks, fixed=True) == found  # the same once more


@pytest.mark.parametrize("there", range(FEWEST))
def test_too_few_seeds_are_no_look_though_fixed(there: int) -> None:
    found = plan(there, fixed=True)
    assert (found.level, found.looks, found.counted) == (None, (), there)
    assert (found.first, found.following) == (8, 8)


def test_who_fixes_another_number_after_a_look_has_looked() -> None:
    once = plan(10, fixed=True)
    twice = plan(20, once.looks, fixed=True)
    # seeds to 10 may have spent 0.0079; the rest is there to be spent, the risk is told
    assert twice.looks == (Look(10, 0.05), Look(20, pytest.approx(0.0421)))
    assert twice.risk == pytest.approx(0.0921)
    assert plan(20, twice.looks, fixed=True) == twice
    # a fixed number that follows a look of the design is a look of the design
    assert plan(12, (FIRST,), fixed=True) == plan(12, (FIRST,))


def test_a_look_that_was_taken_keeps_its_level() -> None:
    strict = Look(8, 0.001)
    assert plan(8, (strict,)).level == 0.001
    assert plan(8, (strict,), fixed=True).level == 0.001
    assert plan(12, (Look(8, 0.05),)).looks[0] == (8, 0.05)


def content(experiments: Sequence[str], *looks: tuple[int, float]) -> dict[str, Any]:
    runs = [f"wine/{name}/seed-{seed}" for name in experiments for seed in range(2)]
    told = [{"seeds": seeds, "level": level} for seeds, level in looks]
    return {"runs": runs, "plan": {"looks": told}}


def test_looks_are_found_in_what_was_kept() -> None:
    kept = [
        content(("a-1", "b-1"), (8, 0.0079)),
        content(("a-1", "b-1"), (8, 0.0079), (12, 0.0121)),
        content(("a-1", "c-1", "b-1"), (5, 0.05)),  # among others
        content(("b-1", "a-1"), (6, 0.05)),  # the other way round: another first one
        content(("a-2", "b-1"), (7, 0.05)),  # other settings
        content(("a-1", "d-1"), (9, 0.05)),
        {"runs": ["wine/a-1/seed-0", "wine/b-1/seed-0"]},  # before looks were kept
    ]
    assert taken(kept, ["a-1", "b-1"]) == (Look(5, 0.05), Look(8, 0.0079), Look(12, 0.0121))
    assert taken(kept, ["a-1", "d-1", "e-1"]) == (Look(9, 0.05),)
    assert taken(kept, ["a-1", "e-1"]) == ()
    assert taken([], ["a-1", "b-1"]) == ()


def test_the_laxest_level_of_a_look_counts() -> None:
    kept = [content(("a-1", "b-1"), (10, 0.05)), content(("a-1", "b-1"), (10, 0.0079))]
    assert taken(kept, ["a-1", "b-1"]) == (Look(10, 0.05),)
