from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import NAMES, colours_in, pixels_of

from vibcli.interpolation import Neighbour, Step
from vibcli.plots import walk as plots
from vibcli.plots.figure import COLOURS

pytestmark = pytest.mark.filterwarnings("error")

Example = tuple[str | None, NDArray[np.uint8] | None]


def walk(steps: int, names: Sequence[str], near: Sequence[int] | None = None) -> list[Step]:
    """A walk on which the last class takes over from the first."""
    path = []
    for i in range(steps):
        a = i / (steps - 1)
        p = [0.0] * len(names)
        p[0], p[-1] = 1 - a, a
        row = near[i] if near else i
        found = Neighbour("train", row, names[row % len(names)], 1.0)
        path.append(Step(a, 5 + a, -30 - a, tuple(p), a * (1 - a), found))
    return path


def draw_walk(path: Path, steps: list[Step], names: Sequence[str], examples: list[Example]) -> None:
    plots.walk_picture(steps, examples, names, f"linear from {names[0]} to {names[-1]}", path)


@pytest.mark.parametrize(("channels", "steps"), [(1, 2), (1, 9), (3, 40)])
def test_a_walk_through_pictures_shows_them(tmp_path: Path, channels: int, steps: int) -> None:
    red = np.zeros((channels, 6, 6), np.uint8)
    red[0] = 255
    shape = (tmp_path / "a.png", walk(steps, ("a", "b")), ("a", "b"))
    draw_walk(*shape, [(None, red)] * steps)
    pixels = pixels_of(tmp_path / "a.png").reshape(-1, 3)
    if channels == 3:
        assert (pixels == (255, 0, 0)).all(1).sum() > 1000 * min(steps, 12)
    assert colours_in(tmp_path / "a.png") == set(COLOURS[:2])


@pytest.mark.parametrize("steps", [2, 40])
def test_a_walk_through_texts_lists_them(tmp_path: Path, steps: int) -> None:
    examples: list[Example] = [(f"{name} " * 40, None) for name in NAMES]
    draw_walk(
        tmp_path / "a.png",
        walk(steps, NAMES),
        NAMES,
        [examples[i % len(NAMES)] for i in range(steps)],
    )
    assert colours_in(tmp_path / "a.png") == set(COLOURS[:2])


def test_a_walk_through_tables_has_neither(tmp_path: Path) -> None:
    draw_walk(tmp_path / "a.png", walk(9, ("a", "b")), ("a", "b"), [(None, None)] * 9)
    assert colours_in(tmp_path / "a.png") == set(COLOURS[:2])


def test_stretches_with_the_same_neighbour_share_a_line() -> None:
    path = walk(5, ("a", "b"), near=(0, 0, 1, 1, 0))
    texts: list[Any] = [("the text\nof 0" if s.nearest.row == 0 else None, None) for s in path]
    assert plots._nearest(path, texts)[1:] == [
        "0.00–0.25: a #0 the text of 0",
        "0.50–0.75: b #1 ",
        "1.00: a #0 the text of 0",
    ]


def test_a_long_list_of_neighbours_says_how_many_are_left_out() -> None:
    lines = plots._nearest(walk(40, ("a", "b")), [(None, None)] * 40)
    assert len(lines) == 1 + plots.NEIGHBOURS + 1
    assert lines[-1] == f"and {40 - plots.NEIGHBOURS} more"
