import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import integrate

from vibcli.statistics import estimate, paired, restricted_mean, restricted_times

# weeks in remission with 6-mercaptopurine; Freireich et al. 1963, Kalbfleisch & Prentice 2002
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]

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


def test_published_curve_of_remission() -> None:
    # the published product: 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448 from these weeks on
    edges = [0, 6, 7, 10, 13, 16, 22, 23, 35]
    levels = [1, 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    found = restricted_mean(WEEKS, RELAPSED, horizon=35)
    assert found == pytest.approx(np.dot(levels, np.diff(edges)), abs=0.02)


@given(runs, st.integers(1, 15))
def test_mean_is_the_area_under_an_independent_curve(
    observed: list[tuple[int, bool]], horizon: int
) -> None:
    times, reached = [time for time, _ in observed], [there for _, there in observed]
    found = restricted_mean(times, reached, horizon)
    assert found == pytest.approx(area(times, reached, horizon))
    assert 0 <= found <= horizon


@given(runs, st.integers(1, 12))
def test_runs_that_go_on_to_the_horizon_need_no_curve(
    observed: list[tuple[int, bool]], horizon: int
) -> None:
    reached = [there for _, there in observed]
    times = [time if there else max(time, horizon) for time, there in observed]
    each = restricted_times(times, reached, horizon)
    assert each.tolist() == [min(time, horizon) for time in times]
    assert restricted_mean(times, reached, horizon) == pytest.approx(each.mean())


@given(runs, st.integers(1, 15))
def test_order_does_not_matter_and_a_later_horizon_is_not_less(
    observed: list[tuple[int, bool]], horizon: int
) -> None:
    found = restricted_mean(*zip(*observed, strict=True), horizon=horizon)
    again = restricted_mean(*zip(*sorted(observed), strict=True), horizon=horizon)
    later = restricted_mean(*zip(*observed, strict=True), horizon=horizon + 1)
    assert again == pytest.approx(found)
    assert found - 1e-9 <= later <= found + 1 + 1e-9


def test_mean_of_an_exponential_time_under_random_censoring() -> None:
    rng = np.random.default_rng(0)
    time, end = rng.exponential(5, 20_000), rng.uniform(2, 30, 20_000)
    expected, _ = integrate.quad(lambda t: math.exp(-t / 5), 0, 10)
    found = restricted_mean(np.minimum(time, end), time <= end, horizon=10)
    assert found == pytest.approx(expected, rel=0.02)
    assert np.minimum(np.minimum(time, end), 10).mean() < 0.95 * expected  # without the curve


def test_runs_that_give_up_make_it_too_small_and_the_horizon_bounds_it() -> None:
    time = np.random.default_rng(1).exponential(5, 2000)
    gives_up = time > 8  # the slow ones stop at 4
    seen, reached = np.where(gives_up, 4, time), ~gives_up
    truth = np.minimum(time, 10).mean()
    assert restricted_mean(seen, reached, 10) < truth
    assert restricted_mean(np.where(gives_up, 10, time), reached, 10) > truth


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


@pytest.mark.parametrize("statistic", [restricted_mean, restricted_times])
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
    statistic: Any, times: list[float], reached: NDArray[np.bool_], horizon: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        statistic(times, reached, horizon)
