"""Runs -> paired statistics, for any task. Pure: no files, no printing.

Seeds are paired: seed k gives every experiment the same split, the same order and, where shapes
agree, the same initial weights. So experiments are compared by the differences within seeds.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from vibcli.comparison.alike import check_alike, check_asked, the_task
from vibcli.comparison.convergence import COMMON, OWN, horizon_of
from vibcli.comparison.decisions import decisions
from vibcli.comparison.findings import Finding, correct, divided_settings, findings
from vibcli.comparison.looks import ALPHA, Look, Plan, plan
from vibcli.comparison.measured import BySeed, Common, Measured, measure, quantities_of
from vibcli.comparison.member import Member, check
from vibcli.comparison.row_scores import RowFindings, Scores, compare_rows
from vibcli.statistics import Decision, Shape
from vibcli.statistics import shape as shape_of
from vibcli.store.records import Run
from vibcli.tasks.task import Margin, Task


class Row(NamedTuple):
    """What was found of one experiment against the first, over the seeds that count.

    ``differences`` are those of the primary quantity. ``decision`` is None of the first, where no
    seed is shared, and before the first look. ``speed`` is -1 where runs are established to be at
    their own target and at the ``common`` one sooner, 1 later, 0 neither.
    """

    name: str
    seeds: tuple[int, ...]
    broken: int
    findings: dict[str, Finding]
    differences: BySeed
    decision: Decision | None
    shape: Shape
    common: Common | None
    speed: int
    test_rows: RowFindings


class Comparison(NamedTuple):
    """Rows in the order asked for, what they share, and what they differ in.

    ``primary`` is the quantity that decides, at ``level``, which is None before the first look.
    ``sizes`` are the rows of each part of the data, ``seconds`` what a seed of all experiments
    took. ``there`` seeds are there of all that share any, of which those count that ``plan`` says.
    ``always_valid``: decided by e-values. ``margin`` is the difference of the primary quantity that
    would matter, as it is stored, None where equivalence is not judged, and ``margin_reason`` where
    it comes from; ``target`` the common one that was asked for; ``horizon`` the epochs over which
    runs are seen to learn. ``tests`` secondary quantities were corrected together. ``iw_samples``
    draws of z make the importance-weighted bound, where there is one.
    """

    task: str
    dataset: str
    notes: tuple[str, ...]
    sizes: dict[str, int]
    seconds: float
    primary: str
    level: float | None
    there: int
    plan: Plan
    always_valid: bool
    margin: float | None
    margin_reason: str
    target: float | None
    horizon: int
    iw_samples: int | None
    rows: tuple[Row, ...]
    tests: int
    constant: dict[str, object]
    differing: dict[str, dict[str, object]]


class Asked(NamedTuple):
    """How a comparison is to be made.

    Attributes:
        target: value of the task's convergence metric that all runs are to reach; by default see
            `vibcli.statistics.common_passages`.
        margin: difference of the primary quantity that would matter, in the unit that users type
            it in; by default the task's.
        taken: looks that were taken before, see `vibcli.comparison.looks.plan`.
        fixed: the number of seeds was settled beforehand.
        always_valid: decide by e-values, which hold whatever looks are taken.
    """

    target: float | None = None
    margin: float | None = None
    taken: tuple[Look, ...] = ()
    fixed: bool = False
    always_valid: bool = False


USUAL = Asked()


def compare(
    members: Sequence[Member], asked: Asked = USUAL, scores: Scores | None = None
) -> Comparison:
    """Compare experiments by the seeds that they share with the first.

    Args:
        members: the first is what the others are compared to.
        asked: how.
        scores: of the test rows, by experiment and seed, as far as they are known.

    Raises:
        VibError: an experiment has no complete run; tasks, data or what has to be the same differ;
            or the task has neither target nor margin and one is given.
    """
    check(members)
    runs = [run for member in members for run in member.runs.values()]
    task = the_task(runs)
    check_asked(task, asked.target, asked.margin)
    check_alike(runs, task)
    shared = [sorted(members[0].runs.keys() & member.runs.keys()) for member in members]
    there = min((len(seeds) for seeds in shared[1:] or shared if seeds), default=0)
    planned = plan(there, asked.taken, asked.fixed)
    level = ALPHA if asked.always_valid else planned.level
    if level is not None and not asked.always_valid:
        members = _counted(members, shared, planned.counted)

    horizon = horizon_of(runs)
    measured = measure(members, task, horizon, asked.target)
    primary = _primary(task, measured)
    found = [findings(own, quantities_of(task), level) for own in measured]
    tests = correct(found, measured, primary)
    margin, reason = None, ""
    if primary == task.primary and task.margin is not None:
        margin, reason = _margin(task.margin, asked.margin, found[0][primary], members[0].name)
    tested = _test_rows(members, measured, primary, level, scores or {})
    decided = decisions(measured, primary, level, margin, tested, asked.always_valid)
    constant, differing = divided_settings(members)
    rows = zip(members, measured, found, tested, decided, strict=True)
    return Comparison(
        task=task.name,
        dataset=runs[0].data.name,
        notes=runs[0].data.notes,
        sizes=runs[0].data.sizes,
        seconds=sum(_seconds(member) for member in members),
        primary=primary,
        level=level,
        there=there,
        plan=planned,
        always_valid=asked.always_valid,
        margin=margin,
        margin_reason=reason,
        target=asked.target,
        horizon=horizon,
        iw_samples=next(iter(_draws(runs)), None),
        rows=tuple(_row(*parts, primary, level) for parts in rows),
        tests=tests,
        constant=constant,
        differing=differing,
    )


def established(finding: Finding, level: float | None) -> bool:
    """Whether a secondary difference is significant among all that were tested."""
    return level is not None and finding.p_adjusted is not None and finding.p_adjusted <= level


def _counted(
    members: Sequence[Member], shared: Sequence[Sequence[int]], count: int
) -> list[Member]:
    """The runs of the seeds that count: of each experiment the first that it shares, if any."""
    pairs = zip(members, shared, strict=True)
    kept = [set(seeds[:count] or member.runs) for member, seeds in pairs]
    if len(members) > 1:
        kept[0] = set().union(*(seeds[:count] for seeds in shared[1:]))
    return [
        member._replace(runs={s: run for s, run in member.runs.items() if s in seeds})
        for member, seeds in zip(members, kept, strict=True)
    ]


def _primary(task: Task, measured: Sequence[Measured]) -> str:
    """The first quantity in which all experiments differ from the first, or else any.

    An autoencoder without a rate has no bound on log p(x).
    """
    others = measured[1:] or measured
    known = [own.differences or own.values for own in others]
    for enough in (all, any):
        for key in task.quantities:
            if enough(key in values for values in known):
                return key
    return task.primary


def _margin(usual: Margin, typed: float | None, reference: Finding, name: str) -> tuple[float, str]:
    """The margin as it is stored, and where it comes from."""
    if typed is not None:
        return typed / usual.scale, "--margin"
    return usual.share * abs(reference.value.mean - usual.best), usual.words.format(first=name)


def _test_rows(
    members: Sequence[Member],
    measured: Sequence[Measured],
    primary: str,
    level: float | None,
    scores: Scores,
) -> list[RowFindings]:
    if level is None:
        return [RowFindings() for _ in members]
    reference = scores.get(members[0].name, {})
    return [
        compare_rows(
            scores.get(member.name, {}), reference, sorted(own.differences.get(primary, {})), level
        )
        for member, own in zip(members, measured, strict=True)
    ]


def _row(
    member: Member,
    measured: Measured,
    found: dict[str, Finding],
    test_rows: RowFindings,
    decision: Decision | None,
    primary: str,
    level: float | None,
) -> Row:
    apart = measured.differences.get(primary, {})
    return Row(
        name=member.name,
        seeds=tuple(sorted(member.runs)),
        broken=member.broken,
        findings=found,
        differences=apart,
        decision=decision,
        shape=shape_of(list(apart.values())) if apart else Shape(None, False),
        common=measured.common,
        speed=_speed(found, level),
        test_rows=test_rows,
    )


def _speed(found: Mapping[str, Finding], level: float | None) -> int:
    """The direction in which both targets are established to differ, if it is one."""
    signs = {
        difference.sign
        if (finding := found.get(key))
        and established(finding, level)
        and (difference := finding.difference)
        else 0
        for key in (OWN, COMMON)
    }
    return signs.pop() if len(signs) == 1 else 0


def _seconds(member: Member) -> float:
    """What a run takes, from reading its data to its test."""
    return float(np.mean([sum(run.timings.values()) for run in member.runs.values()]))


def _draws(runs: Sequence[Run]) -> list[int]:
    tested = [run.test.selected.get("iw_samples") for run in runs if run.test is not None]
    return [int(count) for count in tested if count is not None]
