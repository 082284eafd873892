"""`vib runs`"""

from typing import Annotated

import typer

from vibcli.cli.options import shared
from vibcli.cli.options.session import with_session
from vibcli.runs.session import Session


@with_session("results")
def runs(
    *,
    session: Session,
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", help="Runs on this data set only.", show_default=False),
    ] = None,
    json: shared.Json = False,
) -> None:
    """List the runs: status, epochs, test accuracy, RMSE or ELBO, rate."""
    from vibcli.cli.actions.runs import runs as action

    action(session, dataset, json)
