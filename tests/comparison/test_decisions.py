import math

import pytest

from vibcli.comparison.decisions import decisions
from vibcli.comparison.measured import Measured
from vibcli.comparison.row_scores import RowFindings
from vibcli.statistics import Bootstrap, Decision, Interval, decide, e_value

UP = [0.9, 1.2, 0.4, 1.5, 0.8, 1.1, 0.7, 1.0]
NOISE = [0.1, -0.2, 0.05, -0.1, 0.2, -0.15, 0.12, -0.02]


def measured(*differences: list[float] | dict[int, float]) -> list[Measured]:
    """The first, and experiments with these differences in the primary quantity ``x``."""
    found = [dict(d) if isinstance(d, dict) else dict(enumerate(d)) for d in differences]
    return [Measured({"x": {}}, {}), *(Measured({}, {"x": d} if d else {}) for d in found)]


def decided(
    own: list[Measured],
    level: float | None = 0.0079,
    margin: float | None = 0.5,
    rows: list[RowFindings] | None = None,
    always: bool = False,
) -> list[Decision | None]:
    return decisions(own, "x", level, margin, rows or [RowFindings()] * len(own), always)


def test_each_experiment_but_the_first_is_decided_together_with_the_others() -> None:
    found = decided(measured(UP, NOISE))
    assert found == [None, *decide([UP, NOISE], 0.0079, 0.5)]
    assert [one and one.outcome for one in found] == [None, "higher", "equivalent"]


def test_too_early_and_without_a_shared_seed_nothing_is_decided() -> None:
    assert decided(measured(UP, NOISE), level=None) == [None] * 3
    assert decided(measured({}, {})) == [None] * 3
    assert decided(measured({}, UP)) == [None, None, decide(UP, 0.0079, 0.5)[0]]


def test_seeds_that_an_experiment_lacks_are_no_numbers() -> None:
    some = {seed: UP[seed] for seed in range(1, 8)} | {9: 1.3}
    found = decided(measured(UP, some))
    rows = [[*UP, math.nan], [math.nan, *UP[1:], 1.3]]
    assert found[1:] == decide(rows, 0.0079, 0.5)


def test_without_a_margin_none_is_equivalent() -> None:
    found = decided(measured(NOISE), margin=None)[1]
    assert found is not None
    assert (found.outcome, found.p_equivalent, found.small) == ("undecided", 1.0, False)


def chance(low: float, high: float) -> RowFindings:
    return RowFindings(Bootstrap(0.9, None, None, Interval(low, high)))


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        (RowFindings(), "higher"),  # not known
        (chance(0.1, 1.5), "higher"),
        (chance(-0.1, 1.5), "undecided"),
        (chance(-1.5, -0.1), "undecided"),  # they contradict each other
    ],
)
def test_what_seeds_say_other_test_rows_have_to_say_too(rows: RowFindings, outcome: str) -> None:
    found = decided(measured(UP), rows=[RowFindings(), rows])[1]
    assert found is not None
    assert found.outcome == outcome


@pytest.mark.parametrize("sign", [1, -1])
def test_e_values_have_no_interval_and_find_no_equality(sign: int) -> None:
    flipped = [sign * x for x in UP]
    largest = float(e_value(flipped).max())
    up, noise = decided(measured(flipped, NOISE), level=0.05, always=True)[1:]
    assert up is not None
    assert noise is not None
    assert up.p == pytest.approx(2 / largest)  # of two experiments
    assert (up.interval, up.small, up.n) == (None, False, 8)
    assert noise.outcome == "undecided"
    (alone,) = decided(measured([*flipped, *flipped]), level=0.05, always=True)[1:]
    assert alone is not None
    assert alone.outcome == ("higher" if sign > 0 else "lower")
