"""`vib predict`"""

from pathlib import Path
from typing import Annotated

import typer

from vibcli.cli.options import completing, shared
from vibcli.cli.options.choices import MOST_DRAWS
from vibcli.cli.options.session import MODEL, with_session
from vibcli.config.fields import MOST
from vibcli.reporting.exports import FORMATS
from vibcli.runs.session import Session


@with_session(*MODEL)
def predict(
    *,
    session: Session,
    run: Annotated[
        str,
        typer.Argument(
            help="A run: path, id, unique prefix, or 'latest'.",
            metavar="RUN",
            autocompletion=completing.runs,
        ),
    ],
    file: Annotated[
        Path,
        typer.Argument(
            help="New raw rows: a table, an image, or a folder of images.", metavar="FILE"
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            show_default=False,
            help=f"Write here ({', '.join(FORMATS)}) instead of CSV to the terminal.",
        ),
    ] = None,
    samples: Annotated[
        int,
        typer.Option(
            "--samples",
            min=0,
            max=MOST_DRAWS,
            help="0 predicts from the mean of z; n averages the probabilities of n draws. For an "
            "autoencoder's bounds 0 takes as many draws as its test did.",
        ),
    ] = 0,
    missing: shared.MissingValues = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=MOST, help="Seed of the draws.")] = 0,
) -> None:
    """Predict new rows: class, probabilities, rate; a number and its interval; bounds on log p(x).

    The rows keep their order and their columns. A high rate says that the model used many
    nats to tell this row from the prior. An autoencoder adds distortion, rate, ELBO and the
    importance-weighted bound on log p(x): rows unlike those it was trained on stand out by a low
    one.

    [bold]vib predict latest new.csv --output predictions.csv[/bold]
    """
    from vibcli.cli.actions.predict import predict as action

    action(session, run, file, output, samples, seed, missing)
