"""`vib interpolate`"""

from pathlib import Path
from typing import Annotated, Any

import typer

from vibcli.cli.options import completing, shared
from vibcli.cli.options.choices import ALL, ENDPOINTS, MODES, MOST_DRAWS, MOST_STEPS, STEPS
from vibcli.cli.options.session import DATA, with_session
from vibcli.config.fields import MOST
from vibcli.runs.session import Session

ENDS = "Ends"


def _end(flag: str, help: str, **more: Any) -> Any:
    return typer.Option(flag, help=help, rich_help_panel=ENDS, show_default=False, **more)


NUMBER = "Test example with this number, counted from 0; random by default."
CLASS = "Random test example of this class, one that a classifier gets right if there is any."
FILE = "A file of yours: an image, a text (.txt), or a table with one row."


@with_session(*DATA)
def interpolate(
    *,
    session: Session,
    run: shared.RunName = "",
    mode: Annotated[
        str | None,
        typer.Option(
            "--mode",
            help="Path between the ends; all shows every one, and the inputs themselves mixed. "
            "[dim](default: spherical)[/dim]",
            metavar="|".join((*MODES, ALL)),
            autocompletion=completing.among(*MODES, ALL),
            show_default=False,
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            max=MOST_STEPS,
            help=f"Points, both ends included. [dim](default: {STEPS})[/dim]",
            show_default=False,
        ),
    ] = None,
    pairs: Annotated[
        int | None,
        typer.Option(
            "--pairs",
            min=1,
            max=MOST_DRAWS,
            help="Take so many walks of every mode instead, between draws from the prior, between "
            "the encoder's means of test examples and between draws from a uniform prior, and "
            "report means with intervals.",
            show_default=False,
        ),
    ] = None,
    endpoints: Annotated[
        str | None,
        _end(
            "--endpoints",
            "Two test examples or two draws from the prior. [dim](default: test)[/dim]",
            metavar="|".join(ENDPOINTS),
            autocompletion=completing.among(*ENDPOINTS),
        ),
    ] = None,
    start: Annotated[int | None, _end("--from", NUMBER, max=MOST)] = None,
    end: Annotated[int | None, _end("--to", NUMBER, max=MOST)] = None,
    start_class: Annotated[str | None, _end("--from-class", CLASS)] = None,
    end_class: Annotated[str | None, _end("--to-class", CLASS)] = None,
    start_file: Annotated[Path | None, _end("--from-file", FILE)] = None,
    end_file: Annotated[Path | None, _end("--to-file", FILE)] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=MOST, help="Seed of random ends.")] = 0,
    dataset: shared.RunData = None,
    json: shared.Json = False,
) -> None:
    """Walk through the latent space and show what the model sees on the way.

    For each step: the position, the norm of z, its log density under the prior and the nearest
    training example. A classifier tells class probabilities and their entropy, a regression the
    number that it predicts. An autoencoder decodes the walk: into pictures, into the words that a
    text stands out by, or into the numbers of a table. By default the newest run that has a latent
    is used. Between draws from the prior, or files of yours, it needs no data: without them nearest
    examples are left out.

    [bold]vib interpolate --mode all --from-class 3 --to-class 8[/bold]

    [bold]vib interpolate --pairs 500[/bold]
    """
    from vibcli.cli.actions.interpolate import WalkRequest
    from vibcli.cli.actions.interpolate import interpolate as action

    ends = (
        {"--from": start, "--from-class": start_class, "--from-file": start_file},
        {"--to": end, "--to-class": end_class, "--to-file": end_file},
    )
    action(session, run, WalkRequest(mode, steps, pairs, endpoints, ends, seed, dataset), json)
