"""`vib reproduce`"""

from typing import Annotated

import typer

from vibcli.cli.options import completing, shared
from vibcli.cli.options.choices import MOST_SEEDS
from vibcli.cli.options.session import TRAINING, with_session
from vibcli.runs.session import Session


@with_session(*TRAINING)
def reproduce(
    *,
    session: Session,
    name: Annotated[
        str | None,
        typer.Argument(
            help="A recipe, or a path to one of yours (.toml).",
            show_default=False,
            autocompletion=completing.recipes,
        ),
    ] = None,
    show_list: Annotated[bool, typer.Option("--list", help="List the recipes.")] = False,
    protocol: Annotated[
        str | None,
        typer.Option("--protocol", help="This protocol only.", show_default=False),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds", min=1, max=MOST_SEEDS, help="Seeds 0 to N-1 only.", show_default=False
        ),
    ] = None,
    no_train: Annotated[
        bool,
        typer.Option(
            "--no-train", help="Refuse to train what is missing; then no data are read either."
        ),
    ] = False,
    json: shared.Json = False,
) -> None:
    """Do a publication's experiments again and hold its claims against the runs.

    What is missing is trained. Then there is a line for each claim: our number with its 95%
    interval over seeds, and whether the claim is reproduced, not reproduced, or we cannot tell.

    [bold]Bounds[/bold] ("at least 89%") are reproduced if the whole interval keeps them, not
    reproduced if none of it does. [bold]Values[/bold] ("1.13% error") are reproduced if the
    interval contains them or is better throughout, not reproduced if it is worse throughout; but
    an interval that contains the value and is wider than twice the claimed difference, or contains
    no difference as well, cannot tell. A published value is taken as it stands, without an error.
    [bold]Differences[/bold] ("better than the baseline") go by the interval of the differences,
    paired by seed: not reproduced if nowhere better than 0, or if a gain as large as the claim's
    margin (the least that would count) lies outside the interval, else reproduced if better than 0
    throughout. In all other cases, with fewer than two seeds, where fewer than six seeds all agree
    to the last digit, and where a run broke down, we cannot tell.

    [bold]Epochs to the threshold:[/bold] until the watched accuracy reaches 99% of the mean best
    one of the recipe's first experiment; a run that never gets there counts with all its epochs.

    [bold]vib reproduce su2018-imdb --protocol honest[/bold]
    """
    from vibcli.cli.actions.reproduce import list_recipes
    from vibcli.cli.actions.reproduce import reproduce as action

    if show_list:
        list_recipes(session, json)
    else:
        action(session, name, protocol, seeds, no_train, json)
