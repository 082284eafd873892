"""`vib eval`"""

from pathlib import Path
from typing import Annotated

import typer

from vibcli.cli.options import completing, shared
from vibcli.cli.options.choices import MOST_DRAWS, SPLITS
from vibcli.cli.options.session import DATA, with_session
from vibcli.config.fields import MOST
from vibcli.runs.session import Session


@with_session(*DATA)
def eval(
    *,
    session: Session,
    run: shared.RunName = "latest",
    split: Annotated[
        str,
        typer.Option(
            "--split",
            help="Part of the run's data.",
            metavar="|".join(SPLITS),
            autocompletion=completing.among(*SPLITS),
        ),
    ] = "test",
    file: Annotated[
        Path | None,
        typer.Option("--file", help="New rows with labels instead.", show_default=False),
    ] = None,
    dataset: shared.RunData = None,
    missing: shared.MissingValues = None,
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples",
            min=0,
            max=MOST_DRAWS,
            help="0, the default, predicts from the mean of z; n averages the probabilities of n "
            "draws.",
            show_default=False,
        ),
    ] = None,
    iw_samples: Annotated[
        int | None,
        typer.Option(
            "--iw-samples",
            min=1,
            max=MOST_DRAWS,
            help="Draws of z for an autoencoder's ELBO and importance-weighted bound; by default "
            "64, or 8 where more than 2,000 values are predicted.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            min=0,
            max=MOST,
            help="Seed of the draws; the run's own by default.",
            show_default=False,
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--reliability",
            help="Draw accuracy by confidence here (.png).",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    pictures: Annotated[
        bool,
        typer.Option(
            "--pictures",
            help="Draw, beside the run, loss and rate by epoch, and of the test part: of a "
            "classifier what it takes for what and how right it is where how confident; of a "
            "regression predicted against true numbers and how wide its intervals should be; what "
            "an autoencoder of images rebuilds and makes of draws from the prior, and the plane "
            "of any latent of 2 dimensions.",
        ),
    ] = False,
    latent: Annotated[
        bool,
        typer.Option(
            "--latent",
            help="How normal and how decoupled the latent is, instead; with a picture.",
        ),
    ] = False,
    json: shared.Json = False,
) -> None:
    """Measure a saved run again: accuracy, calibration, distortion, rate, I(Z;Y).

    Of a regression: RMSE, MAE, R², NLL, CRPS, coverage of the 90% interval. Of an autoencoder:
    ELBO, importance-weighted bound, reconstruction, samples from the prior.

    [bold]vib eval latest --samples 12[/bold]

    With --latent: where the rate goes (I(X;Z), marginal gap, total correlation), distance from a
    normal distribution, correlations, and how well units predict each other, of the latent and
    of the features that it is made of. Table, picture and .json are of all rows.
    """
    from vibcli.cli.actions.eval import EvalRequest
    from vibcli.cli.actions.eval import evaluate as action

    wanted = EvalRequest(
        split, file, samples, iw_samples, seed, picture, pictures, latent, dataset, missing
    )
    action(session, run, wanted, json)
