"""Which task a name, a config or a record belongs to."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from vibcli.errors import RunError, VibError, unknown
from vibcli.registry import TASKS
from vibcli.tasks.task import Task, Variant

if TYPE_CHECKING:
    from vibcli.config.record import RunConfig


def tasks() -> Iterator[Task]:
    """Every task, declared."""
    return (entry.load() for entry in TASKS.values())


def task_of(config: "RunConfig") -> Task:
    """The task of a run with these settings."""
    return task_predicting(config.predicts)


def task_predicting(predicts: Any) -> Task:
    """The task whose records say that they predict this.

    Raises:
        RunError: there is none.
    """
    for entry in TASKS.values():
        if entry.predicts == predicts:
            task: Task = entry.load()
            return task
    raise RunError(f"'{predicts}' is not what a task of this version predicts.")


def all_variants() -> dict[str, Variant]:
    """The variants of every task; what several share is there once."""
    found: dict[str, Variant] = {}
    for task in tasks():
        for name, variant in task.variants.items():
            found.setdefault(name, variant)
    return found


def check_variant(name: str) -> str:
    """Return ``name`` if some task has a variant of this name.

    Raises:
        VibError: none has; the message suggests the nearest.
    """
    if name not in (known := all_variants()):
        raise VibError(unknown("variant", name, known))
    return name


def having(variants: Sequence[str], wanted: str | None = None) -> list[Task]:
    """The tasks that have all of these variants, the ``wanted`` one alone if it is named.

    Raises:
        VibError: no task has; or not the one that is wanted.
    """
    for name in variants:
        check_variant(name)
    candidates = list(tasks()) if wanted is None else [TASKS.load(wanted)]
    if found := [task for task in candidates if all(name in task.variants for name in variants)]:
        return found
    if wanted is None:
        named = "; ".join(
            f"{name}: {' or '.join(t.name for t in tasks() if name in t.variants)}"
            for name in variants
        )
        raise VibError(f"These variants are of different tasks and cannot be compared ({named}).")
    own = candidates[0].variants
    raise VibError(unknown(f"variant of {wanted}", next(n for n in variants if n not in own), own))
