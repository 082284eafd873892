"""`vib compare` of experiments that predict labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vibcli.cli import comparisons
from vibcli.cli.output import complain, note, print_json
from vibcli.cli.output import results as out
from vibcli.cli.short_names import short_names, shortened
from vibcli.comparison import compare as statistics
from vibcli.comparison.quantities import area, arrival, best_accuracy
from vibcli.comparison.verdict import verdict
from vibcli.errors import RunError

if TYPE_CHECKING:
    from vibcli.cli.short_names import ShortNames
    from vibcli.comparison.compare import Comparison, Predictions
    from vibcli.comparison.findings import Member
    from vibcli.store.predictions import SavedPredictions

TESTED = (
    *("accuracy", "nll_nats", "brier", "ece", "ece_adaptive"),
    *("macro_f1", "auroc", "rate_nats"),
)


def show(
    members: "list[Member]", results: Path, target: float | None, margin: float, form: str
) -> None:
    """Compare, keep what was found, draw it and print it.

    Args:
        members: what is compared.
        results: the results folder.
        target: validation accuracy that counts as converged.
        margin: difference of accuracies that would matter, in points.
        form: one of `comparisons.FORMS`.
    """
    predictions = _predictions(members, results)
    result = statistics.compare(members, target, margin / 100, predictions)
    content = comparisons.content(result, verdict(result), members)
    short = short_names([member.name for member in members])
    folder = results / result.dataset
    path = comparisons.write(content, members, (result.target, margin), folder, short)
    told, shown = shortened(result, members, short)
    pictures = _draw(told, shown, predictions, short, path)
    if form == "json":
        print_json(content)
    elif form == "csv":
        comparisons.print_csv(_lines(result, members))
    else:
        from vibcli.reporting.tables.comparison import comparison

        out.print(comparison(told))
        note(f"Pictures: {', '.join(map(str, pictures))}")


def _predictions(members: "Sequence[Member]", results: Path) -> "Predictions":
    """What each run said of the test rows, where that was kept."""
    from vibcli.store.predictions import load_predictions
    from vibcli.store.runs import RunDir

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
        from vibcli.reporting.plots.curves import validation_curves

        validation_curves(members, told, curves)
    if not predictions:
        return [curves]
    if not reliability.exists():
        from vibcli.reporting.plots.reliability import reliability_picture
        from vibcli.store.predictions import reliability_of

        bins = {
            names.short[name]: reliability_of(seeds.values()) for name, seeds in predictions.items()
        }
        reliability_picture(bins, f"{told.dataset}: how right where how confident", reliability)
    return [curves, reliability]


def _lines(result: "Comparison", members: "Sequence[Member]") -> list[dict[str, Any]]:
    """A line for each run."""
    lines = []
    for member in members:
        for seed, run in member.runs.items():
            assert run.test is not None
            arrived = arrival(run, result.target)
            lines.append(
                {
                    "name": member.name,
                    "seed": seed,
                    **{f"test_{key}": run.test.selected.get(key) for key in TESTED},
                    "best_validation_accuracy": best_accuracy(run),
                    "epochs_to_target": arrived.epochs,
                    "seconds_to_target": arrived.seconds,
                    "validation_area": area(run, result.horizon.epochs),
                    "train_seconds": run.timings["train_seconds"],
                    "run": run.id,
                }
            )
    return lines
