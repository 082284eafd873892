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
    VARIANTS,
    DataSpec,
    RunConfig,
    meant_for,
    resolve,
    without_effect,
)
from vibcli.errors import RunError, VibError, unknown

if TYPE_CHECKING:
    from vibcli.compare import Comparison, Member, Predictions
    from vibcli.data import Description
    from vibcli.predictions import SavedPredictions
    from vibcli.records import Run
    from vibcli.tasks import Task


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
        int,
        typer.Option("--seeds", min=1, help="Compare seeds 0 to N-1."),
    ] = DEFAULT_SEEDS,
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
        bool, typer.Option("--no-train", help="Refuse to train what is missing.")
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
    from vibcli.tasks import Task

    if len(names) < 2:
        raise VibError("Name at least two to compare, for example: vib compare baseline vib")
    spec = session.check_settings(settings, [])
    place = session.place_of(results, data_dir, no_cache)
    dataset = session.open_data(spec, place)
    about = dataset.description
    variants = [name for name in names if name in VARIANTS]
    experiments = {
        name: (name, resolve(name, about.kind, meant_for(name, variants, settings)))
        if name in VARIANTS
        else _experiment(name, about, results)
        for name in names
    }
    own = [experiments[name][1] for name in variants]
    overrides = [name for name in settings if name not in DataSpec.model_fields]
    if useless := without_effect(overrides, own):
        raise VibError(f"{', '.join(useless)} has no effect on {' or '.join(names)}.")
    wanted = {
        name: [Task(*experiment, seed) for seed in range(seeds)]
        for name, experiment in experiments.items()
    }
    if len({tasks[0].folder(results, about).id for tasks in wanted.values()}) < len(names):
        raise VibError(f"Each experiment once, please: {' '.join(names)}.")
    tasks = [task for paired in zip(*wanted.values(), strict=True) for task in paired]
    found = {} if fresh else _finished(tasks, about, results)
    missing = [task for task in tasks if task not in found]
    if missing and no_train:
        raise VibError(
            f"{len(missing)} of {len(tasks)} runs are missing and --no-train was given. "
            "Leave it out to train them."
        )
    if missing:
        note(f"{len(missing)} of {len(tasks)} runs are to be trained.")
        trained = session.perform(
            missing, dataset, spec, place, device=device, threads=threads, jobs=jobs, fresh=fresh
        )
        found |= dict(zip(missing, trained, strict=True))
    members = [_member(name, [found[task] for task in wanted[name]]) for name in names]
    readable = [run for run in found.values() if run is not None]
    if not all(member.runs for member in members):
        session.fail_if_broken(readable)
    predictions = _predictions(members, results)
    result = statistics.compare(members, target, margin / 100, predictions)
    pictures = _save(result, members, predictions, results)
    if json:
        print_json(_content(result, members))
    elif csv:
        _print_csv(result, members)
    else:
        from vibcli.tables import comparison

        out.print(comparison(result))
        note(f"Pictures: {', '.join(map(str, pictures))}")
    session.fail_if_broken(readable)


def _experiment(name: str, about: "Description", results: Path) -> tuple[str, RunConfig]:
    """Name and settings of the experiment that ``name`` stands for.

    Raises:
        VibError: it stands for nothing, for several experiments, or for one on other data.
    """
    from vibcli.runs import listing

    runs = listing(results, about.name).runs
    named = [run for run in runs if name in (run.name, run.experiment)]
    if not named:
        known = {*VARIANTS, *(run.name for run in runs)}
        raise VibError(unknown("variant or experiment", name, known))
    fitting = {r.experiment: r for r in named if r.data.fingerprint == about.fingerprint}
    if not fitting:
        raise VibError(
            f"'{name}' was trained on other data ({named[0].data.fingerprint}) than "
            f"'{about.name}' holds now ({about.fingerprint})."
        )
    if len(fitting) > 1:
        raise VibError(
            f"'{name}' has runs with different settings; say which: {', '.join(sorted(fitting))}."
        )
    run = fitting.popitem()[1]
    return run.name, run.config


def _finished(
    tasks: "Sequence[Task]", about: "Description", results: Path
) -> "dict[Task, Run | None]":
    """The runs that need no training; None for one whose record is damaged."""
    found: dict[Task, Run | None] = {}
    for task in tasks:
        folder = task.folder(results, about)
        try:
            if (run := folder.finished()) is not None:
                found[task] = run
        except RunError as error:
            complain(f"{error} It is left out.")
            found[task] = None
    return found


def _member(name: str, runs: "Sequence[Run | None]") -> "Member":
    from vibcli.compare import Member

    complete = {run.seed: run for run in runs if run is not None and run.status == "complete"}
    return Member(name, complete, len(runs) - len(complete))


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


def _save(
    result: "Comparison", members: "Sequence[Member]", predictions: "Predictions", results: Path
) -> list[Path]:
    """Write the comparison and its pictures; the same runs give the same names."""
    import json

    from vibcli.cli.output import finite
    from vibcli.files import write_text

    made = [(run.id, run.created) for member in members for run in member.runs.values()]
    digest = hashlib.sha256(repr((made, result.target)).encode()).hexdigest()[:8]
    names = "-".join(member.name for member in members)[:80]
    path = results / result.dataset / "comparisons" / f"{names}-{digest}.json"
    content = finite(_content(result, members))
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    curves, reliability = path.with_suffix(".png"), path.with_name(f"{path.stem}-reliability.png")
    # the names say which runs they show; drawing takes a second
    if not curves.exists():
        from vibcli.plots import validation_curves

        validation_curves(members, result, curves)
    if not predictions:
        return [curves]
    if not reliability.exists():
        from vibcli import metrics
        from vibcli.plots import reliability_picture

        bins = {
            name: [metrics.reliability(p.log_probabilities, p.labels) for p in seeds.values()]
            for name, seeds in predictions.items()
        }
        reliability_picture(bins, f"{result.dataset}: how right where how confident", reliability)
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
