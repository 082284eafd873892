"""`vib compare`"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vibcli.cli import options, session
from vibcli.cli.generated import with_settings
from vibcli.cli.output import complain, note, print_json
from vibcli.cli.output import results as out
from vibcli.config import (
    DEFAULT_SEEDS,
)
from vibcli.errors import RunError, VibError

if TYPE_CHECKING:
    from vibcli.cli.short_names import ShortNames
    from vibcli.compare import Comparison, Member, Predictions
    from vibcli.predictions import SavedPredictions


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

    [bold]vib compare baseline control vib --dataset imdb --seeds 3[/bold]
    """
    from vibcli import compare as statistics
    from vibcli.cli import members as gather
    from vibcli.cli.short_names import short_names, shortened

    if len(names) < 2:
        raise VibError("Name at least two to compare, for example: vib compare baseline vib")
    if no_train and fresh:
        raise VibError("--fresh trains and --no-train refuses to; give one of them.")
    spec = session.check_settings(settings, [])
    if no_train:
        members, runs = gather.recorded(names, settings, spec, seeds, results)
    else:
        place = session.place_of(results, data_dir, no_cache)
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
    predictions = _predictions(members, results)
    result = statistics.compare(members, target, margin / 100, predictions)
    short = short_names([member.name for member in members])
    told, shown = shortened(result, members, short)
    path = _write(result, members, short, results)
    pictures = _draw(told, shown, predictions, short, path)
    if json:
        print_json(_content(result, members))
    elif csv:
        _print_csv(result, members)
    else:
        from vibcli.tables import comparison

        out.print(comparison(told))
        note(f"Pictures: {', '.join(map(str, pictures))}")
    session.fail_if_broken(runs)


def _predictions(members: "Sequence[Member]", results: Path) -> "Predictions":
    """What each run said of the test rows, where that was kept."""
    from vibcli.predictions import load_predictions
    from vibcli.runs import RunDir

    found: dict[str, dict[int, SavedPredictions]] = {}
    for member in members:
        for seed, run in member.runs.items():
            try:
                predictions = load_predictions(RunDir(results, run.id))
            except RunError as error:
                complain(f"{error} What its test rows say is left out.")
                continue
            if predictions is not None:
                found.setdefault(member.name, {})[seed] = predictions
    return found


def _write(
    result: "Comparison", members: "Sequence[Member]", names: "ShortNames", results: Path
) -> Path:
    """Write the comparison; the same runs give the same name."""
    import json

    from vibcli.cli.output import finite
    from vibcli.files import write_text

    made = [(run.id, run.created) for member in members for run in member.runs.values()]
    digest = hashlib.sha256(repr((made, result.target)).encode()).hexdigest()[:8]
    shown = ".".join(["+".join(names.origins), "-".join(names.short.values())]).lstrip(".")
    path = results / result.dataset / "comparisons" / f"{shown[:80]}-{digest}.json"
    content = finite(_content(result, members))
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return path


def _draw(
    told: "Comparison",
    members: "Sequence[Member]",
    predictions: "Predictions",
    names: "ShortNames",
    path: Path,
) -> list[Path]:
    """Draw the pictures that belong to the comparison in ``path``."""
    curves, reliability = path.with_suffix(".png"), path.with_name(f"{path.stem}-reliability.png")
    # the names say which runs they show; drawing takes a second
    if not curves.exists():
        from vibcli.plots import validation_curves

        validation_curves(members, told, curves)
    if not predictions:
        return [curves]
    if not reliability.exists():
        from vibcli.plots import reliability_picture
        from vibcli.predictions import reliability_of

        bins = {
            names.short[name]: reliability_of(seeds.values()) for name, seeds in predictions.items()
        }
        reliability_picture(bins, f"{told.dataset}: how right where how confident", reliability)
    return [curves, reliability]


def _content(result: "Comparison", members: "Sequence[Member]") -> dict[str, Any]:
    """The comparison and the runs it rests on, as plain values."""
    from vibcli.verdict import verdict

    runs = [run.id for member in members for run in member.runs.values()]
    return {**_plain(result), "verdict": verdict(result), "runs": runs}


def _plain(value: Any) -> Any:
    """Named tuples as dictionaries, all the way down."""
    if hasattr(value, "_asdict"):
        return {key: _plain(item) for key, item in value._asdict().items()}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _print_csv(result: "Comparison", members: "Sequence[Member]") -> None:
    import csv
    import sys

    from vibcli.quantities import best_accuracy, convergence

    writer = csv.writer(sys.stdout, lineterminator="\n")
    tested = (
        *("accuracy", "nll_nats", "brier", "ece", "ece_adaptive"),
        *("macro_f1", "auroc", "rate_nats"),
    )
    writer.writerow(
        [
            "name",
            "seed",
            *(f"test_{key}" for key in tested),
            "best_validation_accuracy",
            "epochs_to_target",
            "seconds_to_target",
            "validation_area",
            "train_seconds",
            "run",
        ]
    )
    for member in members:
        for seed, run in member.runs.items():
            assert run.test is not None
            speed = convergence(run, result.target)
            writer.writerow(
                [
                    member.name,
                    seed,
                    *(run.test.selected.get(key) for key in tested),
                    best_accuracy(run),
                    speed.epochs,
                    speed.seconds,
                    speed.area,
                    run.timings["train_seconds"],
                    run.id,
                ]
            )
