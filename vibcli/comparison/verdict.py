"""A comparison in words: what the seeds support, and no more."""

from typing import NamedTuple

from vibcli.comparison.cautions import cautions, left_out
from vibcli.comparison.compare import Comparison, Row, established
from vibcli.comparison.convergence import COMMON, OWN
from vibcli.comparison.findings import Finding
from vibcli.comparison.looks import ALPHA
from vibcli.comparison.measured import quantities_of
from vibcli.comparison.shown import coverage, margin_words, scale_of
from vibcli.comparison.undecided import identical
from vibcli.registry import TASKS
from vibcli.statistics import Decision, Estimate, pairs_needed, sign
from vibcli.statistics.intervals import informative
from vibcli.tasks.forms import alike, bare, written
from vibcli.tasks.task import Quantity, Task


class Answer(NamedTuple):
    """What is said of one experiment against the first.

    ``main`` is on the quantity that decides, ``asides`` are on others and on speed, ``warnings``
    say what speaks against all of it.
    """

    name: str
    main: str
    asides: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """All sentences."""
        return (self.main, *self.asides, *self.warnings)


def verdict(result: Comparison) -> tuple[str, ...]:
    """All sentences, experiment by experiment."""
    return tuple(line for found in answers(result) for line in found.lines)


def paragraphs(result: Comparison) -> tuple[str, ...]:
    """All that is said of an experiment, one after the other."""
    return tuple(" ".join(found.lines) for found in answers(result))


def answers(result: Comparison) -> list[Answer]:
    """What the seeds support about each experiment but the first."""
    task: Task = TASKS.load(result.task)
    reference = result.rows[0]
    return [_answer(row, reference, result, task) for row in result.rows[1:]]


def _answer(row: Row, reference: Row, result: Comparison, task: Task) -> Answer:
    if row.decision is None and not row.differences:
        none = f"{row.name} and {reference.name} share no seed, so nothing can be said about them."
        return Answer(row.name, none, (), left_out(row, reference))
    quantities = quantities_of(task)
    primary = quantities[result.primary]
    asides = [
        _aside(row.findings[key], quantities[key], result)
        for key in task.asides
        if key != result.primary and key in row.findings and row.findings[key].difference
    ]
    if result.level is not None and row.common is not None:
        asides.append(_speed(row, task, quantities))
    if result.level is None:
        asides = []
    return Answer(
        row.name,
        _main(row, reference, primary, task, result),
        tuple(asides),
        (*left_out(row, reference), *cautions(row, result)),
    )


def _main(row: Row, reference: Row, quantity: Quantity, task: Task, result: Comparison) -> str:
    """On the quantity that decides."""
    name, other, title = row.name, reference.name, quantity.title
    decision, n, of = row.decision, len(row.differences), _of(quantity, task, result)
    if identical(row):
        return f"{name} and {other} have the very same {title} in all {n} seeds."
    if decision is None:
        seeds = "1 seed is" if n == 1 else f"{n} seeds are"
        return (
            f"Too early to tell whether {name} or {other} is {_better(quantity)}{of}: {seeds} not "
            f"enough, the first look is at {result.plan.first}."
        )
    scale = scale_of(result)
    if decision.outcome == "undecided":
        return _undecided(row, f"{other}{of}", quantity, scale)
    if decision.outcome == "equivalent":
        within = _ends(decision, quantity, scale)
        return (
            f"No difference that would matter: {name} and {other} are equal in {title} to within "
            f"{margin_words(result)} ({within})."
        )
    word = quantity.higher if decision.outcome == "higher" else quantity.lower
    difference = _difference(row, result.primary)
    assert difference is not None
    amount = _plain(quantity, scale * abs(difference.mean))
    near = "" if decision.interval is None else f" ({_ends(decision, quantity, scale)})"
    if decision.small:
        return (
            f"{name} is {word} than {other}{of}, but by less than would matter: {amount}{near}, "
            f"and the margin is {margin_words(result)}."
        )
    return f"{name} is {word} than {other}{of}, by {amount}{near}."


