"""`vib report`"""

from typing import Annotated

import typer

from vibcli.cli.options import shared
from vibcli.cli.options.session import with_session
from vibcli.runs.session import Session


@with_session("results")
def report(
    *,
    session: Session,
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            help="Runs: path, id, unique prefix of an id, or 'latest'.",
            metavar="RUN",
            show_default=False,
        ),
    ] = None,
    html: shared.Html = None,
) -> None:
    """Write a page on runs, or on what came of the recipes.

    Of runs, [bold]--html[/bold] takes the name of the page: one file of HTML that needs neither
    network nor scripts, with the numbers, the epochs, the pictures that there are, what made them,
    and how to run it again. Runs of several experiments are compared where they can be.

    [bold]vib report latest --html page.html[/bold]

    Without runs the page is on the recipes: for each recipe and protocol with runs, its claims and
    what came of them, the experiments side by side, and what made the numbers. It is written to
    results/README.md, or as HTML. The same runs give the same page.

    [bold]vib report[/bold]
    """
    from vibcli.cli.actions.report import report as action

    action(session, runs or [], html)
