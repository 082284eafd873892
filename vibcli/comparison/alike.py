"""Whether runs can be compared, and what may be asked of a comparison of them."""

import math
from collections.abc import Sequence

from vibcli.errors import VibError
from vibcli.store.records import Run
from vibcli.tasks.find import task_of
from vibcli.tasks.task import Task


def the_task(runs: Sequence[Run]) -> Task:
    """The task that all of these runs are of.

    Raises:
        VibError: they are of different tasks.
    """
    tasks = {task.name: task for task in (task_of(run.config) for run in runs)}
    if len(tasks) > 1:
        raise VibError(f"Runs of different tasks cannot be compared: {', '.join(sorted(tasks))}.")
    return next(iter(tasks.values()))


def check_asked(task: Task, target: float | None, margin: float | None) -> None:
    """Refuse a target or a margin that a task does not have.

    Raises:
        VibError: naming it.
    """
    of = task.convergence
    for flag, typed in (("--target", target), ("--margin", margin)):
        if typed is not None and not math.isfinite(typed):
            raise VibError(f"{flag} is {typed:g}: expected a finite number.")
    if target is not None and of is None:
        raise VibError(f"--target does not apply: {task.name} has no metric to converge.")
    if target is not None and of is not None and target > of.most:
        raise VibError(f"--target is {target:g}: {of.title} is at most {of.most:g}.")
    if margin is not None and task.margin is None:
        raise VibError(f"--margin does not apply: {task.name} has no margin.")


def check_alike(runs: Sequence[Run], task: Task) -> None:
    """Refuse runs whose numbers are of different scales.

    Raises:
        VibError: something differs that the task says has to be the same.
    """
    for names, problem in task.same.items():
        values = {tuple(_value(run, name) for name in names) for run in runs}
        known = {v for v in values if any(part is not None for part in v)}
        if len(known) > 1:
            ordered = sorted(known, key=_order)
            parts = (" ".join(str(p) for p in v if p is not None) for v in ordered)
            shown = ", ".join(parts)
            greatest = max((p for v in known for p in v if isinstance(p, int)), default="")
            raise VibError(problem.format(values=shown, greatest=greatest))


def _order(values: tuple[object, ...]) -> list[tuple[int, str]]:
    """Counts by size, words by letter."""
    return [(v if isinstance(v, int) else 0, str(v)) for v in values]


def _value(run: Run, name: str) -> object:
    """A setting of a run, or a count that its test part has."""
    if name in type(run.config).model_fields:
        value: object = getattr(run.config, name)
        return value
    assert run.test is not None
    count = run.test.selected.get(name)
    return None if count is None else int(count)
