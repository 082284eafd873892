"""What is compared, and which experiments names stand for: what training and records share."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from vibcli.comparison.member import Member
from vibcli.config.data import DataSpec, Facts
from vibcli.config.kinds import Kind
from vibcli.config.record import RunConfig
from vibcli.errors import VibError
from vibcli.store.records import Run
from vibcli.tasks.find import all_variants, task_of
from vibcli.tasks.resolve import meant_for, resolve, without_effect
from vibcli.tasks.task import Task

if TYPE_CHECKING:
    from vibcli.data.dataset import Dataset


class Gathered(NamedTuple):
    """The members, all runs that could be read, and the data if they were."""

    members: list[Member]
    runs: list[Run]
    dataset: "Dataset | None"


def repeated(names: Sequence[str]) -> VibError:
    """What to say where one experiment was named twice."""
    return VibError(f"Each experiment once, please: {' '.join(names)}.")


def trained_tasks(candidates: Sequence[Task], runs: Sequence[Run]) -> list[Task]:
    """Those of the tasks that some run is of; all where none is."""
    there = {task_of(run.config).name for run in runs}
    return [task for task in candidates if task.name in there] or list(candidates)


def variants_among(names: Sequence[str]) -> list[str]:
    """Those of the names that are variants."""
    known = all_variants()
    return [name for name in names if name in known]


def configs_of(
    names: Sequence[str], kind: Kind, settings: Mapping[str, Any], task: Task, facts: Facts
) -> dict[str, RunConfig]:
    """The settings of those names that are variants.

    Raises:
        VibError: a setting has no effect on any of them.
    """
    variants = variants_among(names)
    configs = {
        name: resolve(name, kind, meant_for(name, variants, settings), task, facts)
        for name in variants
    }
    overrides = [name for name in settings if name not in DataSpec.model_fields]
    if useless := without_effect(overrides, configs.values()):
        raise VibError(f"{', '.join(useless)} has no effect on {' or '.join(names)}.")
    return configs


def member_of(name: str, runs: Sequence[Run | None]) -> Member:
    """An experiment with its complete runs; a record that could not be read is None."""
    complete = {run.seed: run for run in runs if run is not None and run.status == "complete"}
    return Member(name, complete, len(runs) - len(complete))
