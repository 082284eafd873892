"""Runs -> paired statistics, for any task. Pure: no files, no printing.

Seeds are paired: seed k gives every experiment the same split, the same order and, where shapes
agree, the same initial weights. So experiments are compared by the differences within seeds.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vibcli.comparison.convergence import (
    TARGET_SHARE,
    Race,
    horizon_of,
    learning_quantities,
    measure_learning,
    reached,
    usual_target,
)
from vibcli.comparison.findings import (
    Finding,
    Member,
    check,
    correct,
    divided_settings,
    findings,
    values_of,
)
from vibcli.comparison.row_scores import RowFindings, Scores, compare_rows
from vibcli.errors import VibError
from vibcli.statistics import Judgement, judge
from vibcli.store.records import Run
from vibcli.tasks.find import task_of
from vibcli.tasks.task import Quantity, Task


class Row(NamedTuple):
    """What was found of one experiment, and what its primary quantity supports.

    ``reached`` counts the runs that reach the target within the horizon.
    """

    name: str
    seeds: tuple[int, ...]
    broken: int
    reached: int
    findings: dict[str, Finding]
    outcome: Judgement
    test_rows: RowFindings


class Comparison(NamedTuple):
    """Rows in the order asked for, what they share, and what they differ in.

    ``race`` is what convergence is about, where the task has a metric for it; ``margin`` the
    difference of the primary quantity that would matter, as it is stored. ``tests`` is the number
    of p values that Holm's correction is over; ``smallest_p`` the least that the fewest pairs of a
    row can reach, and ``pairs_needed`` how many pairs could reach significance at 5%: uncorrected,
    and as the first of ``tests``. ``iw_samples`` draws of z make the
    importance-weighted bound, where there is one.
    """

    task: str
    dataset: str
    notes: tuple[str, ...]
    race: Race | None
    margin: float | None
    iw_samples: int | None
    rows: tuple[Row, ...]
    tests: int
    smallest_p: float | None
    pairs_needed: tuple[int, int]
    constant: dict[str, object]
    differing: dict[str, dict[str, object]]


def compare(
    members: Sequence[Member],
    target: float | None = None,
    margin: float | None = None,
    scores: Scores | None = None,
) -> Comparison:
    """Compare experiments by the seeds that they share with the first.

    Args:
        members: the first is what the others are compared to.
        target: value of the task's convergence metric that counts as converged; by default 99% of
            the first experiment's mean best one, which no other experiment influences.
        margin: difference of the primary quantity that would matter, in the unit that users type
            it in; by default the task's.
        scores: of the test rows, by experiment and seed, as far as they are known.

    Raises:
        VibError: an experiment has no complete run; tasks, data or what has to be the same differ;
            or the task has neither target nor margin and one is given.
    """
    check(members)
    runs = [run for member in members for run in member.runs.values()]
    task = the_task(runs)
    check_asked(task, target, margin)
    check_alike(runs, task)
    race = _race(members, runs, task, target)
    quantities = quantities_of(task)
    measured = [values_of(m, lambda run: measure_run(run, race)) for m in members]
    found = [
        findings(own, measured[0] if i else None, quantities) for i, own in enumerate(measured)
    ]
    significance = correct(found)
    limit = _margin(task, margin, found[0])
    constant, differing = divided_settings(members)
    return Comparison(
        task=task.name,
        dataset=runs[0].data.name,
        notes=runs[0].data.notes,
        race=race,
        margin=limit,
        iw_samples=next(iter(_draws(runs)), None),
        rows=tuple(
            _row(member, members[0], task, race, limit, own, scores or {})
            for member, own in zip(members, found, strict=True)
        ),
        **significance._asdict(),
        constant=constant,
        differing=differing,
    )


def quantities_of(task: Task) -> dict[str, Quantity]:
    """What is compared: metrics of the test part, then how the runs learnt."""
    return {**task.quantities, **learning_quantities(task.convergence)}


def measure_run(run: Run, race: Race | None) -> dict[str, float | None]:
    """Every quantity of a complete run; None where it does not apply or was not stored."""
    assert run.test is not None
    tested = {key: run.test.selected.get(key) for key in task_of(run.config).quantities}
    return tested | measure_learning(run, race)


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


def _draws(runs: Sequence[Run]) -> list[int]:
    tested = [run.test.selected.get("iw_samples") for run in runs if run.test is not None]
    return [int(count) for count in tested if count is not None]


def _race(
    members: Sequence[Member], runs: Sequence[Run], task: Task, target: float | None
) -> Race | None:
    of = task.convergence
    if of is None:
        return None
    reason = "--target"
    if target is None:
        target = usual_target(list(members[0].runs.values()), of)
        reason = f"{TARGET_SHARE:.0%} of {members[0].name}'s mean best validation {of.title}"
        if of.better < 0:
            reason = f"{members[0].name}'s mean best validation {of.title} / {TARGET_SHARE:g}"
    return Race(target, reason, horizon_of(runs))


def _margin(task: Task, typed: float | None, reference: Mapping[str, Finding]) -> float | None:
    """The margin as it is stored, from what was typed or from what the task declares."""
    if task.margin is None:
        return None
    if typed is not None:
        return typed / task.margin.scale
    if task.margin.relative:
        found = reference.get(task.primary)
        return None if found is None else task.margin.value * abs(found.value.mean)
    return task.margin.value / task.margin.scale


def _row(
    member: Member,
    reference: Member,
    task: Task,
    race: Race | None,
    margin: float | None,
    found: dict[str, Finding],
    scores: Scores,
) -> Row:
    rows = RowFindings()
    if member is not reference:
        rows = compare_rows(*(scores.get(m.name, {}) for m in (member, reference)))
    difference = found[task.primary].difference if task.primary in found else None
    outcome: Judgement = "undecided"
    if difference is not None and margin is not None:
        outcome = judge(difference, margin, difference.n)
    of = task.convergence
    arrived = [race and of and reached(run, of, race) for run in member.runs.values()]
    return Row(
        name=member.name,
        seeds=tuple(sorted(member.runs)),
        broken=member.broken,
        reached=sum(map(bool, arrived)),
        findings=found,
        outcome=outcome,
        test_rows=rows,
    )
