import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vibcli.statistics import estimate, paired, restricted_times

runs = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=10)


def survival(t: float, times: list[int], reached: list[bool]) -> float:
    """Kaplan & Meier's product, straight from its definition."""
    share = 1.0
    for moment in sorted(set(times)):
        if moment <= t:
            at_risk = sum(time >= moment for time in times)
            events = sum(
                time == moment and there for time, there in zip(times, reached, strict=True)
            )
            share *= 1 - events / at_risk
    return share


def area(times: list[int], reached: list[bool], horizon: int) -> float:
    """Below that product; it changes at integers only."""
    return sum(survival(t, times, reached) for t in range(horizon))


@given(runs, st.integers(1, 12))
def test_their_mean_is_the_area_under_an_independent_curve(
    observed: list[tuple[int, bool]], horizon: int
) -> None:
    reached = [there for _, there in observed]
    times = [time if there else max(time, horizon) for time, there in observed]
    each = restricted_times(times, reached, horizon)
    assert each.tolist() == [min(time, horizon) for time in times]
    assert each.mean() == pytest.approx(area(times, reached, horizon))


def test_the_mean_over_those_that_arrive_misleads_where_the_restricted_one_does_not() -> None:
    fast_if_ever = {0: (2.0, True), 1: (10.0, False), 2: (10.0, False)}
    always = {0: (4.0, True), 1: (5.0, True), 2: (5.0, True)}

    def restricted(observed: dict[int, tuple[float, bool]]) -> dict[int, float]:
        times, reached = zip(*observed.values(), strict=True)
        return dict(zip(observed, restricted_times(times, reached, 10).tolist(), strict=True))

    differences = paired(restricted(fast_if_ever), restricted(always))
    assert differences == [-2, 5, 5]
    assert estimate(differences).mean > 0


def test_a_run_that_ended_early_has_no_restricted_time() -> None:
    with pytest.raises(ValueError, match=r"ended at 4 without reaching.*the horizon, 8"):
        restricted_times([3, 4], [True, False], horizon=8)
    assert restricted_times([3, 4], [True, False], horizon=4).tolist() == [3, 4]


@pytest.mark.parametrize(
    ("times", "reached", "horizon", "message"),
    [
        ([], [], 5, "times: expected values"),
        ([1, 2], [True], 5, "differ in shape"),
        ([1, math.nan], [True, True], 5, "times: expected finite"),
        ([1, -2], [True, True], 5, "times: expected 0 or more, got -2"),
        ([1, 2], [0, 2], 5, "reached: expected 0 and 1"),
        ([1, 2], [True, True], 0, "horizon: expected"),
        ([1, 2], [True, True], math.nan, "horizon: expected"),
    ],
)
def test_bad_times_are_refused(
    times: list[float], reached: NDArray[np.bool_], horizon: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        restricted_times(times, reached, horizon)
