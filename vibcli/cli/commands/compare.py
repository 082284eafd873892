"""`vib compare`"""

from typing import Annotated, Any

import typer

from vibcli.cli.options import completing, shared
from vibcli.cli.options.session import TRAINING, with_session
from vibcli.cli.options.settings import with_settings
from vibcli.config.kinds import DEFAULT_SEEDS
from vibcli.runs.session import Session


@with_settings
@with_session(*TRAINING)
def compare(
    *,
    names: Annotated[
        list[str],
        typer.Argument(
            help="Variants or named experiments; the first is what the others are compared to.",
            metavar="A B ...",
            autocompletion=completing.compared,
        ),
    ],
    settings: dict[str, Any],
    session: Session,
    task: shared.TaskName = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            min=1,
            show_default=False,
            help=f"Compare seeds 0 to N-1 [dim](default: {DEFAULT_SEEDS}; with --no-train all "
            "that are there)[/dim].",
        ),
    ] = None,
    target: Annotated[
        float | None,
        typer.Option(
            "--target",
            min=0,
            show_default=False,
            help="Validation accuracy, 0 to 1, or RMSE that counts as converged; by default what "
            "is within a hundredth of the first one's mean best.",
        ),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            "--margin",
            min=0,
            show_default=False,
            help="Difference in test accuracy, in points, or in RMSE that would matter; smaller "
            "ones count as equal [dim](default: 0.5 points; a fiftieth of the first one's "
            "RMSE)[/dim].",
        ),
    ] = None,
    iw_samples: Annotated[
        int | None,
        typer.Option(
            "--iw-samples",
            min=1,
            show_default=False,
            help="Draws of z for autoencoders' importance-weighted bound; by default those that "
            "were taken when the run was tested.",
        ),
    ] = None,
    no_train: Annotated[
        bool,
        typer.Option(
            "--no-train", help="Compare the runs that are there; then no data are read either."
        ),
    ] = False,
    json: shared.Json = False,
    csv: Annotated[
        bool,
        typer.Option("--csv", help="Print CSV, a line for each run.", rich_help_panel="Output"),
    ] = False,
) -> None:
    """Compare variants over several seeds: accuracy, convergence, and what the data support.

    What is missing is trained, several runs at once. Seeds are paired: seed k gives every
    variant the same split, the same order of examples and, where shapes agree, the same initial
    weights. Settings apply to every variant that has them; named experiments keep their own.

    Where the label is a number, regressions are compared by their error in its own unit:
    [bold]vib compare baseline vib --dataset prices.csv --label price[/bold]

    Autoencoders are compared by their bounds on log p(x), what they rebuild and what they make of
    draws from the prior: [bold]vib compare ae vae --dataset mnist[/bold]

    [bold]vib compare baseline control vib --dataset imdb --seeds 3[/bold]
    """
    from vibcli.cli.actions.compare import CompareRequest
    from vibcli.cli.actions.compare import compare as action

    form = "json" if json else "csv" if csv else "table"
    action(
        session,
        names,
        settings,
        CompareRequest(task, seeds, target, margin, iw_samples, no_train),
        form,
    )