def _undecided(row: Row, other: str, quantity: Quantity, scale: float) -> str:
    decision = row.decision
    assert decision is not None
    said = f"Not decided by {decision.n} seeds"
    ends = None if decision.interval is None else informative(decision.interval, decision.n)
    if ends is None:
        return f"{said}: whether {row.name} is {_better(quantity)} than {other} is open."
    low, high = (_plain(quantity, scale * abs(end)) for end in ends)
    if sign(ends, decision.n) == 0:
        return (
            f"{said}: {row.name} is somewhere from {low} {quantity.lower} to {high} "
            f"{quantity.higher} than {other}."
        )
    why = (
        f"the exact test is not sure (p = {decision.p:.2g}, it takes {decision.level:.2g})"
        if decision.p > decision.level
        else "other test rows could turn it"
    )
    word = quantity.higher if ends.low > 0 else quantity.lower
    return f"{said}: {row.name} is {word} than {other} in these seeds, but {why}."


def _aside(finding: Finding, quantity: Quantity, result: Comparison) -> str:
    """On a secondary quantity: established, the same in all seeds, or open."""
    difference = finding.difference
    assert difference is not None
    said = f"{quantity.title} {alike(quantity.form, difference.mean)[0]}"
    word = quantity.higher if difference.mean > 0 else quantity.lower
    if established(finding, result.level) and difference.sign:
        ends = alike(bare(quantity.form), *_known(difference))[1:]
        return f"{quantity.subject} {word}: {said} ({' to '.join(ends)})."
    if finding.alike and difference.n >= pairs_needed(ALPHA):
        return f"{quantity.subject} {word} in all {difference.n} seeds: {said}."
    return f"{quantity.subject} not surely {quantity.lower} or {quantity.higher}: {said}."


def _speed(row: Row, task: Task, quantities: dict[str, Quantity]) -> str:
    """On how soon it learns; a direction needs both targets."""
    of, common = task.convergence, row.common
    assert of is not None
    assert common is not None
    own, shared = (row.findings[key].difference for key in (OWN, COMMON))
    assert own is not None
    assert shared is not None
    target = written(of.form, common.target)
    a = alike(quantities[OWN].form, own.mean)[0]
    b = alike(bare(quantities[COMMON].form), shared.mean)[0]
    amounts = f"{a} to 99% of its best, {b} to {of.title} {target}"
    if row.speed:
        return f"It learns {'later' if row.speed > 0 else 'sooner'}: {amounts}."
    if own.sign * shared.sign < 0:
        return f"Whether it learns sooner depends on the target: {amounts}."
    return f"It may learn as fast: {amounts}."


def _difference(row: Row, key: str) -> Estimate | None:
    found = row.findings.get(key)
    return None if found is None else found.difference


def _better(quantity: Quantity) -> str:
    return quantity.higher if quantity.better > 0 else quantity.lower


def _of(quantity: Quantity, task: Task, result: Comparison) -> str:
    """In what one is better, where the word for it does not say so: `` in ELBO``."""
    plain = task.margin is not None and result.primary == task.primary
    return "" if plain else f" in {quantity.title}"


def _known(difference: Estimate) -> list[float]:
    return [x for x in (difference.mean, difference.low, difference.high) if x is not None]


def _plain(quantity: Quantity, value: float) -> str:
    """An amount without a sign."""
    return alike(quantity.form.replace("+", ""), value)[0]


def _ends(decision: Decision, quantity: Quantity, scale: float) -> str:
    """The interval, as amounts where it lies on one side of 0: ``-0.20 to +0.31 at 99.2%``."""
    assert decision.interval is not None
    low, high = (scale * end for end in decision.interval)
    form = bare(quantity.form)
    if sign(decision.interval, decision.n):
        low, high = sorted((abs(low), abs(high)))
        form = form.replace("+", "")
    return f"{' to '.join(alike(form, low, high))} at {coverage(decision.level)}"
