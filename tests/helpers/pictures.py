"""What tests look for in a picture that was written."""

import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image

from vibcli.reporting.plots.looks import COLORS

# mathematics, a hidden legend entry, markup, letters that the font lacks, something long
NAMES = ("$x_1$ costs $5", "_hidden", "[red]a[/red]", "漢字 🦆", "long " * 30, r"\frac{$", "")
TOUCH = 1.0  # pixels by which boxes may lie upon each other: letters have air around them


def pixels_of(path: Path) -> NDArray[np.uint8]:
    """The picture, which must decode, be of a sane size and show something."""
    with Image.open(path) as image:
        assert image.format == "PNG"
        pixels = np.asarray(image.convert("RGB"))
    height, width, _ = pixels.shape
    assert 600 <= width <= 1500
    assert 250 <= height <= 2400
    assert len(np.unique(colour_codes(pixels))) > 10
    return pixels


def colour_codes(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """A colour as one number: 0xRRGGBB."""
    codes: NDArray[np.int64] = pixels.astype(np.int64) @ (65536, 256, 1)
    return codes


def colours_in(path: Path) -> set[str]:
    """Which colours of the palette the picture has, without those that letters blend into."""
    found = np.unique(colour_codes(pixels_of(path)))
    bright = COLORS[:6]  # then come grey and black
    return {c for c in bright if int(c[1:], 16) in found}


def figure_of(plots: ModuleType, function: str, *arguments: Any) -> Any:
    """Draw it and hand out the figure, of which the file is a picture."""
    with pytest.MonkeyPatch.context() as patch:
        kept: list[Any] = []
        write = plots.save
        patch.setattr(plots, "save", lambda drawn, to: (kept.append(drawn), write(drawn, to)))
        getattr(plots, function)(*arguments)
    (drawn,) = kept
    return drawn


def said_below(drawn: Any) -> list[str]:
    """What the foot of a figure says beside the legend."""
    return [
        text.get_text()
        for text in drawn.texts
        if text.get_va() == "top" and text.get_position()[1] < 0.5
    ]


def unreadable(drawn: Any) -> list[str]:
    """The texts of a figure that lie upon another one or leave the picture."""
    renderer = FigureCanvasAgg(drawn).get_renderer()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        drawn.draw(renderer)
        texts = _shown(drawn)
        boxes = np.array([text.get_window_extent(renderer).extents for text in texts])  # [T, 4]
    width, height = drawn.canvas.get_width_height()
    low, high = boxes[:, :2] + TOUCH / 2, boxes[:, 2:] - TOUCH / 2
    outside = (low < 0).any(1) | (high > (width, height)).any(1)
    upon = ((low[:, None] < high) & (low < high[:, None])).all(2)  # [T, T]
    np.fill_diagonal(upon, False)
    found = outside | upon.any(1)
    return [text.get_text() for text, bad in zip(texts, found, strict=True) if bad]


def _shown(drawn: Any) -> list[Text]:
    """Every text that is drawn: axes keep labels of ticks that lie beyond their ends."""
    axes = [axis for ax in drawn.axes for axis in (ax.xaxis, ax.yaxis)]
    kept = [tick for axis in axes for tick in (*axis.majorTicks, *axis.minorTicks)]
    hidden = {id(label) for tick in kept for label in (tick.label1, tick.label2)}
    seen = [
        tick
        for ax in drawn.axes
        if ax.axison
        for axis in (ax.xaxis, ax.yaxis)
        for tick in axis._update_ticks()
    ]
    hidden -= {id(label) for tick in seen for label in (tick.label1, tick.label2)}
    return [
        text
        for text in drawn.findobj(Text)
        if text.get_text().strip() and text.get_visible() and id(text) not in hidden
    ]
