"""What is said around the numbers of a comparison: of what it is, and of which settings."""

from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from vibcli.config.record import flag_of
from vibcli.reporting.tables.cells import plain_table

if TYPE_CHECKING:
    from vibcli.comparison.compare import Comparison


def settings_and_notes(result: "Comparison") -> list[RenderableType]:
    """The settings that differ, those that do not, and what is to be said of the data."""
    parts: list[RenderableType] = []
    if result.differing:
        parts += [Text(), _differences(result)]
    shown = ", ".join(f"{_title(key)} {_plain(value)}" for key, value in result.constant.items())
    parts += [Text(), Text(f"Same for all: {shown}", style="dim")]
    return parts + [Text(f"Note: {note}", style="dim") for note in result.notes]


def _differences(result: "Comparison") -> Table:
    """A line for each experiment, because settings may be many; what does not apply is left out."""
    table = plain_table("", "settings that differ")
    for row in result.rows:
        values = {key: values[row.name] for key, values in result.differing.items()}
        shown = [f"{_title(key)} {_plain(v)}" for key, v in values.items() if v is not None]
        table.add_row(Text(row.name), Text(", ".join(shown)))
    return table


def _title(setting: str) -> str:
    """A setting as its flag names it: ``lam`` -> ``lambda``."""
    return flag_of(setting).removeprefix("--")


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
