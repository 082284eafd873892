from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import NAMES, figure_of, pixels_of, said_below, unreadable

from vibcli.reporting.plots import regression as plots
from vibcli.reporting.plots.text import literal
from vibcli.tasks.regression.metrics import calibration

Floats = NDArray[np.float64]

pytestmark = pytest.mark.filterwarnings("error")


def rows_of(seed: int, rows: int = 50, unit: float = 1) -> tuple[Floats, Floats]:
    """Truth and what a model might predict."""
    rng = np.random.default_rng(seed)
    truth = unit * rng.normal(size=rows)
    return truth, 0.8 * truth + 0.3 * unit * rng.normal(size=rows)


def kept_figure(name: str, *arguments: Any) -> Any:
    return figure_of(plots, name, *arguments)


def draw_predicted(path: Path, series: Mapping[str, tuple[Floats, Floats]]) -> Any:
    return kept_figure("predicted_picture", series, "age (years)", "ages on test", path)


def draw_calibration(path: Path, series: Mapping[str, list[Floats]]) -> Any:
    return kept_figure("calibration_picture", series, "ages on test", path)


# predicted against true


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 9])
@pytest.mark.parametrize("rows", [50, 3000])
def test_each_experiment_has_a_panel(tmp_path: Path, count: int, rows: int) -> None:
    names = [*NAMES, "a", "b"][:count]
    series = {name: rows_of(i, rows, unit=1e6) for i, name in enumerate(names)}
    drawn = draw_predicted(tmp_path / "a.png", series)
    panels = [ax for ax in drawn.axes if ax.get_title()]
    room = 20 if count > 6 else plots.NAME
    assert [ax.get_title().split("\n")[0] for ax in panels] == [literal(n, room) for n in names]
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in panels}) == 1
    assert panels[0].get_xlim() == panels[0].get_ylim()
    assert len({ax.get_position().x0.round(3) for ax in drawn.axes}) <= 4
    assert len({tuple(ax.collections[0].get_facecolor()[0]) for ax in panels}) == min(count, 8)
    pixels_of(tmp_path / "a.png")
    assert not unreadable(drawn)


def test_a_panel_shows_the_points_the_diagonal_and_the_errors(tmp_path: Path) -> None:
    truth, prediction = np.array([1.0, 4.0, 4.0]), np.array([1.0, 2.0, 5.0])
    (panel,) = draw_predicted(tmp_path / "a.png", {"a": (truth, prediction)}).axes
    (points,), (line,) = panel.collections, panel.lines
    assert points.get_offsets().tolist() == [[1, 1], [4, 2], [4, 5]]
    assert list(line.get_xdata()) == list(line.get_ydata()) == list(panel.get_xlim())
    assert panel.get_xlim() == pytest.approx((0.84, 5.16))
    assert panel.get_title() == "a\nRMSE 1.291, R² 0.167"


def test_the_axes_and_the_signs_are_named(tmp_path: Path) -> None:
    few = draw_predicted(tmp_path / "a.png", {"a": rows_of(0)})
    assert said_below(few) == ["true age (years)", "dashed: predicted = true"]
    assert few.get_supylabel() == "predicted age (years)"
    assert few.get_suptitle() == "ages on test"
    truth, prediction = rows_of(0, 3000)
    many = draw_predicted(tmp_path / "b.png", {"a": (truth, 9 * prediction), "b": rows_of(1)})
    assert said_below(many)[1] == (
        "dashed: predicted = true; darker: more rows; triangles: predicted beyond the axis"
    )


def test_thousands_of_points_are_counted_in_cells(tmp_path: Path) -> None:
    series = {"a": rows_of(0, 4000), "b": rows_of(1, 2500), "c": rows_of(2, 2000)}
    a, b, c = (ax.collections for ax in draw_predicted(tmp_path / "a.png", series).axes)
    assert (a[0].get_array().sum(), b[0].get_array().sum()) == (4000, 2500)
    most = max(a[0].get_array().max(), b[0].get_array().max())
    assert {(cells.norm.vmin, cells.norm.vmax) for cells in (a[0], b[0])} == {(1, most)}
    assert len(c[0].get_offsets()) == 2000
    assert 0 < c[0].get_alpha() < 0.5


@pytest.mark.parametrize("rows", [3, 3000])
def test_predictions_far_out_do_not_hide_the_others(tmp_path: Path, rows: int) -> None:
    truth = np.linspace(0, 1, rows)
    wild = truth.copy()
    wild[0], wild[1], wild[2] = 1e9, -np.inf, np.nan
    good, bad = draw_predicted(
        tmp_path / "a.png", {"good": (truth, truth), "bad": (truth, wild)}
    ).axes
    low, high = good.get_xlim()
    assert (low, high) == pytest.approx((-0.08 + 0, 1.58), abs=0.1)
    assert len(good.collections) == 1
    _, below, above = bad.collections
    assert below.get_offsets().tolist() == [[truth[1], low]]
    assert above.get_offsets().tolist() == [[truth[0], high]]
    assert "nan" in bad.get_title()
    pixels_of(tmp_path / "a.png")


@pytest.mark.parametrize("value", [0.0, 5.0, -3e9])
def test_truth_that_does_not_vary_is_drawn(tmp_path: Path, value: float) -> None:
    one = np.array([value])
    (panel,) = draw_predicted(tmp_path / "a.png", {"a": (one, one)}).axes
    low, high = panel.get_xlim()
    assert low < value < high
    assert panel.get_title() == "a\nRMSE 0"
    many = np.full(3000, value)  # all rows in one cell
    draw_predicted(tmp_path / "b.png", {"a": (many, many)})
    pixels_of(tmp_path / "b.png")


