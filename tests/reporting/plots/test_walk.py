from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_walks import ALL, classified, made_walk, step
from numpy.typing import NDArray
from pictures import NAMES, colours_in, pixels_of

from vibcli.analysis.walks.modes import Walks
from vibcli.reporting.plots import walk as plots
from vibcli.reporting.plots.figure import COLORS

pytestmark = pytest.mark.filterwarnings("error")

Example = tuple[str | None, NDArray[np.uint8] | None]


def draw(path: Path, found: Walks, names: Sequence[str]) -> None:
    plots.walk_picture(found, names, f"from {names[0]} to {names[-1]}", path)


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
