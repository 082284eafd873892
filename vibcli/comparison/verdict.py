"""A comparison in words: what the seeds support, and no more."""

from vibcli.comparison.compare import Comparison, Row
from vibcli.comparison.findings import ALPHA, Finding
from vibcli.registry import TASKS
from vibcli.statistics import Estimate
from vibcli.tasks.forms import alike, written
from vibcli.tasks.task import Margin, Quantity, Task


def verdict(result: Comparison) -> tuple[str, ...]:
    """A sentence or two for each experiment but the first, then what the tests could have found."""
    reference = result.rows[0]
    lines = [sentence(row, reference, result) for row in result.rows[1:]]
    return (*lines, *within_reach(result))


def within_reach(result: Comparison) -> tuple[str, ...]:
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


def sentence(row: Row, reference: Row, result: Comparison) -> str:
    """Say what the seeds support about ``row`` against ``reference``."""
    task: Task = TASKS.load(result.task)
    said = _claims(row, reference, task, result)
    if said is None:
        said = f"{row.name} and {reference.name} share no seed, so nothing can be said about them."
    return said + _left_out(row, reference)


def _left_out(*rows: Row) -> str:
    """A sentence on runs that broke down, if any did."""
    lost = [f"{r.broken} of {r.broken + len(r.seeds)} runs of {r.name}" for r in rows if r.broken]
    return f" Left out, because they broke down: {', '.join(lost)}." if lost else ""


def _claims(row: Row, reference: Row, task: Task, result: Comparison) -> str | None:
    """On each quantity that the task's verdict speaks of; None where no seed is shared."""
    if task.margin is not None and result.margin is not None:
        return _decided(row, reference, task, task.margin, result)
    parts = [
        _described(finding, task.quantities[key])
        for key in task.claims
        if (finding := row.findings.get(key)) is not None and finding.difference is not None
    ]
    return f"{row.name} against {reference.name}: {'; '.join(parts)}." if parts else None


def _decided(
    row: Row, reference: Row, task: Task, margin: Margin, result: Comparison
) -> str | None:
    """What the primary quantity decides, given the margin, and how soon the target is reached."""
    name, other = row.name, reference.name
    finding, quantity = row.findings[task.primary], task.quantities[task.primary]
    difference = finding.difference
    if difference is None:
        return None
    scale = margin.scale
    mean, *ends = _numbers(difference, quantity, scale)
    amount = f"{mean} of {quantity.title}"
    if not ends:
        return (
            f"{name} against {other}: {amount}, from one seed: "
            "not enough to tell a difference from chance."
        )
    low, high = (end.removesuffix(f" {margin.unit}") for end in ends)
    interval = f"95% interval {low} to {high}, {difference.n} paired seeds, {_p(finding)}"
    limit = f"{written('{:.4g}', scale * (result.margin or 0))} {margin.unit}".rstrip()
    claim = _claim(row, other, finding, quantity, f"the margin of {limit}")
    return f"{claim}: {amount} ({interval}); {_speed(row, reference, result)}."


def _claim(row: Row, other: str, finding: Finding, quantity: Quantity, margin: str) -> str:
    """What may be said of the primary quantity: no direction that is not `established`."""
    equivalent = f"{row.name} and {other} differ by no more than {margin}"
    better = quantity.higher if quantity.better > 0 else quantity.lower
    match row.outcome:
        case "undecided":
            return f"Not enough seeds to tell whether {row.name} or {other} is {better}"
        case "equivalent":
            return equivalent
    word = quantity.higher if row.outcome.startswith("higher") else quantity.lower
    small = row.outcome.endswith("margin")
    if established(finding):
        than = f"{row.name} is {word} than {other}"
        return f"{than}, but by less than {margin}" if small else than
    if small:
        return f"{equivalent}, and which is {better} is not established"
    return f"{row.name} looks {word} than {other}, which is not established"


def _described(finding: Finding, quantity: Quantity) -> str:
    """A quantity without a margin: better, worse, or open which."""
    difference = finding.difference
    assert difference is not None
    title = quantity.title
    mean, *ends = _numbers(difference, quantity)
    if not ends:
        return f"{title} {mean}, from one seed"
    words = {1: quantity.higher, -1: quantity.lower, 0: "open which is better"}
    said = words[difference.sign]
    if difference.sign and not established(finding):
        said = f"seemingly {said}"
    return f"{title}: {said} ({mean}, 95% interval {' to '.join(ends)}, {_p(finding)})"


def _numbers(difference: Estimate, quantity: Quantity, scale: float = 1.0) -> list[str]:
    """The mean and, where there is an interval, its ends."""
    known = [x for x in (difference.mean, difference.low, difference.high) if x is not None]
    return alike(quantity.form, *(scale * x for x in known))


def _speed(row: Row, reference: Row, result: Comparison) -> str:
    assert result.race is not None
    epochs = row.findings["epochs_to_target"]
    difference = epochs.difference
    assert difference is not None
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
        f"{claim}; {row.reached} of {len(row.seeds)} of its runs do within "
        f"{result.race.horizon.epochs} epochs, "
        f"{reference.reached} of {len(reference.seeds)} of {reference.name}"
    )


def _p(finding: Finding) -> str:
    return f"p = {finding.p:.3g}, {finding.p_holm:.3g} after Holm"
