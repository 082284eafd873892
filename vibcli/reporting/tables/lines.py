"""A table of many lines, laid out without Rich, which would take longer than reading the runs."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.text import Text

GAP = "  "


class Column(NamedTuple):
    """A column, a cell for each line; a cell is a text, or items that may stand below each other.

    ``number``: aligned to the right.
    """

    title: str
    cells: Sequence[str | Sequence[str]]
    number: bool = False


def lines_table(columns: Sequence[Column], width: int, encoding: str = "utf-8") -> Text:
    """The columns side by side, ``width`` wide at most if the columns between the ends allow it.

    What is in the first column and too long for it stands on a line of its own, in one piece;
    items of the last one are put below each other.
    """
    first, *middle = columns
    last = middle.pop() if middle and any(isinstance(c, tuple) for c in middle[-1].cells) else None
    widths = [max(map(cell_len, (c.title, *map(joined, c.cells)))) for c in middle]
    taken = sum(widths) + len(GAP) * len(middle)
    room = width - taken
    if last is not None:
        room -= len(GAP) + max(map(cell_len, (last.title, *_items(last))))
    names = list(map(joined, first.cells))
    fitting = [cell_len(name) for name in (first.title, *names) if cell_len(name) <= room]
    left = max(fitting, default=cell_len(first.title))
    rest = width - taken - left - len(GAP)
    shown = []
    for row in range(-1, len(names)):
        name = first.title if row < 0 else names[row]
        own = cell_len(name) > left
        cells = [c.title if row < 0 else joined(c.cells[row]) for c in middle]
        placed = [
            text.rjust(size) if c.number else set_cell_size(text, size)
            for c, text, size in zip(middle, cells, widths, strict=True)
        ]
        ended = [] if last is None else [last.title] if row < 0 else _wrapped(last.cells[row], rest)
        if own:
            shown += chop_cells(name, width)
        head = GAP.join([set_cell_size("" if own else name, left), *placed])
        shown.append(GAP.join([head, *ended[:1]]))
        shown += [" " * (cell_len(head) + len(GAP)) + item for item in ended[1:]]
    longest = max(cell_len(line.rstrip()) for line in shown)
    rule = ("─" if encoding.startswith("utf") else "-") * longest
    body = "\n".join(line.rstrip() for line in shown[1:])
    return Text("\n").join([Text(shown[0].rstrip(), style="bold"), Text(rule), Text(body)])


def joined(cell: str | Sequence[str]) -> str:
    """A cell as one text."""
    return cell if isinstance(cell, str) else ", ".join(cell)


def _items(column: Column) -> list[str]:
    return [item for cell in column.cells for item in cell]


def _wrapped(items: str | Sequence[str], width: int) -> list[str]:
    """Items, comma-separated, as many in a line as fit."""
    lines: list[str] = []
    for item in [items] if isinstance(items, str) else items:
        if lines and cell_len(f"{lines[-1]}, {item}") <= width:
            lines[-1] += f", {item}"
        else:
            lines.append(item)
    return lines
