"""`vib datasets`"""

from vibcli.cli.options import shared as options
from vibcli.cli.output import print_json
from vibcli.cli.output import results as out


def datasets(*, json: options.Json = False) -> None:
    """List the named data sets."""
    from vibcli.data.catalog import CATALOG
    from vibcli.reporting.tables.parts import plain_table

    if json:
        print_json({name: entry._asdict() for name, entry in CATALOG.items()})
        return
    table = plain_table("name", "kind", "what", "from")
    table.columns[0].no_wrap = table.columns[-1].no_wrap = True  # to be copied
    for name, entry in CATALOG.items():
        table.add_row(name, entry.kind, entry.description, entry.hub or "embedded")
    out.print(table)
