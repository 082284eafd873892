"""How runs ended, in words."""

from collections.abc import Sequence

from vibcli.errors import TrainingFailed
from vibcli.store.records import Run
from vibcli.tasks.find import task_of
from vibcli.tasks.headline import headline


def outcome(run: Run) -> str:
    """One line on how a run ended."""
    if run.test is None:
        return f"{run.id}: {run.status}, {run.message}"
    tested = headline(task_of(run.config), run.test.selected)
    seconds = run.timings["train_seconds"]
    return f"{run.id}: test {tested.title} {tested.form}, {seconds:.1f} s"


def fail_if_broken(runs: Sequence[Run]) -> None:
    """Raise if a run diverged or failed.

    Raises:
        TrainingFailed: naming them.
    """
    broken = [run for run in runs if run.status != "complete"]
    if broken:
        lines = [f"{run.id} {run.status}: {run.message}" for run in broken]
        raise TrainingFailed("\n".join(lines))
