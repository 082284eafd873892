"""Words in pictures: names that fit, titles that are broken, legends and notes at the foot."""

import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = 24  # characters of a name
LINE = 100  # characters of a line of text
TITLE_SIZE, NOTE_SIZE, LEGEND_SIZE = 10, 7.5, 8  # points
AXIS = 0.5  # inches of a panel that the numbers of its axis take
EDGE = 0.15  # inches that stay free at either side
KEY = 0.65  # inches of a legend's entry beside its text
HANDLE = 2.6  # widths of a letter that the line of an entry has
LEADING = 1.3  # from line to line, in sizes of their letters
PAD = 0.06  # inches between the parts of a foot


def shortened(text: str, room: int) -> str:
    """At most ``room`` characters of a name, of both its ends: names often differ in the last.

    >>> shortened("an experiment, lambda 0.1", 20)
    'an experiment…da 0.1'
    """
    if len(text) <= room:
        return text
    tail = (room - 1) // 3
    return f"{text[: room - 1 - tail]}…{text[len(text) - tail :]}"


def literal(text: str, room: int = NAME) -> str:
    """At most ``room`` characters, none of which matplotlib takes for an instruction."""
    short = shortened(text, room)
    return (" " if short.startswith("_") else "") + short.replace("$", r"\$")


def seeds_of(number: int) -> str:
    """``5 seeds``."""
    return f"{number} seed" + ("s" if number > 1 else "")


@lru_cache(maxsize=4096)
def width_of(text: str, size: float) -> float:
    """How wide a line of text is, in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        points, *_ = TextToPath().get_text_width_height_descent(
            text, FontProperties(size=size), ismath=False
        )
    return float(points) / 72


def wrapped(text: str, inches: float, size: float, most: int) -> list[str]:
    """Text in lines of this width, ``most`` at most; what is left out is told by '…'.

    A word that is wider than a line is broken.
    """
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if width_of(longer, size) <= inches:
            lines[-1] = longer
            continue
        lines += [""] if lines[-1] else []
        for letter in word:
            if width_of(lines[-1] + letter, size) > inches:
                lines.append("")
            lines[-1] += letter
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and width_of(f"{last}…", size) > inches:
        last = last[:-1]
    return [*lines[: most - 1], f"{last}…"]


def named(name: str, inches: float, size: float, more: str = "") -> str:
    """At most `NAME` letters of a name, as many as fit into this width with ``more`` behind it."""
    room, left = NAME, inches - width_of(more, size)
    while room > 1 and width_of(shortened(name, room), size) > left:
        room -= 1
    return literal(name, room) + more


def heading(drawn: "Figure", title: str) -> None:
    """The title of a whole picture; one that is too wide is broken, behind its colon first."""
    inches = drawn.get_figwidth() - 2 * EDGE
    parts = [title] if width_of(title, TITLE_SIZE) <= inches else title.rsplit(": ", 1)
    lines = [line for part in parts for line in wrapped(part, inches, TITLE_SIZE, 2)]
    shown = "\n".join(literal(line, len(line)) for line in lines)
    drawn.suptitle(shown, fontsize=TITLE_SIZE)


def foot(
    drawn: "Figure",
    handles: Sequence[Any] = (),
    labels: Sequence[str] = (),
    notes: Sequence[str] = (),
    axis: str = "",
) -> None:
    """Below the axes, where nothing is hidden: a shared axis' name, the legend, what signs mean.

    The figure grows by what that takes. It is called once, when all else is drawn.
    """
    width, height = drawn.get_size_inches()
    said = "; ".join(dict.fromkeys(notes))
    lines = wrapped(said, width - 2 * EDGE, NOTE_SIZE, 4) if said else []
    columns = legend_columns(labels, width) if labels else 1
    keys = -(-len(labels) // columns)
    heights = [_inches(1, LEGEND_SIZE) if axis else 0.0, _inches(1.25 * keys, LEGEND_SIZE)]
    heights.append(_inches(len(lines), NOTE_SIZE))
    height += PAD
    total = height + sum(heights) + PAD
    drawn.set_size_inches(width, total)
    layout: Any = drawn.get_layout_engine()
    layout.set(rect=(0, 1 - (height - PAD) / total, 1, (height - PAD) / total))
    tops = [1 - (height + sum(heights[:i])) / total for i in range(3)]
    middle: dict[str, Any] = {"ha": "center", "va": "top"}
    if axis:
        drawn.text(0.5, tops[0], axis, fontsize=LEGEND_SIZE, **middle)
    if labels:
        anchor = {"bbox_to_anchor": (0.5, tops[1]), "borderaxespad": 0.0, "borderpad": 0.0}
        drawn.legend(
            handles,
            labels,
            frameon=False,
            handlelength=HANDLE,
            labelspacing=0.4,
            ncols=columns,
            fontsize=LEGEND_SIZE,
            loc="upper center",
            **anchor,
        )
    if lines:
        drawn.text(0.5, tops[2], "\n".join(lines), fontsize=NOTE_SIZE, color="0.25", **middle)


def legend_columns(labels: Sequence[str], width: float) -> int:
    """How many columns of a legend fit into a width in inches, with as even lines as can be."""
    widest = max(width_of(label.replace(r"\$", "$"), LEGEND_SIZE) for label in labels) + KEY
    fitting = max(1, int((width - 2 * EDGE) / widest))
    lines = -(-len(labels) // fitting)
    return -(-len(labels) // lines)


def _inches(lines: float, size: float) -> float:
    """How high so many lines are, with what sets them apart."""
    return LEADING * lines * size / 72 + (PAD if lines else 0.0)
