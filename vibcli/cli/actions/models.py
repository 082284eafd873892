"""The models of runs that are compared."""

from collections.abc import Mapping, Sequence

from rich.text import Text

from vibcli.cli.output import notes
from vibcli.comparison.member import Member
from vibcli.data.dataset import Dataset
from vibcli.data.prepare import Part
from vibcli.runs.rows import run_part
from vibcli.runs.saved_model import SavedModel, load_model
from vibcli.runs.session import Session
from vibcli.store.records import Run
from vibcli.store.rundir import RunDir


def evaluated_again(
    members: Sequence[Member], session: Session, dataset: Dataset, draws: int
) -> list[Member]:
    """The same runs with bounds of so many draws of z; the records stay as they are."""
    device = session.machine.start()

    def again(run: Run) -> Run:
        if run.test is None or run.test.selected.get("iw_samples") in (None, draws):
            return run
        saved = load_model(RunDir(session.results, run.id), device)
        test = run_part(saved, dataset, "test")
        found = saved.task.work.evaluate(saved.learner, test, device, draws, run.seed)
        return run.updated(test=run.test.model_copy(update={"selected": found.metrics}))

    with notes.status(Text(f"Evaluating with {draws} draws of z")):
        return [
            member._replace(runs={seed: again(run) for seed, run in member.runs.items()})
            for member in members
        ]


def models_of(
    members: Sequence[Member], session: Session, dataset: Dataset
) -> Mapping[str, tuple[SavedModel, Part]]:
    """Models and test rows of the first seed that all members have; empty where there is none."""
    shared = set.intersection(*(set(member.runs) for member in members))
    device = session.machine.start()
    found = {}
    for member in members if shared else ():
        saved = load_model(RunDir(session.results, member.runs[min(shared)].id), device)
        found[member.name] = saved, run_part(saved, dataset, "test")
    return found
