"""What is said around the numbers of a comparison: of what it is, and of which settings."""

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from vibcli.config.record import called
from vibcli.reporting.tables.cells import plain_table
from vibcli.store.query import as_text

if TYPE_CHECKING:
    from vibcli.comparison.compare import Comparison


def settings_and_notes(result: "Comparison") -> list[RenderableType]:
    """The settings that differ, those that do not, and what is to be said of the data."""
    parts: list[RenderableType] = []
    if result.differing:
        parts += [Text(), _differences(result)]
    shown = ", ".join(
        f"{called(key)} {setting_shown(value)}" for key, value in result.constant.items()
    )
    parts += [Text(), Text(f"Same for all: {shown}", style="dim")]
    return parts + [Text(f"Note: {note}", style="dim") for note in result.notes]


def _differences(result: "Comparison") -> Table:
    """A line for each experiment, because settings may be many; what does not apply is left out."""
    table = plain_table("", "settings that differ")
    for row in result.rows:
        values = {key: values[row.name] for key, values in result.differing.items()}
        shown = [f"{called(key)} {setting_shown(v)}" for key, v in values.items() if v is not None]
        table.add_row(Text(row.name), Text(", ".join(shown)))
    return table


def setting_shown(value: object) -> str:
    """A setting's value in words."""
    return "-" if value is None else as_text(value)
