"""What tests look for in a picture that was written."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vibcli.reporting.plots.figure import COLORS

# mathematics, a hidden legend entry, markup, letters that the font lacks, something long
NAMES = ("$x_1$ costs $5", "_hidden", "[red]a[/red]", "漢字 🦆", "long " * 30, r"\frac{$", "")


def pixels_of(path: Path) -> NDArray[np.uint8]:
    """The picture, which must decode, be of a sane size and show something."""
    with Image.open(path) as image:
        assert image.format == "PNG"
        pixels = np.asarray(image.convert("RGB"))
    height, width, _ = pixels.shape
    assert width in (630, 1050)
    assert 400 <= height <= 1400
    assert len(np.unique(colour_codes(pixels))) > 10
    return pixels


def colour_codes(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """A colour as one number: 0xRRGGBB."""
    codes: NDArray[np.int64] = pixels.astype(np.int64) @ (65536, 256, 1)
    return codes


def colours_in(path: Path) -> set[str]:
    """Which colours of the palette the picture has, without those that letters blend into."""
    found = np.unique(colour_codes(pixels_of(path)))
    bright = [c for c in COLORS if c not in ("#999999", "#000000")]
    return {c for c in bright if int(c[1:], 16) in found}
