"""A comparison in words: what the seeds support, and no more."""

from typing import Protocol

from vibcli.compare import Comparison, Row
from vibcli.findings import ALPHA, Finding

POINTS = 100


def verdict(result: Comparison) -> tuple[str, ...]:
    """A sentence or two for each experiment but the first, then what the tests could have found."""
    reference = result.rows[0]
    lines = [sentence(row, reference, result) for row in result.rows[1:]]
    return (*lines, *reach(result))


class Tested(Protocol):
    """A comparison, as far as its tests go: see `vibcli.findings.Significance`."""

    @property
    def tests(self) -> int: ...  # noqa: D102

    @property
    def smallest_p(self) -> float | None: ...  # noqa: D102

    @property
    def pairs_needed(self) -> tuple[int, int]: ...  # noqa: D102


def reach(result: Tested) -> tuple[str, ...]:
    """A sentence on what the tests could not have found, where the seeds are too few."""
    if result.smallest_p is None or result.smallest_p <= ALPHA:
        return ()
    return (
        f"No sign-flip test of so few pairs can go below p = {result.smallest_p:.3g}: at "
        f"least {result.pairs_needed[0]} seeds are needed to reach {ALPHA}, and "
        f"{result.pairs_needed[1]} after Holm's correction for {result.tests} tests.",
    )


def sentence(row: Row, reference: Row, result: Comparison) -> str:
    """Say what the seeds support about ``row`` against ``reference``."""
    name, other = row.name, reference.name
    accuracy = row.findings["accuracy"]
    difference = accuracy.difference
    if difference is None:
        return f"{name} and {other} share no seed, so nothing can be said about them."
    points = f"{POINTS * difference.mean:+.2f} points of test accuracy"
    if difference.low is None or difference.high is None:
        return (
            f"{name} against {other}: {points}, from one seed: "
            "not enough to tell a difference from chance."
        )
    margin = f"the margin of {POINTS * result.margin:g} points"
    claim = {
        "higher": f"{name} is more accurate than {other}",
        "higher, but by less than the margin": f"{name} is more accurate than {other}, "
        f"but by less than {margin}",
        "lower": f"{name} is less accurate than {other}",
        "lower, but by less than the margin": f"{name} is less accurate than {other}, "
        f"but by less than {margin}",
        "equivalent": f"{name} and {other} differ by no more than {margin}",
        "undecided": f"Not enough seeds to tell whether {name} or {other} is more accurate",
    }[row.outcome]
    interval = (
        f"95% interval {POINTS * difference.low:+.2f} to {POINTS * difference.high:+.2f}, "
        f"{difference.n} paired seeds, {_p(accuracy)}"
    )
    lost = [
        f"{r.broken} of {r.broken + len(r.seeds)} runs of {r.name}"
        for r in (row, reference)
        if r.broken
    ]
    left_out = f" Left out, because they broke down: {', '.join(lost)}." if lost else ""
    return f"{claim}: {points} ({interval}); {_speed(row, reference)}.{left_out}"


def _speed(row: Row, reference: Row) -> str:
    epochs = row.findings["epochs_to_target"]
    difference = epochs.difference
    assert difference is not None
    assert difference.low is not None
    assert difference.high is not None
    interval = (
        f"{difference.mean:+.1f} epochs, {difference.low:+.1f} to {difference.high:+.1f}, "
        f"{_p(epochs)}"
    )
    claim = {
        1: f"it reaches the target later ({interval})",
        -1: f"it reaches the target sooner ({interval})",
        0: f"which reaches the target sooner is open ({interval})",
    }[difference.sign]
    if row.reached == len(row.seeds) and reference.reached == len(reference.seeds):
        return claim
    return (
        f"{claim}; {row.reached} of {len(row.seeds)} of its runs ever do, "
        f"{reference.reached} of {len(reference.seeds)} of {reference.name}"
    )


def _p(finding: Finding) -> str:
    return f"p = {finding.p:.3g}, {finding.p_holm:.3g} after Holm"
