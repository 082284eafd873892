"""Runs -> paired statistics and what they support. Pure: no files, no printing.

Seeds are paired: seed k gives every experiment the same split, the same order and, where shapes
agree, the same initial weights. So experiments are compared by the differences within seeds.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vibcli.errors import VibError
from vibcli.records import Run

LEVEL = 0.95
TARGET_SHARE = 0.99
ROUNDING = 1e-9  # differences of shares that are equal differ by less than this


class Estimate(NamedTuple):
    """A mean over ``n`` seeds with its 95% interval; no interval below two seeds."""

    mean: float
    low: float | None
    high: float | None
    n: int

    @property
    def sign(self) -> int:
        """1 or -1 where the interval lies above or below 0, else 0.

        Values that are all equal give an interval without width, which says nothing about
        chance: a few rounded differences agree often enough by themselves.
        """
        if self.low is None or self.high is None or self.high - self.low < ROUNDING:
            return 0
        return int(self.low > 0) - int(self.high < 0)


class Member(NamedTuple):
    """One experiment: its name and its complete runs by seed, and how many others diverged."""

    name: str
    runs: dict[int, Run]
    broken: int


class Convergence(NamedTuple):
    """How fast a run learns; ``epochs`` and ``seconds`` are None if it never got there."""

    epochs: int | None
    seconds: float | None
    area: float


class Row(NamedTuple):
    """What the table shows of one experiment. Differences are to the first one, by seed."""

    name: str
    seeds: tuple[int, ...]
    broken: int
    test_accuracy: Estimate
    best_validation_accuracy: Estimate
    test_nll_nats: Estimate
    rate_nats: Estimate | None
    epochs_to_target: Estimate | None
    seconds_to_target: Estimate | None
    reached: int
    area: Estimate
    train_seconds: Estimate
    accuracy_difference: Estimate | None
    area_difference: Estimate | None
    epochs_difference: Estimate | None


class Comparison(NamedTuple):
    """Rows in the order asked for, what they share, what they differ in, and the verdict."""

    dataset: str
    notes: tuple[str, ...]
    target: float
    target_reason: str
    rows: tuple[Row, ...]
    constant: dict[str, object]
    differing: dict[str, dict[str, object]]
    verdict: tuple[str, ...]


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and its Student t interval: mean +- t(0.975, n - 1) s / sqrt(n).

    Args:
        values: one number a seed; at least one.
    """
    from scipy import stats

    n, mean = len(values), float(np.mean(values))
    if n < 2:
        return Estimate(mean, None, None, n)
    half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1) * np.std(values, ddof=1) / math.sqrt(n))
    return Estimate(mean, mean - half, mean + half, n)


def convergence(run: Run, target: float) -> Convergence:
    """Epochs and training seconds until validation accuracy first is ``target`` or more.

    ``area`` is the mean of validation accuracy over the epochs, the area under the curve
    divided by its length.
    """
    curve = [epoch.validation["accuracy"] or 0.0 for epoch in run.epochs]
    area = float(np.mean(curve))
    for index, value in enumerate(curve):
        if value >= target:
            seconds = sum(epoch.seconds for epoch in run.epochs[: index + 1])
            return Convergence(index + 1, seconds, area)
    return Convergence(None, None, area)


def best_accuracy(run: Run) -> float:
    """Highest validation accuracy of any epoch."""
    return max(epoch.validation["accuracy"] or 0.0 for epoch in run.epochs)


def compare(members: Sequence[Member], target: float | None = None) -> Comparison:
    """Compare experiments by the seeds that they share with the first.

    Args:
        members: the first is what the others are compared to.
        target: validation accuracy that counts as converged; by default 99% of the first
            experiment's mean best validation accuracy, which no other experiment influences.

    Raises:
        VibError: an experiment has no complete run, or data differ.
    """
    for member in members:
        if not member.runs:
            broken = f" ({member.broken} diverged or failed)" if member.broken else ""
            raise VibError(f"'{member.name}' has no complete run to compare{broken}.")
    _check_same_data(members)
    reason = "--target"
    if target is None:
        best = np.mean([best_accuracy(run) for run in members[0].runs.values()])
        target = float(TARGET_SHARE * best)
        reason = f"{TARGET_SHARE:.0%} of {members[0].name}'s mean best validation accuracy"
    rows = tuple(_row(member, members[0], target) for member in members)
    settings = {member.name: next(iter(member.runs.values())).config.settings for member in members}
    constant, differing = _divide_settings(settings)
    data = next(iter(members[0].runs.values())).data
    verdict = tuple(sentence(row, rows[0]) for row in rows[1:])
    return Comparison(data.name, data.notes, target, reason, rows, constant, differing, verdict)


