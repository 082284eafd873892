"""What is measured of the runs of an experiment, and of it within the seeds of another."""

from collections.abc import Sequence
from typing import NamedTuple

from vibcli.comparison.convergence import (
    COMMON,
    curves,
    learning_quantities,
    measure_learning,
)
from vibcli.comparison.member import Member
from vibcli.files import finite
from vibcli.statistics import common_passages
from vibcli.store.records import Run
from vibcli.tasks.find import task_of
from vibcli.tasks.task import Quantity, Task

BySeed = dict[int, float]
ValuesBySeed = dict[str, BySeed]  # by quantity


class Common(NamedTuple):
    """The target for the runs of a pair, and how many of each get there within the horizon."""

    target: float
    reached: int
    reached_by_reference: int


class Measured(NamedTuple):
    """Values of an experiment, and their differences to those of the reference."""

    values: ValuesBySeed
    differences: ValuesBySeed
    common: Common | None = None


def quantities_of(task: Task) -> dict[str, Quantity]:
    """What is compared: metrics of the test part, then how the runs learnt."""
    return {**task.quantities, **learning_quantities(task.convergence)}


def measure(
    members: Sequence[Member], task: Task, horizon: int, target: float | None
) -> list[Measured]:
    """Measure experiments over ``horizon`` epochs, by themselves and against the first.

    Args:
        members: whose values; those of the first are taken off within the seeds that both have,
            and it has no differences itself.
        task: of all of them.
        horizon: epochs over which runs are seen to learn.
        target: the common one, as the metric is stored; by default it follows from each pair.
    """
    reference, *others = members
    first = _values(reference, horizon)
    return [
        Measured(first, {}),
        *(_against(member, reference, first, task, horizon, target) for member in others),
    ]


def _against(
    member: Member,
    reference: Member,
    first: ValuesBySeed,
    task: Task,
    horizon: int,
    target: float | None,
) -> Measured:
    """An experiment against the reference, whose values are ``first``."""
    values, others = _values(member, horizon), dict(first)
    common = _common(member, reference, task, horizon, target, values, others)
    differences = {
        key: {seed: own[seed] - others[key][seed] for seed in own if seed in others[key]}
        for key, own in values.items()
        if key in others
    }
    return Measured(values, {key: apart for key, apart in differences.items() if apart}, common)


def measure_run(run: Run, horizon: int) -> dict[str, float | None]:
    """Every quantity of a complete run by itself; None where it was not stored or is infinite."""
    assert run.test is not None
    task = task_of(run.config)
    tested = {key: run.test.selected.get(key) for key in task.quantities}
    found = tested | measure_learning(run, task.convergence, horizon)
    return {key: finite(value) for key, value in found.items()}


def _values(member: Member, horizon: int) -> ValuesBySeed:
    """The quantities of each run by itself, as far as they are known."""
    found: ValuesBySeed = {}
    for seed, run in sorted(member.runs.items()):
        for key, value in measure_run(run, horizon).items():
            if value is not None:
                found.setdefault(key, {})[seed] = value
    return found


def _common(
    member: Member,
    reference: Member,
    task: Task,
    horizon: int,
    target: float | None,
    values: ValuesBySeed,
    others: ValuesBySeed,
) -> Common | None:
    """The common target; epochs to it are put among the values of both."""
    of = task.convergence
    seeds = sorted(member.runs.keys() & reference.runs.keys())
    if of is None or not seeds:
        return None
    a, b = (curves([m.runs[seed] for seed in seeds], of, horizon) for m in (member, reference))
    found = common_passages(a, b, None if target is None else of.better * target)
    for into, epochs in ((values, found.a), (others, found.b)):
        into[COMMON] = dict(zip(seeds, map(float, epochs), strict=True))
    reached = [int((epochs <= horizon).sum()) for epochs in (found.a, found.b)]
    return Common(of.better * found.target, *reached)
