from typing import Any

import numpy as np
import pytest

from vibcli.reporting.plots.figure import figure
from vibcli.reporting.plots.looks import look
from vibcli.reporting.plots.over_seeds import draw_over_seeds, spread, spread_notes

pytestmark = pytest.mark.filterwarnings("error")
NAN = float("nan")


def test_a_band_is_one_standard_deviation_each_way() -> None:
    # by hand: mean 2, squares 1 + 0 + 1, over n - 1 = 2
    found = spread(np.array([[1.0, 0.2], [2.0, 0.2], [3.0, 0.2]]))
    assert found.mean == pytest.approx([2, 0.2])
    assert found.low == pytest.approx([1, 0.2])
    assert found.high == pytest.approx([3, 0.2])


def test_it_is_numpys_with_one_degree_of_freedom_less() -> None:
    values = np.random.default_rng(0).normal(size=(7, 5))
    found = spread(values)
    assert found.high - found.mean == pytest.approx(values.std(0, ddof=1))
    assert found.mean - found.low == pytest.approx(values.std(0, ddof=1))


def test_a_band_ends_where_what_is_measured_does() -> None:
    values = np.array([[90.0, 1.0], [100.0, 0.0], [100.0, 9.0]])
    found = spread(values, (0.0, 100.0))
    assert found.high[0] == 100
    assert found.low[1] == 0
    assert found.low[0] == pytest.approx(290 / 3 - values[:, 0].std(ddof=1))


def test_what_is_not_finite_is_not_known() -> None:
    values = np.array([[1.0, 1.0, NAN], [3.0, np.inf, NAN], [5.0, 5.0, NAN], [NAN, 6.0, -np.inf]])
    found = spread(values)
    assert found.mean[:2] == pytest.approx([3, 4])
    assert found.high[0] == pytest.approx(5)
    assert found.high[1] == pytest.approx(4 + np.std([1, 5, 6], ddof=1))
    assert all(np.isnan(end[2]) for end in found)


def test_two_values_have_a_mean_and_no_band() -> None:
    found = spread(np.array([[1.0, 1.0], [3.0, 3.0], [NAN, 2.0]]))
    assert found.mean == pytest.approx([2, 2])
    assert np.isnan(found.low[0])
    assert found.low[1] == pytest.approx(1)


@pytest.mark.parametrize(("seeds", "lines", "bands"), [(1, 1, 0), (2, 3, 0), (3, 1, 1), (9, 1, 1)])
def test_two_seeds_are_lines_and_three_a_band(seeds: int, lines: int, bands: int) -> None:
    _, ax = figure(4, 3)
    draw_over_seeds(ax, np.arange(5.0), np.random.default_rng(0).normal(size=(seeds, 5)), look(0))
    assert (len(ax.lines), len(ax.collections)) == (lines, bands)


def test_bars_stand_where_they_are_asked_for() -> None:
    _, ax = figure(4, 3)
    values = np.array([[0.0, 1.0, 2.0, 3.0]] * 2 + [[3.0, 4.0, 5.0, 6.0]])
    draw_over_seeds(ax, np.arange(4.0), values, look(0), bars_at=slice(1, None, 2))
    (bars,) = ax.collections
    deviation = np.sqrt(3)  # of 0, 0, 3
    segments: Any = bars.get_segments()
    assert [segment[:, 0].tolist() for segment in segments] == [[1, 1], [3, 3]]
    assert segments[0][:, 1] == pytest.approx([2 - deviation, 2 + deviation])


def test_the_notes_say_what_is_drawn() -> None:
    assert spread_notes([1]) == []
    assert spread_notes([2]) == ["thin lines: each seed, where there are but two"]
    assert spread_notes([5, 1]) == ["band: one standard deviation over seeds each way"]
    assert len(spread_notes([2, 3])) == 2
    assert spread_notes([3], bars=True) == ["bars: one standard deviation over seeds each way"]
