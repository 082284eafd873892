"""`vib cache`"""

from typing import Annotated

import typer

from vibcli.cli.output import results as out


def cache(
    *,
    clear: Annotated[bool, typer.Option("--clear", help="Remove everything in it.")] = False,
) -> None:
    """Show or clear the cache of decoded data."""
    from vibcli.data import cache as store

    if clear:
        out.print(f"Freed {store.clear() / 1e6:.1f} MB.")
    else:
        out.print(f"{store.folder()}: {store.used() / 1e6:.1f} MB", soft_wrap=True, markup=False)
