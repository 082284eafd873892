import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vibcli.statistics import estimate
from vibcli.statistics.passage import (
    common_passages,
    own_passages,
    passage_times,
    share_of,
    smooth,
    window,
)

Floats = NDArray[np.float64]

curves = st.integers(1, 8).flatmap(
    lambda epochs: st.lists(
        st.lists(st.integers(0, 20), min_size=epochs, max_size=epochs), min_size=1, max_size=4
    )
)


def learning(epochs: int = 10, later: float = 0.0, best: float = 0.9) -> Floats:
    """A curve that rises from 0.5 to its best, ``later`` epochs late."""
    time = np.arange(1, epochs + 1) - later
    curve: Floats = best - (best - 0.5) * np.exp(-np.maximum(time, 0) / 1.5)
    return curve


def test_smoothing_by_hand() -> None:
    line = np.array([[1.0, 2.0, 6.0, 3.0, 8.0, 1.0]])
    assert smooth(line, 3).tolist() == [[1.5, 3, 11 / 3, 17 / 3, 4, 4.5]]
    assert smooth(line, 5)[0, [0, 1, 2, 5]].tolist() == [3, 3, 4, 4]
    assert smooth(line, 1).tolist() == line.tolist()


@given(curves)
def test_smoothing_keeps_a_constant_and_the_mean_over_seeds(rows: list[list[int]]) -> None:
    values = np.array(rows, float)
    assert smooth(np.full_like(values, 7)) == pytest.approx(7)
    assert smooth(values).mean(0) == pytest.approx(smooth(values.mean(0)[None])[0])
    assert smooth(values).max() <= values.max() + 1e-9


@given(curves, st.integers(0, 20))
def test_passage_is_where_the_joined_points_first_are_at_the_target(
    rows: list[list[int]], target: int
) -> None:
    for row, time in zip(rows, passage_times(rows, target), strict=True):
        first = next((i for i, value in enumerate(row) if value >= target), None)
        if first is None:
            assert time == len(row) + 1
        elif first == 0:
            assert time == 1
        else:
            assert first < time <= first + 1
            assert np.interp(time, range(1, len(row) + 1), row) == pytest.approx(target)


def test_each_curve_can_have_its_own_target() -> None:
    rows = [[0.1, 0.3, 0.5, 0.7], [0.1, 0.3, 0.5, 0.7], [0.0, 0.0, 0.0, 0.0]]
    assert passage_times(rows, [0.2, 0.6, 0.5]) == pytest.approx([1.5, 3.5, 5])


def test_the_last_epoch_differs_from_never() -> None:
    assert passage_times([[0.1, 0.2, 0.5], [0.1, 0.2, 0.49]], 0.5).tolist() == [3, 4]


def test_the_target_of_minus_a_loss_is_worse_than_its_best() -> None:
    assert share_of([0.8, -1.0, 0.0], 0.5).tolist() == [0.4, -2.0, 0.0]


@pytest.mark.parametrize(("epochs", "width"), [(1, 1), (3, 1), (5, 1), (6, 3), (9, 3), (10, 5)])
def test_the_window_is_odd_and_at_most_half(epochs: int, width: int) -> None:
    assert window(epochs) == width


def test_the_common_target_is_of_the_lower_mean_curve() -> None:
    a, b = [[0.2, 0.8], [0.4, 0.6]], [[0.5, 1.0], [0.9, 0.3]]
    assert common_passages(a, b).target == pytest.approx(0.99 * 0.7)
    assert common_passages(b, a).target == common_passages(a, b).target
    assert common_passages(a, b, target=0.5).a.tolist() == pytest.approx([1.5, 1.5])


def test_every_run_reaches_its_own_target_and_one_mean_reaches_the_common_one() -> None:
    rng = np.random.default_rng(0)
    a, b = learning() + rng.normal(0, 0.05, (2, 6, 10))
    assert own_passages(a).max() <= 10
    found = common_passages(a, b)
    assert min(smooth(a).mean(0).max(), smooth(b).mean(0).max()) > found.target


def test_a_shift_of_two_epochs_is_found_and_the_direction_is_that_of_a() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.005, (2, 10, 10))
    quick, slow = learning() + noise[0], learning(later=2) + noise[1]
    own = estimate(own_passages(quick) - own_passages(slow))
    found = common_passages(quick, slow)
    common = estimate(found.a - found.b)
    assert (own.sign, common.sign) == (-1, -1)
    assert common.mean == pytest.approx(-2, abs=0.5)
    back = common_passages(slow, quick)
    assert (back.a.tolist(), back.b.tolist()) == (found.b.tolist(), found.a.tolist())


def test_a_run_that_gets_higher_is_sooner_at_the_common_target_alone() -> None:
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 0.002, (2, 10, 10))
    higher, lower = learning(best=0.93) + noise[0], learning(best=0.87) + noise[1]
    found = common_passages(higher, lower)
    assert estimate(found.a - found.b).sign == -1  # to a target that the other hardly reaches
    assert estimate(own_passages(higher) - own_passages(lower)).sign >= 0


@pytest.mark.parametrize("width", [0, 2, -3])
def test_a_bad_width_is_refused(width: int) -> None:
    with pytest.raises(ValueError, match="width: expected an odd number"):
        smooth([[1.0, 2.0]], width)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1.0], [1.0], "along 2 axes"),
        ([[1.0]], [[1.0, 2.0]], "differ in shape"),
        ([[math.nan]], [[1.0]], "expected finite"),
    ],
)
def test_bad_curves_are_refused(a: Any, b: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        common_passages(a, b)


def test_a_bad_share_is_refused() -> None:
    with pytest.raises(ValueError, match="share"):
        share_of([1.0], 1.0)


@pytest.mark.parametrize("target", [[0.5, 0.5], math.nan, [[0.5]]])
def test_bad_targets_are_refused(target: Any) -> None:
    with pytest.raises(ValueError, match="target"):
        passage_times([[0.1, 0.9]], target)