@pytest.mark.parametrize(
    ("ends", "texts"),
    [
        ((0, 0.5), ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]),
        ((-1e7, 1e7), ["−10000000", "−5000000", "0", "5000000", "10000000"]),
        ((1000000.5, 1000002), ["1000000.5", "1000001", "1000001.5", "1000002"]),
        ((-2e-6, 2e-6), ["−2e−06", "−1e−06", "0", "1e−06", "2e−06"]),
    ],
)
def test_ticks_are_whole_numbers(
    tmp_path: Path, ends: tuple[float, float], texts: list[str]
) -> None:
    truth = np.array(ends, np.float64)
    (panel,) = draw_predicted(tmp_path / "a.png", {"a": (truth, truth)}).axes
    for axis in (panel.xaxis, panel.yaxis):
        assert axis.get_offset_text().get_text() == ""
        found = [label.get_text() for label in axis.get_ticklabels()]
        assert [text for text in found if text in texts] == texts


@pytest.mark.parametrize(
    ("unit", "text"),
    [(1e-4, "RMSE 0.0003"), (1.0, "RMSE 3"), (4115.0, "RMSE 12,345"), (1e9, "RMSE 3e+09")],
)
def test_errors_read_well_in_any_unit(tmp_path: Path, unit: float, text: str) -> None:
    truth = unit * np.array([0.0, 1.0])
    (panel,) = draw_predicted(tmp_path / "a.png", {"a": (truth, truth + 3 * unit)}).axes
    assert panel.get_title() == f"a\n{text}, R² -35.000"


def test_long_titles_and_labels_fit(tmp_path: Path) -> None:
    for count in (1, 2):
        series = {f"{i} " + NAMES[4]: rows_of(i) for i in range(count)}
        arguments = (series, "$label_1$ " * 30, "$WINE_1$ " * 30, tmp_path / "a.png")
        drawn = kept_figure("predicted_picture", *arguments)
        pixels_of(tmp_path / "a.png")
        assert not unreadable(drawn)


# calibration


def test_each_experiment_has_a_line(tmp_path: Path) -> None:
    names = [*NAMES, "a", "b"]
    rng = np.random.default_rng(0)
    series = {n: [rng.uniform(size=99) for _ in range(i % 3 + 1)] for i, n in enumerate(names)}
    drawn = draw_calibration(tmp_path / "a.png", series)
    (ax,), (legend,) = drawn.axes, drawn.legends
    diagonal, *lines = [line for line in ax.lines if line.get_linewidth() >= 1]
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [0, 100]
    found = [text.get_text() for text in legend.get_texts()]
    assert found[:2] == [rf"{literal(names[0])} (1 seed)", " _hidden (2 seeds)"]
    assert found[-1] == plots.CALIBRATED
    assert len(found) == len(lines) + 1 == len(names) + 1
    looks = {(line.get_color(), line.get_marker(), str(line._dash_pattern)) for line in lines}
    assert len(looks) == len(names)
    assert len({line.get_marker() for line in lines[:7]}) == 7
    assert ax.get_xlabel() == "level of the central interval (%)"
    assert ax.get_ylabel() == "rows inside their interval (%)"
    pixels_of(tmp_path / "a.png")
    assert not unreadable(drawn)


def test_a_line_is_the_mean_of_the_seeds(tmp_path: Path) -> None:
    one, two = np.array([0.5, 0.5, 0.25, 1.0]), np.array([0.1, 0.9])
    (ax,) = draw_calibration(tmp_path / "a.png", {"a": [one, two]}).axes
    _, line, *each = ax.lines
    levels = np.linspace(0, 1, 101)
    shares = 100 * np.array([calibration(one, levels), calibration(two, levels)])
    assert line.get_xdata() == pytest.approx(100 * levels)
    assert line.get_ydata() == pytest.approx(shares.mean(0))
    assert line.get_ydata()[[0, 60, 90, 100]] == pytest.approx([25, 37.5, 87.5, 100])
    assert [seed.get_ydata()[60] for seed in each] == [75, 0]
    assert not ax.collections


def test_the_band_of_three_seeds_ends_at_nothing_and_all(tmp_path: Path) -> None:
    pits = [np.array([0.5]), np.array([0.5]), np.array([0.1])]  # inside from level 0, 0, 0.8
    (ax,) = draw_calibration(tmp_path / "a.png", {"a": pits}).axes
    (band,) = ax.collections
    corners = band.get_paths()[0].vertices
    at = corners[np.isclose(corners[:, 0], 50), 1]
    assert (at.min(), at.max()) == pytest.approx((200 / 3 - np.std([100, 100, 0], ddof=1), 100))


@pytest.mark.parametrize("count", [1, 24])
def test_calibration_is_drawn_of_few_and_of_many(tmp_path: Path, count: int) -> None:
    series = {f"{i} " + NAMES[4]: [np.array([0.5])] for i in range(count)}
    arguments = (series, "$WINE_1$ " * 30, tmp_path / "a.png")
    drawn = kept_figure("calibration_picture", *arguments)
    pixels_of(tmp_path / "a.png")
    assert not unreadable(drawn)


def test_pictures_are_drawn_the_same_again(tmp_path: Path) -> None:
    for name in ("a", "b"):
        draw_predicted(tmp_path / f"{name}1.png", {"a": rows_of(0), "b": rows_of(1, 3000)})
        draw_calibration(tmp_path / f"{name}2.png", {"a": [np.linspace(0, 1, 9)]})
    for number in (1, 2):
        first, second = (tmp_path / f"{name}{number}.png" for name in "ab")
        assert first.read_bytes() == second.read_bytes()
