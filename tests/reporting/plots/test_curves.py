from collections.abc import Sequence
from pathlib import Path
from typing import Any

import compared
import numpy as np
import pytest
import recorded
from pictures import NAMES, colours_in, figure_of, said_below, unreadable

from vibcli.comparison.compare import Asked, compare
from vibcli.comparison.member import Member
from vibcli.reporting.plots import curves
from vibcli.reporting.plots.looks import COLORS
from vibcli.store.records import Run

pytestmark = pytest.mark.filterwarnings("error")


def member(name: str, *curves: Sequence[float]) -> Member:
    return Member(name, {s: recorded.run(name, s, curve) for s, curve in enumerate(curves)}, 0)


def draw_curves(path: Path, *members: Member, target: float | None = None) -> None:
    curves.validation_curves(members, compare(members, Asked(target=target)), path)


@pytest.mark.parametrize("count", [2, 9])
def test_each_experiment_has_a_curve_of_its_colour(tmp_path: Path, count: int) -> None:
    members = [
        member(f"{'n' * 50}{i}", (0.1 * i, 0.1 * i + 0.05), (0.1 * i, 0.1 * i + 0.02))
        for i in range(count)
    ]
    draw_curves(tmp_path / "a.png", *members)
    assert colours_in(tmp_path / "a.png") == set(COLORS[: min(count, 6)])


def test_a_single_seed_and_a_single_epoch_are_a_picture_too(tmp_path: Path) -> None:
    draw_curves(tmp_path / "a.png", member("a", (0.5,)), member("b", (0.75,)))
    assert len(colours_in(tmp_path / "a.png")) == 2


def test_values_of_an_epoch_stand_below_each_other() -> None:
    runs: list[Run] = [recorded.run(curve=c) for c in ((0.2, 0.4), (0.4, 0.8, 0.9))]
    values = curves.by_epoch(runs, "validation", "accuracy")
    assert values == pytest.approx(np.array([[0.2, 0.4, np.nan], [0.4, 0.8, 0.9]]), nan_ok=True)
    assert np.isnan(curves.by_epoch(runs, "train", "accuracy")).all()


def axes_of(path: Path, *members: Member) -> Any:
    drawn = figure_of(curves, "validation_curves", members, compare(members), path)
    assert not unreadable(drawn)
    return drawn.axes[0]


def test_the_line_is_the_mean_of_the_runs_that_lasted_so_long(tmp_path: Path) -> None:
    several = member("a", (0.2, 0.4), (0.4, 0.8, 0.9), (0.6, 0.6, 0.7))
    ax = axes_of(tmp_path / "a.png", several, member("b", (0.5, 0.5, 0.5)))
    assert ax.lines[0].get_ydata() == pytest.approx([40, 60, 80])
    assert "after the first run has stopped: the mean of those" in said_below(ax.figure)[0]


def test_a_band_is_explained_and_ends_at_a_hundred_percent(tmp_path: Path) -> None:
    ax = axes_of(
        tmp_path / "a.png",
        member("a", (0.9, 1.0), (0.96, 1.0), (1.0, 1.0)),
        member("b", (0.5, 1.0)),
    )
    (band,) = ax.collections
    corners = band.get_paths()[0].vertices
    first = corners[corners[:, 0] == 1, 1]
    mean, deviation = 286 / 3, np.std([90, 96, 100], ddof=1)
    assert mean + deviation > 100
    assert (first.min(), first.max()) == pytest.approx((mean - deviation, 100))
    assert said_below(ax.figure) == ["band: one standard deviation over seeds each way"]


def test_two_seeds_have_no_band(tmp_path: Path) -> None:
    ax = axes_of(tmp_path / "a.png", member("a", (0.5, 0.6), (0.7, 0.8)), member("b", (0.4, 0.5)))
    assert not ax.collections
    assert len(ax.lines) == 1 + 2 + 1  # mean and seeds, the only seed
    assert said_below(ax.figure) == ["thin lines: each seed, where there are but two"]


def test_many_experiments_have_bars_where_their_markers_are(tmp_path: Path) -> None:
    curve = np.linspace(0.2, 0.8, 40)
    several = [
        member(f"{i} {NAMES[4]}", *(curve + 0.01 * (i + s) for s in range(3))) for i in range(6)
    ]
    ax = axes_of(tmp_path / "a.png", *several)
    starts = [bars.get_segments()[0][0, 0] for bars in ax.collections]
    assert starts == [1, 2, 3, 4, 1, 2]
    assert [line.get_markevery() for line in ax.lines[:6]] == [(int(s) - 1, 4) for s in starts]


def test_metrics_that_do_not_change_or_are_not_known_are_drawn(tmp_path: Path) -> None:
    constant = member("a", (1.0, 1.0), (1.0, 1.0), (1.0, 1.0))
    unknown: Any = [(0.5, None), (0.5, None), (0.5, 0.25)]
    ax = axes_of(tmp_path / "a.png", constant, member("b", *unknown))
    assert ax.lines[1].get_ydata() == pytest.approx([50, 25])


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e6])
def test_errors_are_drawn_in_the_unit_of_the_label(tmp_path: Path, unit: float) -> None:
    members = [
        compared.member(
            name, {"rmse": (1.0, 1.0)}, "regression", [(a * unit, 2 * unit), (2 * a * unit, unit)]
        )
        for name, a in (("a", 5.0), ("b", 7.0))
    ]
    arguments = members, compare(members), tmp_path / "a.png"
    drawn = figure_of(curves, "validation_curves", *arguments)
    assert colours_in(tmp_path / "a.png") == set(COLORS[:2])
    (axes,) = drawn.axes
    assert len(axes.lines) == 6  # each pair has its own usual target, which is not drawn
    asked = Asked(target=1.5 * unit / 0.99)
    arguments = members, compare(members, asked), tmp_path / "b.png"
    drawn = figure_of(curves, "validation_curves", *arguments)
    (axes,) = drawn.axes
    assert axes.get_ylabel() == "validation RMSE"
    (first, _, _, second, _, _, target) = axes.lines  # two means, each with its two seeds
    assert first.get_ydata() == pytest.approx([7.5 * unit, 1.5 * unit])
    assert second.get_ydata() == pytest.approx([10.5 * unit, 1.5 * unit])
    assert target.get_ydata() == pytest.approx([1.5 * unit / 0.99] * 2)
    said = {1e-3: "0.001515", 1.0: "1.515", 1e6: "1,515,152"}[unit]
    (legend,) = drawn.legends
    assert legend.get_texts()[-1].get_text() == f"target {said}"
    assert axes.yaxis.get_offset_text().get_text() == ""  # no factor that is overlooked


def test_the_axis_tells_which_split_was_watched() -> None:
    held_out = member("a", (0.5,))
    run = held_out.runs[0]
    config = run.config.model_copy(update={"watch": "test"})
    watching = run.model_copy(update={"config": config})
    assert curves.watched_split([held_out]) == "validation"
    assert curves.watched_split([Member("b", {0: watching}, 0)]) == "test"
    assert curves.watched_split([held_out, Member("b", {0: watching}, 0)]) == "test or validation"
