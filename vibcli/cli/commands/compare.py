"""`vib compare`"""

from typing import Annotated, Any

import typer

from vibcli.cli.options import completing, shared
from vibcli.cli.options.choices import MOST_DRAWS, MOST_SEEDS
from vibcli.cli.options.session import TRAINING, with_session
from vibcli.cli.options.settings import with_settings
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
            max=MOST_SEEDS,
            show_default=False,
            help="Compare seeds 0 to N-1 and no more, at 5% [dim](default: a first look at 8; with "
            "--no-train all that are there)[/dim].",
        ),
    ] = None,
    until_decided: Annotated[
        bool,
        typer.Option(
            "--until-decided",
            help="Train on and look at 8, 12, 16 and 20 seeds until the answer is decided; all "
            "looks together are wrong at most 5 times in 100.",
        ),
    ] = False,
    always_valid: Annotated[
        bool,
        typer.Option(
            "--always-valid",
            help="Decide by e-values, which hold however often one looks; they find less, and "
            "never that there is no difference.",
        ),
    ] = False,
    target: Annotated[
        float | None,
        typer.Option(
            "--target",
            min=0,
            show_default=False,
            help="Validation accuracy, 0 to 1, or RMSE that all are to reach, in the place of 99% "
            "of what both do.",
        ),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            "--margin",
            min=0,
            show_default=False,
            help="Difference in test accuracy, in points, or in RMSE that would matter [dim]"
            "(default: a tenth of the first one's error; a fiftieth of its RMSE)[/dim].",
        ),
    ] = None,
    iw_samples: Annotated[
        int | None,
        typer.Option(
            "--iw-samples",
            min=1,
            max=MOST_DRAWS,
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
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="Print every table, each seed, the settings.", rich_help_panel="Output"
        ),
    ] = False,
    html: shared.Html = None,
    json: shared.Json = False,
    csv: Annotated[
        bool,
        typer.Option("--csv", help="Print CSV, a line for each run.", rich_help_panel="Output"),
    ] = False,
) -> None:
    """Does it help, by how much, how fast: the answer, with what the seeds support.

    Eight seeds of each variant are trained, several at once; what is there already is not trained
    again. Seeds are paired: seed k gives every variant the same split, the same order of examples
    and, where shapes agree, the same initial weights. Where eight do not decide, the next command
    is printed, with what it costs. Settings apply to every variant that has them; named
    experiments keep their own.

    Where the label is a number, regressions are compared by their error in its own unit:
    [bold]vib compare baseline vib --dataset prices.csv --label price[/bold]

    Autoencoders are compared by their bounds on log p(x), what they rebuild and what they make of
    draws from the prior: [bold]vib compare ae vae --dataset mnist[/bold]

    [bold]vib compare baseline control vib --dataset imdb --until-decided[/bold]
    """
    from vibcli.cli.actions.compare import CompareRequest
    from vibcli.cli.actions.compare import compare as action

    form = "json" if json else "csv" if csv else "table"
    action(
        session,
        names,
        settings,
        CompareRequest(
            task=task,
            seeds=seeds,
            until_decided=until_decided,
            always_valid=always_valid,
            target=target,
            margin=margin,
            iw_samples=iw_samples,
            no_train=no_train,
            full=full,
            html=html,
        ),
        form,
    )
