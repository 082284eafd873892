"""`vib compare`"""

from pathlib import Path
from typing import Annotated, Any

import typer

from vibcli.cli import session
from vibcli.cli.options import shared as options
from vibcli.cli.options.generated import with_settings
from vibcli.config.variants import DEFAULT_SEEDS
from vibcli.errors import VibError


@with_settings
def compare(
    *,
    names: Annotated[
        list[str],
        typer.Argument(
            help="Variants or named experiments; the first is what the others are compared to.",
            metavar="A B ...",
        ),
    ],
    settings: dict[str, Any],
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
            max=1,
            show_default=False,
            help="Validation accuracy that counts as converged, 0 to 1; by default 99% of the "
            "first one's mean best.",
        ),
    ] = None,
    margin: Annotated[
        float,
        typer.Option(
            "--margin",
            min=0,
            help="Difference in test accuracy that would matter, in points; smaller ones count as "
            "equal.",
        ),
    ] = 0.5,
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
    fresh: options.Fresh = False,
    json: options.Json = False,
    csv: Annotated[
        bool,
        typer.Option("--csv", help="Print CSV, a line for each run.", rich_help_panel="Output"),
    ] = False,
    results: options.Results = Path("results"),
    data_dir: options.DataDir = None,
    no_cache: options.NoCache = False,
    device: options.Device = "auto",
    threads: options.Threads = None,
    jobs: options.Jobs = None,
) -> None:
    """Compare variants over several seeds: accuracy, convergence, and what the data support.

    What is missing is trained, several runs at once. Seeds are paired: seed k gives every
    variant the same split, the same order of examples and, where shapes agree, the same initial
    weights. Settings apply to every variant that has them; named experiments keep their own.

    Autoencoders are compared by their bounds on log p(x), what they rebuild and what they make of
    draws from the prior: [bold]vib compare ae vae --dataset mnist[/bold]

    [bold]vib compare baseline control vib --dataset imdb --seeds 3[/bold]
    """
    from vibcli.cli import members as gather

    if len(names) < 2:
        raise VibError("Name at least two to compare, for example: vib compare baseline vib")
    if no_train and fresh:
        raise VibError("--fresh trains and --no-train refuses to; give one of them.")
    spec = session.check_settings(settings, [])
    place = session.place_of(results, data_dir, no_cache)
    if no_train:
        members, runs = gather.recorded(names, settings, spec, seeds, results)
    else:
        members, runs = gather.trained(
            names,
            settings,
            spec,
            seeds or DEFAULT_SEEDS,
            place,
            device=device,
            threads=threads,
            jobs=jobs,
            fresh=fresh,
        )
    if not all(member.runs for member in members):
        session.fail_if_broken(runs)
    autoencoders = {run.config.predicts == "input" for m in members for run in m.runs.values()}
    if len(autoencoders) > 1:
        raise VibError("Some of these predict labels, some their inputs: compare one kind.")
    form = "json" if json else "csv" if csv else "table"
    if autoencoders == {False}:
        from vibcli.cli import compare_labels

        if iw_samples is not None:
            raise VibError("--iw-samples is for autoencoders.")
        compare_labels.show(members, results, target, margin, form)
    else:
        from vibcli.cli import compare_inputs
        from vibcli.data import load
        from vibcli.device import Machine

        if target is not None:
            raise VibError("--target is a validation accuracy; autoencoders have none.")
        dataset = None if no_train else load(spec, place.data_dir, place.use_cache)
        compare_inputs.show(members, results, dataset, Machine(device, threads), iw_samples, form)
    session.fail_if_broken(runs)
