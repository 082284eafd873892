"""`vib show`"""

from typing import Annotated

import typer

from vibcli.cli.options import shared
from vibcli.cli.options.session import with_session
from vibcli.runs.session import Session


@with_session("results")
def show(
    *,
    session: Session,
    run: shared.RunName = "latest",
    full: Annotated[
        bool, typer.Option("--full", help="All settings, all epochs and all versions.")
    ] = False,
    json: shared.Json = False,
) -> None:
    """Show all about a run: data, settings, machine, epochs, test, files, commands.

    Of the settings those are shown that its variant does not have by itself. The commands train
    the run again where it is not, evaluate it, and walk through its latent.

    [bold]vib show latest[/bold]
    """
    from vibcli.cli.actions.show import show as action

    action(session, run, full, json)
