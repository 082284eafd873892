"""What all tables share: their look, and numbers with their intervals."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from vibcli.tasks.forms import ANY, alike, written

if TYPE_CHECKING:
    from vibcli.statistics import Estimate


def plain_table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """A table with a line under its header; columns in ``numbers`` are aligned to the right.

    Where it is too wide for the terminal its cells are folded, never cut.
    """
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in columns:
        justify: JustifyMethod = "right" if name in numbers else "left"
        table.add_column(Text(name), justify=justify, overflow="fold")
    return table


def complete_of(complete: int, broken: int) -> str:
    """How many runs count, and of how many if some broke down."""
    return f"{complete} of {complete + broken}" if broken else f"{complete}"


def decimal(digits: int | None, sign: str = "") -> str:
    """The form of a number with so many digits after the point; None: four significant ones."""
    return f"{{:{sign}{ANY if digits is None else f'.{digits}f'}}}"


def plus_minus(value: "Estimate | None", scale: float, digits: int | None) -> str:
    """``mean ± half the interval``, or the mean alone where one seed gives no interval.

    Both end at the same place; see `decimal` for ``digits``.
    """
    if value is None:
        return "-"
    half = [] if value.high is None else [value.high - value.mean]
    return " ± ".join(alike(decimal(digits), *(scale * x for x in (value.mean, *half))))


def interval(value: "Estimate | None", scale: float, digits: int | None) -> str:
    """``mean [low, high]`` with signs, or the mean alone where one seed gives no interval.

    All end at the same place; see `decimal` for ``digits``.
    """
    if value is None:
        return "-"
    known = [scale * x for x in (value.mean, value.low, value.high) if x is not None]
    numbers = alike(decimal(digits, "+"), *known)
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]} [{numbers[1]}, {numbers[2]}]"


def number(value: float | None, form: str) -> str:
    """``value`` in its form, or a dash."""
    return "-" if value is None else written(form, value)


def bytes_in_words(count: int) -> str:
    """A size as people say it, in powers of a thousand.

    >>> [bytes_in_words(n) for n in (0, 999, 1000, 107_492, 12_345_678, 5_000_000_000)]
    ['0 B', '999 B', '1.0 kB', '107 kB', '12 MB', '5.0 GB']
    """
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    return f"{size:.1f} {unit}" if unit != "B" and size < 9.95 else f"{size:.0f} {unit}"


def duration(seconds: float) -> str:
    """A time in words, as coarse as it can be.

    >>> duration(0.31), duration(94), duration(1500), duration(9000)
    ('0.3 s', '94 s', '25 min', '2.5 h')
    """
    for size, unit, digits in ((3600, "h", 1), (60, "min", 0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.{digits}f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
