"""What `vib datasets` does."""

from vibcli.cli.output import print_json
from vibcli.cli.output import results as out
from vibcli.data.catalog import CATALOG
from vibcli.reporting.tables.cells import plain_table


def datasets(json: bool) -> None:
    """List the named data sets."""
    if json:
        keys = ("kind", "description", "hub")
        print_json({name: {k: getattr(e, k) for k in keys} for name, e in CATALOG.items()})
        return
    table = plain_table("name", "kind", "what")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    first = max(map(len, CATALOG)), max(len(entry.kind) for entry in CATALOG.values())
    room = out.width - sum(first) - 4  # two between columns
    for name, entry in CATALOG.items():
        told = entry.description + (f" (Hub: {entry.hub})" if entry.hub else "")
        # where it comes from stays in one piece, to be copied
        table.add_row(name, entry.kind, told if len(told) <= room else told.replace(" (", "\n("))
    out.print(table)
