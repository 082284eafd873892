"""What speaks against what a comparison says."""

from vibcli.comparison.compare import Comparison, Row
from vibcli.comparison.looks import ALPHA
from vibcli.comparison.shown import primary_of, scale_of
from vibcli.comparison.undecided import identical
from vibcli.registry import TASKS
from vibcli.statistics import pairs_needed
from vibcli.statistics.intervals import ROUNDING
from vibcli.tasks.forms import alike, bare
from vibcli.tasks.task import Task


def cautions(row: Row, result: Comparison) -> tuple[str, ...]:
    """What makes the decision on an experiment unreliable, and what it does not count."""
    if (decision := row.decision) is None:  # nothing yet that could be unreliable
        return ()
    said = []
    task: Task = TASKS.load(result.task)
    quantity, scale = primary_of(result), scale_of(result)
    each = ", ".join(alike(bare(quantity.form), *(scale * x for x in row.differences.values())))
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
    open_ = decision.outcome == "undecided" and not identical(row)
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


def left_out(*rows: Row) -> tuple[str, ...]:
    """A sentence on runs that broke down, if any did."""
    lost = [f"{r.broken} of {r.broken + len(r.seeds)} runs of {r.name}" for r in rows if r.broken]
    return (f"Left out, because they broke down: {', '.join(lost)}.",) if lost else ()
