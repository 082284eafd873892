"""The tables of the terminal as tables of a page, so that both say the same."""

from rich.console import RenderableType
from rich.table import Table as RichTable
from rich.text import Text as RichText

from vibcli.reporting.page.blocks import Table


def table_of(table: RichTable, caption: str) -> Table:
    """A table as it is printed, without its folds."""
    columns = table.columns
    rows = zip(*([_plain(cell) for cell in column.cells] for column in columns), strict=True)
    return Table(
        caption,
        tuple(_plain(column.header) for column in columns),
        tuple(rows),
        frozenset(i for i, column in enumerate(columns) if column.justify == "right"),
    )


def _plain(cell: RenderableType) -> str:
    return cell.plain if isinstance(cell, RichText) else str(cell)
