from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_walks import ALL, classified, made_walk, step
from numpy.typing import NDArray
from pictures import NAMES, colours_in, figure_of, pixels_of, unreadable

from vibcli.analysis.walks.modes import Walks
from vibcli.analysis.walks.walk import WalkStep
from vibcli.reporting.plots import walk as plots
from vibcli.reporting.plots.looks import COLORS

pytestmark = pytest.mark.filterwarnings("error")

Example = tuple[str | None, NDArray[np.uint8] | None]


def draw(path: Path, found: Walks, names: Sequence[str]) -> None:
    title = f"from {names[0]} to {names[-1]}"
    assert not unreadable(figure_of(plots, "walk_picture", found, names, "label", title, path))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("modes", "channels", "steps"),
    [(ALL[:1], 1, 2), (ALL[:1], 3, 40), (ALL[:3], 1, 9), (ALL, 3, 3), (ALL, 3, 40)],
)
def test_walks_through_pictures_show_them(
    tmp_path: Path, modes: Sequence[str], channels: int, steps: int
) -> None:
    red = np.zeros((channels, 6, 6), np.uint8)
    red[0] = 255
    found = made_walk(classified(steps, ("a", "b")), [(None, red)] * steps, modes)
    if modes == ALL:  # of the blend there are values
        mixed = found.legs[-1].walk._replace(values=np.repeat(red.reshape(1, -1) / 255, steps, 0))
        found.legs[-1] = found.legs[-1]._replace(walk=mixed)
    draw(tmp_path / "a.png", found, ("a", "b"))
    pixels = pixels_of(tmp_path / "a.png").reshape(-1, 3)
    if channels == 3:
        assert (pixels == (255, 0, 0)).all(1).sum() > 700 * min(steps, 12) * len(modes)
    shown = {*COLORS[:2]} if len(modes) == 1 else {*COLORS[:3]}
    assert colours_in(tmp_path / "a.png") == shown


@pytest.mark.slow
@pytest.mark.parametrize(("modes", "steps"), [(ALL[:1], 40), (ALL[:3], 2), (ALL[:3], 40)])
def test_walks_through_texts_list_them(tmp_path: Path, modes: Sequence[str], steps: int) -> None:
    texts: list[Example] = [(f"{name} " * 40, None) for name in NAMES]
    nearest = [texts[i % len(NAMES)] for i in range(steps)]
    draw(tmp_path / "a.png", made_walk(classified(steps, NAMES), nearest, modes), NAMES)
    assert colours_in(tmp_path / "a.png") >= set(COLORS[:2])


