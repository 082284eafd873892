"""What `vib compare` does."""

import csv
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from vibcli.cli.actions.members import Gathered, recorded_members, trained_members
from vibcli.cli.outcomes import fail_if_broken
from vibcli.cli.output import complain, note, print_json
from vibcli.cli.output import results as out
from vibcli.comparison.compare import Comparison, check_asked, the_task
from vibcli.comparison.compare import compare as statistics
from vibcli.comparison.content import content, lines
from vibcli.comparison.findings import Member
from vibcli.comparison.names import short_names, shortened
from vibcli.comparison.row_scores import Scores
from vibcli.config.kinds import DEFAULT_SEEDS
from vibcli.config.record import validate
from vibcli.errors import RunError, VibError
from vibcli.reporting.scene import Scene, draw_all
from vibcli.reporting.tables.comparison import comparison_table
from vibcli.runs.session import Session
from vibcli.store.comparisons import keep, picture
from vibcli.store.predictions import damaged, load_predictions
from vibcli.store.rundir import RunDir
from vibcli.tasks.row_scores import RowScores
from vibcli.tasks.task import Task

if TYPE_CHECKING:
    import pyarrow as pa

    from vibcli.data import Dataset, Part
    from vibcli.runs.saved_model import SavedModel

Tables = dict[str, dict[int, "pa.Table"]]  # saved predictions by experiment and seed


class CompareRequest(NamedTuple):
    """What was asked for; None and False where it was not."""

    task: str | None
    seeds: int | None
    target: float | None
    margin: float | None
    iw_samples: int | None
    no_train: bool


def compare(
    session: Session,
    names: Sequence[str],
    settings: Mapping[str, Any],
    wanted: CompareRequest,
    form: str,
) -> None:
    """Gather runs, compare them, keep what was found, draw it and print it.

    ``form`` is ``table``, ``json`` or ``csv``.
    """
    if len(names) < 2:
        raise VibError("Name at least two to compare, for example: vib compare baseline vib")
    if wanted.no_train and session.fresh:
        raise VibError("--fresh trains and --no-train refuses to; give one of them.")
    gathered = _gather(session, names, settings, wanted)
    if all(member.runs for member in gathered.members):
        _show(session, gathered, wanted, form)
    fail_if_broken(gathered.runs)
    if not all(member.runs for member in gathered.members):
        statistics(gathered.members)  # says which has none


def _gather(
    session: Session, names: Sequence[str], settings: Mapping[str, Any], wanted: CompareRequest
) -> Gathered:
    spec = validate(settings)
    if wanted.no_train:
        return recorded_members(names, settings, spec, wanted.seeds, session.results, wanted.task)
    seeds = wanted.seeds or DEFAULT_SEEDS
    check = partial(_check, wanted)
    return trained_members(names, settings, spec, seeds, session, wanted.task, check)


def _check(wanted: CompareRequest, task: Task) -> None:
    """Refuse what a task does not have, before anything is trained.

    Raises:
        VibError: naming it.
    """
    check_asked(task, wanted.target, wanted.margin)
    if wanted.iw_samples is not None and "iw_samples" not in task.options:
        raise VibError("--iw-samples is for autoencoders.")


def _show(session: Session, gathered: Gathered, wanted: CompareRequest, form: str) -> None:
    members, dataset = gathered.members, gathered.dataset
    runs = [run for member in members for run in member.runs.values()]
    task = the_task(runs)
    _check(wanted, task)
    if wanted.iw_samples is not None:
        if dataset is None:
            raise VibError("--iw-samples needs the data; leave out --no-train.")
        from vibcli.cli.actions.models import evaluated_again  # PyTorch

        members = evaluated_again(members, session, dataset, wanted.iw_samples)
    tables, scores = _predictions(members, session.results, task)
    result = statistics(members, wanted.target, wanted.margin, scores)
    found = content(result, members)
    short = short_names([member.name for member in members])
    title = ".".join(["+".join(short.origins), "-".join(short.short.values())]).lstrip(".")
    made = [(run.id, run.created) for member in members for run in member.runs.values()]
    identity = made, _identity(result, task, wanted.margin)
    path = keep(session.results, result.dataset, title, identity, found)
    told, shown = shortened(result, members, short)
    scene = Scene(
        title=told.dataset,
        label=runs[0].data.label,
        members=shown,
        comparison=told,
        predictions={short.short[name]: seeds for name, seeds in tables.items()},
        load_models=None if dataset is None else partial(_models, members, session, dataset),
    )
    drawn = draw_all(scene, task, lambda name: picture(path, name))
    if form == "json":
        print_json(found)
    elif form == "csv":
        _print_csv(lines(result, members))
    else:
        out.print(comparison_table(told))
        if drawn:
            note(f"Pictures: {', '.join(map(str, drawn))}")


def _identity(result: Comparison, task: Task, margin: float | None) -> object:
    """What, beside the runs, a comparison depends on; it enters the name of its file."""
    if task.margin is None or result.race is None:
        return result.iw_samples
    return result.race.target, task.margin.value if margin is None else margin


def _models(
    members: Sequence[Member], session: Session, dataset: "Dataset"
) -> "Mapping[str, tuple[SavedModel, Part]]":
    from vibcli.cli.actions.models import models_of  # PyTorch

    return models_of(members, session, dataset)


def _predictions(members: Sequence[Member], results: Path, task: Task) -> tuple[Tables, Scores]:
    """What each run said of the test rows, where that was kept, and how right it is on each."""
    tables: Tables = {}
    scores: dict[str, dict[int, RowScores]] = {}
    read = None if task.row_scores is None else task.row_scores.load()
    for member in members:
        for seed, run in member.runs.items():
            folder = RunDir(results, run.id)
            try:
                table = load_predictions(folder)
                if table is not None and read is not None:
                    scores.setdefault(member.name, {})[seed] = read(table)
            except RunError as error:
                complain(f"{error} What its test rows say is left out.")
            except (ValueError, KeyError, AttributeError) as error:
                complain(f"{damaged(folder, error)} What its test rows say is left out.")
            else:
                if table is not None:
                    tables.setdefault(member.name, {})[seed] = table
    return tables, scores


def _print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print lines that share their columns."""
    writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
