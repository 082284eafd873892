"""`vib rm`"""

from typing import Annotated

import typer

from vibcli.cli.options import completing
from vibcli.cli.options.session import with_session
from vibcli.runs.session import Session


@with_session("results")
def rm(
    *,
    session: Session,
    runs: Annotated[
        list[str],
        typer.Argument(
            help="Runs: path, id, unique prefix, or 'latest'; or experiments, with all their "
            "seeds, by their whole name.",
            metavar="RUN ...",
            autocompletion=completing.runs_and_experiments,
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove runs: says which and how large they are, asks, and removes their folders.

    A run that is being trained is not removed, nor is anything outside of the folder of results.
    Comparisons that were kept stay; they are named where they rest on what goes.

    [bold]vib rm wine/vib-9302f6ff/seed-0[/bold]

    [bold]vib rm mine --yes[/bold]
    """
    from vibcli.cli.actions.rm import rm as action

    action(session, runs, yes)