def test_a_walk_through_tables_has_neither(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", made_walk(classified(9, ("a", "b"))), ("a", "b"))
    assert colours_in(tmp_path / "a.png") == set(COLORS[:2])


def test_more_classes_than_colours_are_drawn(tmp_path: Path) -> None:
    names = [f"class {i}" for i in range(12)]
    evenly = tuple([1 / 12] * 12)
    steps = [step(a, probabilities=evenly) for a in (0.0, 1.0)]
    draw(tmp_path / "a.png", made_walk(steps), names)
    assert colours_in(tmp_path / "a.png") >= set(COLORS[:6])


def numbers(count: int, low: float, high: float, **more: Any) -> list[WalkStep]:
    """Steps on which the prediction goes from the one to the other."""
    return [
        step(float(a), "41.5", prediction=float(low + a * (high - low)), entropy_nats=None, **more)
        for a in np.linspace(0, 1, count)
    ]


def predicted_figure(path: Path, found: Walks, label: str = "price ($)") -> Any:
    """Draw it without classes and hand out the figure."""
    arguments = found, (), label, "from here to there", path
    drawn = figure_of(plots, "walk_picture", *arguments)
    assert not unreadable(drawn)
    pixels_of(path)
    return drawn


@pytest.mark.slow
@pytest.mark.parametrize("modes", [ALL[:1], ALL[:3], ALL])
@pytest.mark.parametrize(("low", "high"), [(-3.0, 5.0), (1.2e6, 4e6), (7.0, 7.0), (2e-5, 3e-5)])
def test_a_number_is_drawn_by_position(
    tmp_path: Path, modes: Sequence[str], low: float, high: float
) -> None:
    drawn = predicted_figure(tmp_path / "a.png", made_walk(numbers(9, low, high), modes=modes))
    panels = drawn.axes[: len(modes)]
    for ax in panels:
        (line,) = ax.lines
        assert line.get_xdata() == pytest.approx(np.linspace(0, 1, 9))
        assert line.get_ydata() == pytest.approx(np.linspace(low, high, 9))
        assert ax.get_ylim()[0] < min(low, high)
        assert ax.get_ylim()[1] > max(low, high)
    assert len({ax.get_ylim() for ax in panels}) == 1
    assert panels[0].get_ylabel() == r"price (\$), predicted"
    assert [ax.get_title() for ax in panels] == (list(modes) if len(modes) > 1 else [""])
    if high >= 1e-4:
        assert panels[0].yaxis.get_offset_text().get_text() == ""
    assert "entropy" not in "".join(ax.get_title() for ax in drawn.axes)


@pytest.mark.slow
def test_walks_of_a_regression_show_pictures_and_texts_that_are_near(tmp_path: Path) -> None:
    red = np.zeros((3, 6, 6), np.uint8)
    red[0] = 255
    predicted_figure(tmp_path / "a.png", made_walk(numbers(9, 1, 2), [(None, red)] * 9))
    pixels = pixels_of(tmp_path / "a.png").reshape(-1, 3)
    assert (pixels == (255, 0, 0)).all(1).sum() > 700 * 9
    drawn = predicted_figure(
        tmp_path / "b.png", made_walk(numbers(9, 1, 2), [("fine film", None)] * 9)
    )
    said = "\n".join(text.get_text() for ax in drawn.axes for text in ax.texts)
    assert "0.00–1.00: 41.5 #7 fine film" in said


def lines(steps: int, near: Sequence[int], texts: Sequence[str | None]) -> list[str]:
    nearest: list[Any] = [(text, None) for text in texts]
    return plots._lines(made_walk(classified(steps, ("a", "b"), near), nearest).legs)[1:]


def test_stretches_with_the_same_neighbour_share_a_line() -> None:
    texts = ["the text\nof 0", "the text\nof 0", None, None, "the text\nof 0"]
    assert lines(5, (0, 0, 1, 1, 0), texts) == [
        "0.00–0.25: a #0 the text of 0",
        "0.50–0.75: b #1 ",
        "1.00: a #0 the text of 0",
    ]


def test_a_long_list_of_neighbours_keeps_its_ends_and_says_how_many_are_left_out() -> None:
    found = lines(40, range(40), [None] * 40)
    assert len(found) == plots.NEIGHBOURS + 1
    assert found[0].startswith("0.00: a #0")
    assert found[-2].startswith("1.00: b #39")
    assert found[-1] == f"and {40 - plots.NEIGHBOURS} between them"


def test_lists_of_several_walks_are_shorter_and_named() -> None:
    legs = made_walk(classified(9, ("a", "b")), modes=ALL[:3]).legs
    found = plots._lines(legs)
    assert [line for line in found if line.endswith(":")] == ["linear:", "spherical:", "slerp:"]
    assert len(found) == 1 + 3 * (1 + plots.SHORT + 1)


def test_short_lists_of_several_walks_stand_side_by_side() -> None:
    legs = made_walk(classified(9, ("a", "b")), modes=ALL).legs
    assert plots._columns(legs) == [
        [plots.NEAREST if i == 0 else "", f"{mode}:", *plots._lines(legs[:1])[1:]]
        for i, mode in enumerate(ALL)
    ]
    assert plots._columns(legs[:1]) == [plots._lines(legs[:1])]
    named = made_walk(classified(9, ("a" * 20, "b")), modes=ALL).legs
    quoted = made_walk(classified(9, ("a", "b")), [("word " * 9, None)] * 9, modes=ALL).legs
    for long in (named, quoted):
        assert plots._columns(long) == [plots._lines(long)]
