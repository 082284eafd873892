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
    table = plain_table("name", "kind", "what", "from")
    table.columns[0].no_wrap = table.columns[-1].no_wrap = True  # to be copied
    for name, entry in CATALOG.items():
        table.add_row(name, entry.kind, entry.description, entry.hub or "embedded")
    out.print(table)
