"""A comparison in words: what the seeds support, and no more."""

from typing import NamedTuple

from vibcli.comparison.compare import Comparison, Row, established
from vibcli.comparison.convergence import COMMON, OWN
from vibcli.comparison.findings import Finding
from vibcli.comparison.looks import ALPHA
from vibcli.comparison.measured import quantities_of
from vibcli.registry import TASKS
from vibcli.statistics import Decision, Estimate, pairs_needed, seeds_needed, sign
from vibcli.statistics.intervals import AGREEING, ROUNDING, informative
from vibcli.tasks.forms import alike, brief, written
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


def all_decided(result: Comparison) -> bool:
    """Whether each experiment's primary quantity is decided, or the very same in enough seeds."""
    return all(
        (row.decision is not None and row.decision.outcome != "undecided")
        or (_identical(row) and len(row.differences) >= AGREEING)
        for row in result.rows[1:]
    )


def _identical(row: Row) -> bool:
    apart = row.differences.values()
    return len(apart) > 1 and all(abs(x) < ROUNDING for x in apart)


def margin_words(result: Comparison) -> str:
    """The margin with its unit: ``0.49 points``."""
    task: Task = TASKS.load(result.task)
    assert task.margin is not None
    assert result.margin is not None
    return f"{brief(task.margin.scale * result.margin)} {task.margin.unit}".rstrip()


def still_needed(result: Comparison) -> int | None:
    """Seeds with which a difference as large as the margin is found 8 times in 10.

    None where there is no margin, all is decided, the differences do not vary, or it would take
    more than a million.
    """
    open_ = [row for row in result.rows if row.decision and row.decision.outcome == "undecided"]
    deviations = [estimate.sd for row in open_ if (estimate := _difference(row, result.primary))]
    known = [sd for sd in deviations if sd and sd > ROUNDING]
    if not known or not result.margin:
        return None
    try:
        needed = seeds_needed(max(known), result.margin)
    except ValueError:
        return None
    return needed if needed > result.plan.counted else None


def _answer(row: Row, reference: Row, result: Comparison, task: Task) -> Answer:
    if row.decision is None and not row.differences:
        none = f"{row.name} and {reference.name} share no seed, so nothing can be said about them."
        return Answer(row.name, none, (), _left_out(row, reference))
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
        (*_left_out(row, reference), *_warnings(row, primary, task, result)),
    )


def _main(row: Row, reference: Row, quantity: Quantity, task: Task, result: Comparison) -> str:
    """On the quantity that decides."""
    name, other, title = row.name, reference.name, quantity.title
    decision, n, of = row.decision, len(row.differences), _of(quantity, task, result)
    if _identical(row):
        return f"{name} and {other} have the very same {title} in all {n} seeds."
    if decision is None:
        seeds = "1 seed is" if n == 1 else f"{n} seeds are"
        return (
            f"Too early to tell whether {name} or {other} is {_better(quantity)}{of}: {seeds} not "
            f"enough, the first look is at {result.plan.first}."
        )
    scale = _scale(task, result)
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
        ends = alike(_bare(quantity), *_known(difference))[1:]
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
    b = alike(_bare(quantities[COMMON]), shared.mean)[0]
    amounts = f"{a} to 99% of its best, {b} to {of.title} {target}"
    if row.speed:
        return f"It learns {'later' if row.speed > 0 else 'sooner'}: {amounts}."
    if own.sign * shared.sign < 0:
        return f"Whether it learns sooner depends on the target: {amounts}."
    return f"It may learn as fast: {amounts}."


def _warnings(row: Row, quantity: Quantity, task: Task, result: Comparison) -> tuple[str, ...]:
    if (decision := row.decision) is None:  # nothing yet that could be unreliable
        return ()
    said = []
    scale = _scale(task, result)
    each = ", ".join(alike(_bare(quantity), *(scale * x for x in row.differences.values())))
    if row.shape.odd is not None:
        seed = list(row.differences)[row.shape.odd]
        said.append(
            f"Seed {seed} is far off the others, which makes the test and the interval "
            f"unreliable; the differences: {each}."
        )
    elif row.shape.skewed:
        said.append(
            f"The differences are skewed, which makes the test and the interval unreliable: {each}."
        )
    few = decision.n < (least := pairs_needed(decision.level))
    open_ = decision.outcome == "undecided" and not _identical(row)
    if open_ and few and not result.always_valid:
        said.append(
            f"No test of {decision.n} seeds can establish a difference: it takes {least} or more."
        )
    claimed = decision.outcome in ("higher", "lower")
    if claimed and task.row_scores is not None and row.test_rows.chance is None:
        said.append("Whether other test rows would say so is not known: predictions are missing.")
    if not result.always_valid:
        said += _about_looks(result)
    return tuple(said)


def _about_looks(result: Comparison) -> list[str]:
    """On seeds that do not count, and on looks that were taken beyond what 5% allow."""
    said, plan = [], result.plan
    if result.there > plan.counted:
        until = f" until there are {plan.following}" if plan.following else ""
        said.append(f"{result.there} seeds are there; the first {plan.counted} count{until}.")
    if plan.risk > ALPHA + ROUNDING:
        at = ", ".join(str(look.seeds) for look in plan.looks)
        said.append(
            f"Looked at with {at} seeds: all looks together are wrong up to "
            f"{100 * plan.risk:.2g} times in 100, not 5."
        )
    return said


def _left_out(*rows: Row) -> tuple[str, ...]:
    """A sentence on runs that broke down, if any did."""
    lost = [f"{r.broken} of {r.broken + len(r.seeds)} runs of {r.name}" for r in rows if r.broken]
    return (f"Left out, because they broke down: {', '.join(lost)}.",) if lost else ()


def _difference(row: Row, key: str) -> Estimate | None:
    found = row.findings.get(key)
    return None if found is None else found.difference


def _better(quantity: Quantity) -> str:
    return quantity.higher if quantity.better > 0 else quantity.lower


def _scale(task: Task, result: Comparison) -> float:
    return task.margin.scale if task.margin and result.primary == task.primary else 1.0


def _of(quantity: Quantity, task: Task, result: Comparison) -> str:
    """In what one is better, where the word for it does not say so: `` in ELBO``."""
    plain = task.margin is not None and result.primary == task.primary
    return "" if plain else f" in {quantity.title}"


def _known(difference: Estimate) -> list[float]:
    return [x for x in (difference.mean, difference.low, difference.high) if x is not None]


def _plain(quantity: Quantity, value: float) -> str:
    """An amount without a sign."""
    return alike(quantity.form.replace("+", ""), value)[0]


def _bare(quantity: Quantity) -> str:
    """The form of a number without its unit."""
    return quantity.form[: quantity.form.index("}") + 1]


def _ends(decision: Decision, quantity: Quantity, scale: float) -> str:
    """The interval, as amounts where it lies on one side of 0: ``-0.20 to +0.31 at 99.2%``."""
    assert decision.interval is not None
    low, high = (scale * end for end in decision.interval)
    form = _bare(quantity)
    if sign(decision.interval, decision.n):
        low, high = sorted((abs(low), abs(high)))
        form = form.replace("+", "")
    return f"{' to '.join(alike(form, low, high))} at {coverage(decision.level)}"


def coverage(level: float) -> str:
    """How much an interval covers that is wrong at this level: ``99.2%``.

    >>> coverage(0.0079), coverage(0.05)
    ('99.2%', '95%')
    """
    return f"{100 * (1 - level):.3g}%"
