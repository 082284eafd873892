"""Runs with a live display: what `train`, `compare` and `reproduce` share."""

from collections.abc import Container, Mapping, Sequence
from typing import Any, NamedTuple

from rich.text import Text

from vibcli.cli.outcomes import held_rate, outcome
from vibcli.cli.output import note, notes, warn
from vibcli.cli.progress import watching
from vibcli.config.data import WATCHED, DataSpec, Facts, notes_with
from vibcli.data.catalog import suited
from vibcli.data.dataset import Dataset, LabelKind
from vibcli.data.load import load
from vibcli.runs.session import Session
from vibcli.runs.wanted import WantedRun
from vibcli.store.records import Run
from vibcli.tasks.task import Task


class OpenData(NamedTuple):
    """Data, what was asked for to get them, and which of some tasks they are for."""

    dataset: Dataset
    spec: DataSpec
    label: LabelKind | None
    task: Task

    @property
    def facts(self) -> Facts:
        """What defaults depend on."""
        return Facts.of(self.spec.dataset, self.dataset.description.notes)


def open_data(
    spec: DataSpec, session: Session, tasks: Sequence[Task], settings: Mapping[str, Any]
) -> OpenData:
    """Load the data, saying what was guessed about them and how ``settings`` divide them.

    Where the tasks read the label differently, its values decide.
    """
    wanted = {task.label for task in tasks}
    label = wanted.pop() if len(wanted) == 1 else None
    with notes.status(Text(f"Reading {spec.dataset}")):
        dataset = load(spec, session.data_dir, session.use_cache, label)
    read = dataset.description.label_kind
    task = next((t for t in tasks if t.label in (None, read)), tasks[0])
    data = OpenData(dataset, spec, label, task)
    test_split = {**suited(data.facts), **settings}.get("test_split")
    for line in notes_with(dataset.description.notes, test_split):
        note(line)
    return data


def finished(
    wanted: Sequence[WantedRun], dataset: Dataset, session: Session
) -> dict[WantedRun, Run]:
    """The runs that need no training.

    Raises:
        RunError: a record is damaged.
    """
    if session.fresh:
        return {}
    found = {one: one.folder(session.results, dataset.description).finished() for one in wanted}
    return {one: run for one, run in found.items() if run is not None}


def train_missing(
    wanted: Sequence[WantedRun],
    done: Container[WantedRun],
    data: OpenData,
    session: Session,
    said: str = "{missing} of {all} runs are to be trained.",
) -> dict[WantedRun, Run]:
    """Perform the runs that are not ``done``, with a live display; a line tells of each that ends.

    ``said`` is told before, where any are missing.
    """
    missing = [one for one in wanted if one not in done]
    if not missing:
        return {}
    if said:
        note(said.format(missing=len(missing), all=len(wanted)))
    from vibcli.runs.schedule import run_all  # PyTorch, which takes seconds to import

    about = data.dataset.description
    folders = [one.folder(session.results, about) for one in missing]
    found: dict[str, Run] = {}
    told = {WATCHED}.union(*(notes_with(about.notes, one.config.test_split) for one in missing))
    with watching(folders) as ended:
        for run in run_all(
            missing,
            data.dataset,
            data.spec,
            data.label,
            session,
            on_wait=lambda id: note(f"Another process is training {id}; waiting for it."),
        ):
            ended(run)
            for line in run.data.notes:  # of the parts that its seed made
                if line not in told:
                    told.add(line)
                    note(line)
            note(outcome(run))
            if (held := held_rate(run)) is not None and held.missed:
                warn(f"{run.id}: {held.words}. {held.advice}")
            found[run.id] = run
    return {one: found[folder.id] for one, folder in zip(missing, folders, strict=True)}
