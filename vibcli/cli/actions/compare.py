"""What `vib compare` does."""

import csv
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from vibcli.cli.actions.following import following, words_again
from vibcli.cli.actions.members import Gathered
from vibcli.cli.actions.recorded import recorded_members
from vibcli.cli.actions.trained import Wanted, trained_members
from vibcli.cli.outcomes import fail_if_broken
from vibcli.cli.output import complain, note, print_json
from vibcli.cli.output import results as out
from vibcli.cli.pages import check_page, write_page
from vibcli.comparison.alike import check_asked, the_task
from vibcli.comparison.compare import Asked, Comparison
from vibcli.comparison.compare import compare as statistics
from vibcli.comparison.content import content, lines
from vibcli.comparison.looks import taken
from vibcli.comparison.member import Member
from vibcli.comparison.names import short_names, shortened
from vibcli.comparison.row_scores import Scores
from vibcli.comparison.saved import saved
from vibcli.comparison.undecided import all_decided
from vibcli.config.record import validate
from vibcli.errors import RunError, VibError
from vibcli.registry import TASKS
from vibcli.reporting.scene import Scene, draw_all
from vibcli.reporting.tables.comparison import full_tables
from vibcli.reporting.tables.screen import first_screen
from vibcli.runs.session import Session
from vibcli.statistics import DESIGN
from vibcli.store.comparisons import keep, kept, picture
from vibcli.store.rundir import RunDir
from vibcli.tasks.row_scores import RowScores
from vibcli.tasks.task import Task

if TYPE_CHECKING:
    import pyarrow as pa

    from vibcli.data.dataset import Dataset
    from vibcli.data.prepare import Part
    from vibcli.runs.saved_model import SavedModel

Tables = dict[str, dict[int, "pa.Table"]]  # saved predictions by experiment and seed


class CompareRequest(NamedTuple):
    """What was asked for; None and False where it was not."""

    task: str | None = None
    seeds: int | None = None
    until_decided: bool = False
    always_valid: bool = False
    target: float | None = None
    margin: float | None = None
    iw_samples: int | None = None
    no_train: bool = False
    full: bool = False
    html: Path | None = None


class Found(NamedTuple):
    """What was compared, what came of it, and that as it is kept in a file."""

    members: list[Member]
    result: Comparison
    predictions: Tables
    content: dict[str, Any]
    path: Path


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
    if wanted.until_decided and (wanted.seeds or wanted.no_train or wanted.always_valid):
        raise VibError(
            "--until-decided chooses the number of seeds; leave out --seeds, --no-train and "
            "--always-valid."
        )
    if wanted.html is not None:
        check_page(wanted.html)
    gathered, found = _looked(session, names, settings, wanted)
    if found is not None:
        command = (names, settings, wanted)
        _show(session, gathered, found, command, form)
    fail_if_broken(gathered.runs)
    if found is None:
        statistics(gathered.members)  # says which has none


def _looked(
    session: Session, names: Sequence[str], settings: Mapping[str, Any], wanted: CompareRequest
) -> tuple[Gathered, Found | None]:
    """Look once, or at more and more seeds until all is decided; no comparison without runs."""
    spec = validate(settings)
    if wanted.no_train:
        gathered = recorded_members(
            names, settings, spec, wanted.seeds, session.results, wanted.task
        )
        return gathered, compared(session, gathered, wanted)
    members = trained_members(names, settings, spec, session, wanted.task, partial(_check, wanted))
    looks = DESIGN.looks if wanted.until_decided else (wanted.seeds,)
    for seeds in looks:
        gathered = members(Wanted(seeds, DESIGN.looks))
        found = compared(session, gathered, wanted)
        if found is None or all_decided(found.result):
            break
    return gathered, found


