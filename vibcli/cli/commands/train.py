"""`vib train`"""

from typing import Annotated, Any

import typer

from vibcli.cli.options import completing, shared
from vibcli.cli.options.choices import MOST_SEEDS
from vibcli.cli.options.session import TRAINING, with_session
from vibcli.cli.options.settings import with_settings
from vibcli.config.fields import MOST
from vibcli.config.kinds import DEFAULT_VARIANT
from vibcli.runs.session import Session
from vibcli.tasks.find import all_variants

VARIANTS = "; ".join(f"[bold]{name}[/bold]: {v.description}" for name, v in all_variants().items())


@with_settings
@with_session(*TRAINING)
def train(
    *,
    settings: dict[str, Any],
    session: Session,
    variant: Annotated[
        str,
        typer.Option(
            "--variant",
            help=f"Way to train. {VARIANTS}.",
            autocompletion=completing.variants,
        ),
    ] = DEFAULT_VARIANT,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Call the experiment so, for vib compare.", show_default=False),
    ] = None,
    task: shared.TaskName = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=MOST, help="Seed of a single run.")] = 0,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds", min=1, max=MOST_SEEDS, help="Train seeds 0 to N-1.", show_default=False
        ),
    ] = None,
    json: shared.Json = False,
) -> None:
    """Train a model, test it, and save the run.

    The epoch is chosen on a validation part held out of the training data; the test part is
    used once, at the end. The same command again finds the run, or goes on with it if it was
    interrupted.

    [bold]vib train --dataset imdb --lambda 0.1[/bold]
    """
    from vibcli.cli.actions.train import train as action

    action(settings, session, variant, name, task, list(range(seeds)) if seeds else [seed], json)
