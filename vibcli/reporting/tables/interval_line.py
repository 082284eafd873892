"""Intervals of differences as lines of characters, around 0 and with the margin marked."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.text import Text

from vibcli.tasks.forms import brief

FREE = 0.05  # of the width, beyond what is to be shown, on either side
NAME = 0.4  # of the width, that names take at most


class Drawn(NamedTuple):
    """A difference by its name, in the unit that it is shown in."""

    name: str
    mean: float
    low: float
    high: float


def interval_lines(
    drawn: Sequence[Drawn], margin: float | None, ends: tuple[str, str], width: int
) -> list[Text]:
    """A line for each difference, and one that names the places.

    ``░`` is within the margin, ``│`` is 0, ``├──●──┤`` an interval and its mean.

    Args:
        drawn: differences with intervals.
        margin: that is shaded, where there is one.
        ends: what a difference means on the left and on the right of 0.
        width: of a line, in characters.
    """
    longest = int(NAME * width)
    names = [
        one.name if len(one.name) <= longest else f"{one.name[: longest - 1]}…" for one in drawn
    ]
    indent = max(map(len, names)) + 2
    scale = _Scale.over([*_ends(drawn), 0.0, *_margins(margin)], width - indent)
    lines = [
        Text(f"{name:<{indent}}").append_text(_line(one, margin, scale))
        for name, one in zip(names, drawn, strict=True)
    ]
    return [*lines, Text(" " * indent + _places(margin, ends, scale), style="dim")]


class _Scale(NamedTuple):
    """From numbers to columns."""

    low: float
    high: float
    width: int

    @classmethod
    def over(cls, values: Sequence[float], width: int) -> "_Scale":
        low, high = min(values), max(values)
        free = FREE * (high - low or 1.0)
        return cls(low - free, high + free, width)

    def column(self, value: float) -> int:
        return round((value - self.low) / (self.high - self.low) * (self.width - 1))


def _ends(drawn: Sequence[Drawn]) -> list[float]:
    return [end for one in drawn for end in (one.low, one.high)]


def _margins(margin: float | None) -> tuple[float, ...]:
    return (-margin, margin) if margin else ()


def _line(one: Drawn, margin: float | None, scale: _Scale) -> Text:
    marks = [" "] * scale.width
    if margin:
        for column in range(scale.column(-margin), scale.column(margin) + 1):
            marks[column] = "░"
    zero = scale.column(0.0)
    marks[zero] = "│"
    low, mean, high = (scale.column(x) for x in (one.low, one.mean, one.high))
    for column in range(low, high + 1):
        marks[column] = "┼" if column == zero else "─"
    marks[low], marks[high] = "├", "┤"
    marks[mean] = "●"
    text = Text("".join(marks), style="dim")
    text.stylize("not dim bold", low, high + 1)
    return text


def _places(margin: float | None, ends: tuple[str, str], scale: _Scale) -> str:
    """The names of the places, as far as there is room: 0, what the sides mean, the margin."""
    line = [" "] * scale.width
    left, right = f"< {ends[0]}", f"{ends[1]} >"
    _put(line, "0", scale.column(0.0))
    _put(line, left, 0)
    _put(line, right, scale.width - len(right))
    for end in _margins(margin):
        text, middle = brief(end, "+"), scale.column(end)
        _put(line, text, min(max(0, middle - len(text) // 2), scale.width - len(text)))
    return "".join(line).rstrip()


def _put(line: list[str], text: str, start: int) -> None:
    """Write ``text`` where nothing is yet, one blank apart."""
    around = line[max(0, start - 1) : start + len(text) + 1]
    if start >= 0 and set(around) == {" "}:
        line[start : start + len(text)] = text