def sentence(row: Row, reference: Row) -> str:
    """Say in words what the seeds support about ``row`` against ``reference``, no more."""
    name, other = row.name, reference.name
    difference = row.accuracy_difference
    if difference is None:
        return f"{name} and {other} share no seed, so nothing can be said about them."
    points = f"{100 * difference.mean:+.2f} points of test accuracy"
    if difference.low is None or difference.high is None:
        return (
            f"{name} against {other}: {points}, from one seed: "
            "not enough to tell a difference from chance."
        )
    interval = (
        f"95% interval {100 * difference.low:+.2f} to {100 * difference.high:+.2f}, "
        f"{difference.n} paired seeds"
    )
    claim = {
        1: f"{name} is more accurate than {other}",
        -1: f"{name} is less accurate than {other}",
        0: f"These runs do not tell whether {name} or {other} is more accurate",
    }[difference.sign]
    lost = [f"{r.broken} runs of {r.name}" for r in (row, reference) if r.broken]
    left_out = f" Left out, because they broke down: {', '.join(lost)}." if lost else ""
    return f"{claim}: {points} ({interval}); {_speed(row, reference)}.{left_out}"


def _speed(row: Row, reference: Row) -> str:
    if row.reached < len(row.seeds) or reference.reached < len(reference.seeds):
        return (
            f"{row.reached} of {len(row.seeds)} of its runs reach the target, "
            f"{reference.reached} of {len(reference.seeds)} of {reference.name}"
        )
    difference = row.epochs_difference
    assert difference is not None
    assert difference.low is not None
    assert difference.high is not None
    interval = f"{difference.mean:+.1f} epochs, {difference.low:+.1f} to {difference.high:+.1f}"
    return {
        1: f"it reaches the target later ({interval})",
        -1: f"it reaches the target sooner ({interval})",
        0: f"which reaches the target sooner is open ({interval})",
    }[difference.sign]


def _row(member: Member, reference: Member, target: float) -> Row:
    runs = member.runs
    speeds = {seed: convergence(run, target) for seed, run in runs.items()}
    reference_speeds = {s: convergence(run, target) for s, run in reference.runs.items()}
    reached = [speed for speed in speeds.values() if speed.epochs is not None]
    rates = [rate for run in runs.values() if (rate := _tested(run, "rate_nats")) is not None]
    losses = [_tested(run, "nll_nats") for run in runs.values()]
    accuracies = {seed: _tested(run, "accuracy") or 0.0 for seed, run in runs.items()}
    shared = sorted(set(runs) & set(reference.runs))
    paired = shared if member is not reference else []
    both = [s for s in paired if speeds[s].epochs and reference_speeds[s].epochs]
    return Row(
        name=member.name,
        seeds=tuple(sorted(runs)),
        broken=member.broken,
        test_accuracy=estimate(list(accuracies.values())),
        best_validation_accuracy=estimate([best_accuracy(run) for run in runs.values()]),
        test_nll_nats=estimate([math.nan if n is None else n for n in losses]),
        rate_nats=_maybe(rates),
        epochs_to_target=_maybe([float(s.epochs or 0) for s in reached]),
        seconds_to_target=_maybe([s.seconds or 0.0 for s in reached]),
        reached=len(reached),
        area=estimate([speed.area for speed in speeds.values()]),
        train_seconds=estimate([sum(e.seconds for e in run.epochs) for run in runs.values()]),
        accuracy_difference=_maybe(
            [accuracies[s] - (_tested(reference.runs[s], "accuracy") or 0.0) for s in paired]
        ),
        area_difference=_maybe([speeds[s].area - reference_speeds[s].area for s in paired]),
        epochs_difference=_maybe(
            [float((speeds[s].epochs or 0) - (reference_speeds[s].epochs or 0)) for s in both]
        ),
    )


def _maybe(values: Sequence[float]) -> Estimate | None:
    return estimate(values) if values else None


def _tested(run: Run, key: str) -> float | None:
    assert run.test is not None
    return run.test.selected[key]


def _check_same_data(members: Sequence[Member]) -> None:
    prints = {
        member.name: {run.data.fingerprint for run in member.runs.values()} for member in members
    }
    if len(set().union(*prints.values())) > 1:
        shown = "; ".join(f"{name}: {', '.join(sorted(p))}" for name, p in prints.items())
        raise VibError(f"The runs were made on different data and cannot be compared ({shown}).")


def _divide_settings(
    settings: dict[str, dict[str, object]],
) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """Settings with one value throughout, and those that differ or apply to some only."""
    names = sorted({name for values in settings.values() for name in values} - {"variant"})
    constant: dict[str, object] = {}
    differing: dict[str, dict[str, object]] = {}
    for name in names:
        values = {member: given.get(name) for member, given in settings.items()}
        if len({repr(value) for value in values.values()}) == 1:
            constant[name] = next(iter(values.values()))
        else:
            differing[name] = values
    return constant, differing
