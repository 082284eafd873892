from pathlib import Path
from typing import Any

import pytest
from pictures import NAMES, figure_of, pixels_of, said_below, unreadable

from vibcli.reporting.plots import forest as plots
from vibcli.reporting.plots.forest import Arm, Forest, limits_of, stacked_marks

pytestmark = pytest.mark.filterwarnings("error")
NAN = float("nan")


def draw(path: Path, *arms: Arm, **more: Any) -> Any:
    options = {"reference": "baseline", "axis": "test accuracy (points)", "better": 1} | more
    drawn = figure_of(plots, "draw_forest", Forest(arms, **options), "wine: differences", path)
    pixels_of(path)
    assert not unreadable(drawn)
    return drawn


def test_a_line_shows_the_seeds_their_mean_and_its_interval(tmp_path: Path) -> None:
    drawn = draw(tmp_path / "a.png", Arm("vib", (-1.0, 0.5, 2.0), -3.25, 4.25), margin=0.5)
    (ax,) = drawn.axes
    (marks,) = ax.collections
    assert marks.get_offsets()[:, 0].tolist() == [-1, 0.5, 2]
    zero, mean, interval = ax.lines
    assert list(zero.get_xdata()) == [0, 0]
    assert list(mean.get_xdata()) == [0.5]
    assert list(interval.get_xdata()) == [-3.25, 4.25]
    (band,) = ax.patches
    assert (band.get_x(), band.get_width()) == (-0.5, 1)
    said = [text.get_text() for text in ax.texts]
    assert said == ["  +0.500 [−3.250, +4.250]", "← worse", "better →"]
    assert ax.get_xlabel() == "difference to baseline: test accuracy (points)"
    (legend,) = drawn.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        *("a seed", "mean", "95% interval of the mean", "within the margin: 0.5 each way"),
    ]


@pytest.mark.parametrize(
    ("better", "sides"), [(1, ["← worse", "better →"]), (-1, ["← better", "worse →"]), (0, [])]
)
def test_the_better_side_is_named(tmp_path: Path, better: int, sides: list[str]) -> None:
    (ax,) = draw(tmp_path / "a.png", Arm("vib", (1.0, 2.0), 0.5, 2.5), better=better).axes
    assert [text.get_text() for text in ax.texts[1:]] == sides
    assert not ax.patches  # without a margin


def test_arms_stand_below_each_other_in_their_order(tmp_path: Path) -> None:
    arms = [Arm(f"{i} {name}", (0.1 * i, 0.2), 0.0, 1.0) for i, name in enumerate(NAMES)]
    drawn = draw(tmp_path / "a.png", *arms, reference="$ " * 40, margin=0.1)
    (ax,) = drawn.axes
    found = [label.get_text() for label in ax.get_yticklabels()]
    assert [name[0] for name in found] == list("0123456")
    low, high = ax.get_ylim()
    assert low > high  # the first is on top


def test_one_seed_and_none_are_shown_as_what_they_are(tmp_path: Path) -> None:
    drawn = draw(tmp_path / "a.png", Arm("one", (0.25,)), Arm("none", ()), Arm("lost", (NAN, 1.0)))
    (ax,) = drawn.axes
    said = [text.get_text().strip() for text in ax.texts[:3]]
    assert said == ["+0.2500", "no pair of seeds", "+1.000"]
    assert said_below(drawn) == ["1 without a finite difference"]
    (legend,) = drawn.legends
    assert "95% interval of the mean" not in [text.get_text() for text in legend.get_texts()]


def test_differences_that_are_all_the_same_are_drawn(tmp_path: Path) -> None:
    (ax,) = draw(tmp_path / "a.png", Arm("same", (0.0, 0.0, 0.0), 0.0, 0.0)).axes
    assert ax.get_xlim() == (-1, 1)
    assert len({tuple(place) for place in ax.collections[0].get_offsets().tolist()}) == 3


def test_the_axis_holds_what_is_finite_zero_and_the_margin() -> None:
    arms = [Arm("a", (2.0, NAN, float("inf")), 1.0, 3.0), Arm("b", (2.5,))]
    low, high = limits_of(Forest(arms, "x", "y", 1, margin=0.5))
    room = 0.06 * 3.5
    assert (low, high) == pytest.approx((-0.5 - room, 3 + room))


def test_marks_move_apart_only_where_they_would_lie_upon_each_other() -> None:
    assert stacked_marks([1.0, 2.0, 3.0], 4) == [0, 0, 0]
    first, second, alone, third = stacked_marks([1.0, 1.01, 3.0, 1.02], 4)
    assert (first, alone) == (-plots.DEEP, 0)
    assert first < second < third
    assert stacked_marks([], 4) == []


def test_it_is_drawn_as_svg_too(tmp_path: Path) -> None:
    forest = Forest([Arm("vib", (1.0, 2.0), 0.5, 2.5)], "baseline", "test RMSE", -1, 0.1)
    plots.draw_forest(forest, "prices: differences", tmp_path / "a.svg")
    assert ">prices: differences</text>" in (tmp_path / "a.svg").read_text(encoding="utf-8")
