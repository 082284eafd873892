"""`vib cache`"""

from typing import Annotated

import typer


def cache(
    *,
    clear: Annotated[bool, typer.Option("--clear", help="Remove everything in it.")] = False,
) -> None:
    """Show or clear the cache of decoded data."""
    from vibcli.cli.actions.cache import cache as action

    action(clear)