def compared(session: Session, gathered: Gathered, wanted: CompareRequest) -> Found | None:
    """Compare what was gathered, and keep it: that it was looked at is part of it."""
    members = gathered.members
    if not all(member.runs for member in members):
        return None
    runs = [run for member in members for run in member.runs.values()]
    task = the_task(runs)
    _check(wanted, task)
    if wanted.iw_samples is not None:
        if gathered.dataset is None:
            raise VibError("--iw-samples needs the data; leave out --no-train.")
        from vibcli.cli.actions.models import evaluated_again  # PyTorch

        members = evaluated_again(members, session, gathered.dataset, wanted.iw_samples)
    tables, scores = _predictions(members, session.results, task)
    experiments = [next(iter(member.runs.values())).experiment for member in members]
    before = kept(session.results, runs[0].data.name)
    asked = Asked(
        target=wanted.target,
        margin=wanted.margin,
        taken=taken((one.content for one in before), experiments),
        fixed=wanted.no_train or (wanted.seeds is not None and not wanted.always_valid),
        always_valid=wanted.always_valid,
    )
    result = statistics(members, asked, scores)
    plain = content(result, members)
    return Found(members, result, tables, plain, _keep(session.results, result, members, plain))


def _keep(
    results: Path, result: Comparison, members: Sequence[Member], plain: Mapping[str, Any]
) -> Path:
    """Write what was found; the same runs and questions have the same file."""
    short = short_names([member.name for member in members])
    title = ".".join(["+".join(short.origins), "-".join(short.short.values())]).lstrip(".")
    made = [(run.id, run.created) for member in members for run in member.runs.values()]
    asked = result.target, result.margin, result.level, result.iw_samples, result.always_valid
    return keep(results, result.dataset, title, (made, asked), plain)


def _check(wanted: CompareRequest, task: Task) -> None:
    """Refuse what a task does not have, before anything is trained.

    Raises:
        VibError: naming it.
    """
    check_asked(task, wanted.target, wanted.margin)
    if wanted.iw_samples is not None and "iw_samples" not in task.options:
        raise VibError("--iw-samples is for autoencoders.")


def _show(
    session: Session,
    gathered: Gathered,
    found: Found,
    command: tuple[Sequence[str], Mapping[str, Any], CompareRequest],
    form: str,
) -> None:
    members, result = found.members, found.result
    names, settings, wanted = command
    dataset = gathered.dataset
    models = None if dataset is None else partial(_models, members, session, dataset)
    scene = scene_of(found, models)
    task: Task = TASKS.load(result.task)
    drawn = draw_all(scene, task, lambda name: picture(found.path, name))
    if form == "json":
        print_json(found.content)
    elif form == "csv":
        _print_csv(lines(result, members))
    else:
        assert scene.comparison is not None
        steps = following(result, names, settings, wanted, session)
        out.print(first_screen(scene.comparison, steps), crop=False)
        if wanted.full:
            out.print(full_tables(scene.comparison))
        if drawn:
            note(f"Pictures: {', '.join(map(str, drawn))}")
    if wanted.html is not None:
        from vibcli.reporting.page.comparison import comparison_page

        others = {picture(found.path, one.name) for one in task.pictures if one.of != "models"}
        of_models = [file for file in drawn if file not in others]
        again = [shlex.join(words_again(names, settings, wanted))]
        write_page(wanted.html, comparison_page(scene, again, of_models))


def scene_of(
    found: Found,
    load_models: "Callable[[], Mapping[str, tuple[SavedModel, Part]]] | None" = None,
) -> Scene:
    """What there is to be shown of a comparison, under short names."""
    members, result, tables = found.members, found.result, found.predictions
    short = short_names([member.name for member in members])
    told, shown = shortened(result, members, short)
    return Scene(
        title=told.dataset,
        label=next(iter(members[0].runs.values())).data.label,
        members=shown,
        comparison=told,
        predictions={short.short[name]: seeds for name, seeds in tables.items()},
        load_models=load_models,
    )


def _models(
    members: Sequence[Member], session: Session, dataset: "Dataset"
) -> "Mapping[str, tuple[SavedModel, Part]]":
    from vibcli.cli.actions.models import models_of  # PyTorch

    return models_of(members, session, dataset)


def _predictions(members: Sequence[Member], results: Path, task: Task) -> tuple[Tables, Scores]:
    """What each run said of the test rows, where that was kept, and how right it is on each."""
    tables: Tables = {}
    scores: dict[str, dict[int, RowScores]] = {}
    for member in members:
        for seed, run in member.runs.items():
            try:
                table, own = saved(RunDir(results, run.id), task)
            except RunError as error:
                complain(f"{error} What its test rows say is left out.")
                continue
            if table is not None:
                tables.setdefault(member.name, {})[seed] = table
            if own is not None:
                scores.setdefault(member.name, {})[seed] = own
    return tables, scores


def _print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print lines that share their columns."""
    writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
