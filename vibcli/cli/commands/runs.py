"""`vib runs`"""

from typing import Annotated

import typer

from vibcli.cli.options import completing, shared
from vibcli.cli.options.session import with_session
from vibcli.runs.session import Session


@with_session("results")
def runs(
    *,
    session: Session,
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset",
            help="Runs on this data set only.",
            show_default=False,
            autocompletion=completing.data_sets_of_runs,
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            help="Only runs of which this holds: a name, one of = != < <= > >= ~ (contains), and a "
            "value, in quotes: 'lambda>0.01', 'accuracy>=90%', 'dropout=none'. Given again, all "
            "have to hold.",
            metavar="CONDITION",
            autocompletion=completing.columns,
            show_default=False,
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort",
            help="Order by this name, or several after commas; with - in front the largest first "
            "[dim](default: oldest first)[/dim].",
            metavar="[-]NAME,...",
            autocompletion=completing.columns,
            show_default=False,
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            help="Show these instead [dim](default: run,status,epochs,test,rate,differs)[/dim].",
            metavar="NAME,...",
            autocompletion=completing.columns,
            show_default=False,
        ),
    ] = None,
    json: shared.Json = False,
) -> None:
    """List the runs: status, epochs, test accuracy, RMSE or ELBO, rate in nats.

    The last column says in which settings the listed experiments differ.

    A NAME is a setting as its flag has it (lambda, batch-size), a metric of the test part
    (accuracy, rate_nats), a timing (train_seconds), or anything of run.json by the last part of
    its name or in full (selected.epoch, test.last.accuracy); validation.accuracy and
    train.loss_nats are of the epoch that is kept. --json prints whole records.

    [bold]vib runs --where 'lambda>0.01' --where status=complete --sort -validation.accuracy[/bold]
    """
    from vibcli.cli.actions.runs import RunsRequest
    from vibcli.cli.actions.runs import runs as action

    action(session, RunsRequest(dataset, where or (), sort, columns), json)
