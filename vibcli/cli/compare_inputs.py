"""`vib compare` of autoencoders."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from vibcli.cli import comparisons
from vibcli.cli.output import note, notes, print_json
from vibcli.cli.output import results as out
from vibcli.cli.short_names import short_names
from vibcli.comparison.compare_inputs import compare_inputs, quantities
from vibcli.comparison.findings import Member
from vibcli.comparison.verdict_inputs import verdict
from vibcli.errors import VibError
from vibcli.store.runs import RunDir

if TYPE_CHECKING:
    from vibcli.data import Dataset
    from vibcli.device import Machine
    from vibcli.store.records import Run


def show(
    members: "list[Member]",
    results: Path,
    dataset: "Dataset | None",
    machine: "Machine",
    iw_samples: int | None,
    form: str,
) -> None:
    """Compare, keep what was found, draw it and print it.

    Args:
        members: what is compared.
        results: the results folder.
        dataset: the data of the runs; None draws no pictures.
        machine: where to compute.
        iw_samples: draws for the importance-weighted bound, if not those that were taken.
        form: one of `comparisons.FORMS`.
    """
    if iw_samples is not None:
        if dataset is None:
            raise VibError("--iw-samples needs the data; leave out --no-train.")
        members = _evaluated_again(members, results, dataset, machine, iw_samples)
    result = compare_inputs(members)
    content = comparisons.content(result, verdict(result), members)
    short = short_names([member.name for member in members])
    path = comparisons.write(content, members, result.iw_samples, results / result.dataset, short)
    pictures = [] if dataset is None else _draw(members, results, dataset, machine, path)
    if form == "json":
        print_json(content)
    elif form == "csv":
        comparisons.print_csv(_lines(members))
    else:
        from vibcli.reporting.tables.comparison_inputs import comparison_inputs

        out.print(comparison_inputs(result))
        if pictures:
            note(f"Pictures: {', '.join(map(str, pictures))}")


def _evaluated_again(
    members: "Sequence[Member]",
    results: Path,
    dataset: "Dataset",
    machine: "Machine",
    iw_samples: int,
) -> "list[Member]":
    """The same runs with bounds of so many draws; the records stay as they are."""
    from vibcli.evaluation.evaluate import evaluate
    from vibcli.runs.loop import Rows
    from vibcli.runs.rows import run_part
    from vibcli.runs.saved import load_model

    device = machine.start()

    def again(run: "Run") -> "Run":
        if run.test is None or run.test.selected.get("iw_samples") in (None, iw_samples):
            return run
        saved = load_model(RunDir(results, run.id), device)
        test = Rows.of(run_part(saved, dataset, "test"))
        found, _ = evaluate(saved.model, *test, device, iw_samples, run.seed)
        return run.updated(test=run.test.model_copy(update={"selected": found}))

    with notes.status(Text(f"Evaluating with {iw_samples} draws of z")):
        return [
            member._replace(runs={seed: again(run) for seed, run in member.runs.items()})
            for member in members
        ]


def _draw(
    members: "Sequence[Member]",
    results: Path,
    dataset: "Dataset",
    machine: "Machine",
    path: Path,
) -> list[Path]:
    """Pictures of the first seed that all have."""
    from vibcli.cli import galleries

    shared = set.intersection(*(set(member.runs) for member in members))
    if not shared:
        return []
    seed = min(shared)
    folders = {member.name: RunDir(results, member.runs[seed].id) for member in members}
    title = f"{dataset.description.name}, seed {seed}"
    with notes.status("Drawing"):
        return galleries.draw(folders, dataset, title, path.with_suffix(""), machine.start())


def _lines(members: "Sequence[Member]") -> list[dict[str, Any]]:
    """A line for each run."""
    return [
        {"name": member.name, "seed": seed, **quantities(run), "run": run.id}
        for member in members
        for seed, run in member.runs.items()
    ]
