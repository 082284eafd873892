"""What all pictures share: figures without a display, colours, and names that fit."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vibcli.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe & Ito's palette, which colour-blind readers can tell apart
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#000000")
DPI = 150
NAME = 24  # characters of a name
LINE = 100  # characters of a line of text


def figure(width: float, height: float, **options: Any) -> "tuple[Figure, Any]":
    """A figure and its axes, made without a display."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    return drawn, drawn.subplots(**options)


def save(drawn: "Figure", path: Path) -> None:
    """Write a figure as PNG, atomically."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a letter that the font does not have
        write_atomically(path, lambda temporary: drawn.savefig(temporary, format="png"))


def seeds_of(number: int) -> str:
    """``5 seeds``."""
    return f"{number} seed" + ("s" if number > 1 else "")


def literal(text: str, room: int = NAME) -> str:
    """At most ``room`` characters, none of which matplotlib takes for an instruction."""
    short = text if len(text) <= room else text[: room - 1] + "…"
    return (" " if short.startswith("_") else "") + short.replace("$", r"\$")
