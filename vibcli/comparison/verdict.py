"""A comparison in words: what the seeds support, and no more."""

from typing import Protocol

from vibcli.comparison.compare import Comparison, Row
from vibcli.comparison.findings import ALPHA, Finding

POINTS = 100


def verdict(result: Comparison) -> tuple[str, ...]:
    """A sentence or two for each experiment but the first, then what the tests could have found."""
    reference = result.rows[0]
    lines = [sentence(row, reference, result) for row in result.rows[1:]]
    return (*lines, *reach(result))


class Tested(Protocol):
    """A comparison, as far as its tests go: see `vibcli.comparison.findings.Significance`."""

    @property
    def tests(self) -> int: ...  # noqa: D102

    @property
    def smallest_p(self) -> float | None: ...  # noqa: D102

    @property
    def pairs_needed(self) -> tuple[int, int]: ...  # noqa: D102


class Counted(Protocol):
    """A row, as far as its runs are counted."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def seeds(self) -> tuple[int, ...]: ...  # noqa: D102

    @property
    def broken(self) -> int: ...  # noqa: D102


def reach(result: Tested) -> tuple[str, ...]:
    """A sentence on what the tests could not have found, where the seeds are too few."""
    if result.smallest_p is None or result.smallest_p * result.tests <= ALPHA:
        return ()
    alone, corrected = result.pairs_needed
    if result.smallest_p > ALPHA:
        return (
            f"No sign-flip test of so few pairs can go below p = {result.smallest_p:.3g}: at "
            f"least {alone} seeds are needed to reach {ALPHA}, and {corrected} after Holm's "
            f"correction for {result.tests} tests.",
        )
    return (
        f"After Holm's correction for {result.tests} tests no p of so few pairs can go below "
        f"{min(1, result.smallest_p * result.tests):.2g}: at least {corrected} seeds are needed to "
        f"reach {ALPHA}.",
    )


def established(finding: Finding) -> bool:
    """Whether a difference is significant among all that were tested."""
    return finding.p_holm is not None and finding.p_holm <= ALPHA


def left_out(*rows: Counted) -> str:
    """A sentence on runs that broke down, if any did."""
    lost = [f"{r.broken} of {r.broken + len(r.seeds)} runs of {r.name}" for r in rows if r.broken]
    return f" Left out, because they broke down: {', '.join(lost)}." if lost else ""


def sentence(row: Row, reference: Row, result: Comparison) -> str:
    """Say what the seeds support about ``row`` against ``reference``."""
    return _supported(row, reference, result) + left_out(row, reference)


def _supported(row: Row, reference: Row, result: Comparison) -> str:
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
    interval = (
        f"95% interval {POINTS * difference.low:+.2f} to {POINTS * difference.high:+.2f}, "
        f"{difference.n} paired seeds, {_p(accuracy)}"
    )
    claim = _claim(row, other, f"the margin of {POINTS * result.margin:g} points")
    return f"{claim}: {points} ({interval}); {_speed(row, reference, result.horizon.epochs)}."


def _claim(row: Row, other: str, margin: str) -> str:
    """What may be said of the accuracies: no direction that is not `established`."""
    equivalent = f"{row.name} and {other} differ by no more than {margin}"
    match row.outcome:
        case "undecided":
            return f"Not enough seeds to tell whether {row.name} or {other} is more accurate"
        case "equivalent":
            return equivalent
    more = "more" if row.outcome.startswith("higher") else "less"
    small = row.outcome.endswith("margin")
    if established(row.findings["accuracy"]):
        than = f"{row.name} is {more} accurate than {other}"
        return f"{than}, but by less than {margin}" if small else than
    if small:
        return f"{equivalent}, and which is more accurate is not established"
    return f"{row.name} looks {more} accurate than {other}, which is not established"


def _speed(row: Row, reference: Row, horizon: int) -> str:
    epochs = row.findings["epochs_to_target"]
    difference = epochs.difference
    assert difference is not None
    assert difference.low is not None
    assert difference.high is not None
    interval = (
        f"{difference.mean:+.1f} epochs, {difference.low:+.1f} to {difference.high:+.1f}, "
        f"{_p(epochs)}"
    )
    if difference.sign:
        reaches = "reaches" if established(epochs) else "seems to reach"
        when = "later" if difference.sign > 0 else "sooner"
        claim = f"it {reaches} the target {when} ({interval})"
    else:
        claim = f"which reaches the target sooner is open ({interval})"
    if row.reached == len(row.seeds) and reference.reached == len(reference.seeds):
        return claim
    return (
        f"{claim}; {row.reached} of {len(row.seeds)} of its runs do within {horizon} epochs, "
        f"{reference.reached} of {len(reference.seeds)} of {reference.name}"
    )


def _p(finding: Finding) -> str:
    return f"p = {finding.p:.3g}, {finding.p_holm:.3g} after Holm"
