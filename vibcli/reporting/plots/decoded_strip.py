"""Lines of small pictures, or of words, with a label to each line and column."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vibcli.reporting.plots.text import literal

PictureArray = NDArray[np.float64]  # [C, H, W] in 0..1


class Line(NamedTuple):
    """A label, a cell for each column, and what is written below each picture, if anything."""

    label: str
    cells: Sequence[Any]
    captions: Sequence[str] | None = None


def draw_pictures(ax: Any, lines: Sequence[Line], columns: Sequence[str], apart: bool) -> None:
    """Pictures side by side on white.

    Args:
        ax: to draw in; its frame vanishes.
        lines: cells are pictures of one size.
        columns: their labels.
        apart: whether the first and the last column stand apart from the rest.
    """
    _, height, width = lines[0].cells[0].shape
    gap = max(1, width // 9)
    below = 2 * height // 5 if any(line.captions for line in lines) else gap
    break_ = 3 * gap if apart else 0
    lefts = np.arange(len(columns)) * (width + gap)
    lefts[1:] += break_
    lefts[-1] += break_
    tops = np.arange(len(lines)) * (height + below)
    canvas = np.ones((tops[-1] + height + below - gap, lefts[-1] + width, 3))
    for top, line in zip(tops, lines, strict=True):
        for left, picture in zip(lefts, line.cells, strict=True):
            shown = np.clip(picture, 0, 1).transpose(1, 2, 0)  # [H, W, C]
            canvas[top : top + height, left : left + width] = shown
    ax.imshow(canvas, interpolation="nearest")
    _label(ax, lefts + (width - 1) / 2, columns, tops + (height - 1) / 2, lines)
    for top, line in zip(tops, lines, strict=True):
        for left, caption in zip(lefts, line.captions or (), strict=bool(line.captions)):
            place = left + (width - 1) / 2, top + height + below / 2 - gap / 2
            ax.text(*place, literal(caption, 9), ha="center", va="center", fontsize=6)


def draw_words(ax: Any, lines: Sequence[Line], columns: Sequence[str]) -> None:
    """Words one below the other in each cell."""
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(lines) - 0.5, -0.5))
    for y, line in enumerate(lines):
        for x, words in enumerate(line.cells):
            text = "\n".join(literal(word, 13) for word in words)
            ax.text(x, y, text, ha="center", va="center", fontsize=6.5, linespacing=1.25)
        if y:
            ax.axhline(y - 0.5, color="0.85", lw=0.8)
    _label(ax, np.arange(len(columns)), columns, np.arange(len(lines)), lines)


def _label(
    ax: Any, xs: NDArray[Any], columns: Sequence[str], ys: NDArray[Any], lines: Sequence[Line]
) -> None:
    ax.set_xticks(xs, columns, fontsize=7)
    ax.set_yticks(ys, [line.label for line in lines], fontsize=8)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
