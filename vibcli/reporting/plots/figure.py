"""What all pictures share: figures without a display, and their files."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vibcli.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 150
# letters stay letters, and the same picture is the same file
AS_TEXT: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "vib"}
DATELESS = {"svg": {"Date": None}}


def figure(width: float, height: float, **options: Any) -> "tuple[Figure, Any]":
    """A figure and its axes, made without a display."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    return drawn, drawn.subplots(**options)


def stacked(
    width: float, heights: Sequence[float], layout: Sequence[Sequence[str]], **options: Any
) -> "tuple[Figure, dict[str, Any]]":
    """A figure of lines of axes, each line laid out by itself; the axes by name.

    Args:
        width: inches.
        heights: inches of each line.
        layout: the names in each line.
        options: of `Figure.subplots`, for every line.
    """
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, sum(heights)), dpi=DPI, layout="constrained")
    lines = drawn.subfigures(len(layout), height_ratios=heights, squeeze=False)[:, 0]
    axes: dict[str, Any] = {}
    for line, names in zip(lines, layout, strict=True):
        panels = line.subplots(ncols=len(names), squeeze=False, **options)[0]
        axes |= dict(zip(names, panels, strict=True))
    return drawn, axes


def save(drawn: "Figure", path: Path) -> None:
    """Write a figure in the format that its path ends in, PNG or SVG, atomically.

    In an SVG text stays text: it can be searched, and is set in the reader's font.
    """
    from matplotlib import rc_context

    kind = path.suffix.removeprefix(".").lower()
    options: dict[str, Any] = {"format": kind, "metadata": DATELESS.get(kind)}
    with warnings.catch_warnings(), rc_context(AS_TEXT):
        warnings.filterwarnings("ignore", message="Glyph")  # a letter that the font does not have
        write_atomically(path, lambda temporary: drawn.savefig(temporary, **options))


def panels(count: int) -> tuple[int, int]:
    """Lines and columns of so many panels of one size: up to three in a line, else up to four."""
    columns = count if count < 4 else min((count + 1) // 2, 4)
    return -(-count // columns), columns


def whole_ticks(ax: Any) -> None:
    """Numbers at the ticks of y as they are: a factor at the end of the axis is overlooked."""
    ax.ticklabel_format(axis="y", scilimits=(-4, 9), useOffset=False)
