"""What is still open in a comparison, and how many seeds would settle it."""

from vibcli.comparison.compare import Comparison, Row
from vibcli.statistics import seeds_needed
from vibcli.statistics.intervals import AGREEING, ROUNDING


def all_decided(result: Comparison) -> bool:
    """Whether each experiment's primary quantity is decided, or the very same in enough seeds."""
    return all(
        (row.decision is not None and row.decision.outcome != "undecided")
        or (identical(row) and len(row.differences) >= AGREEING)
        for row in result.rows[1:]
    )


def identical(row: Row) -> bool:
    """Whether two seeds or more have no difference at all."""
    apart = row.differences.values()
    return len(apart) > 1 and all(abs(x) < ROUNDING for x in apart)


def still_needed(result: Comparison) -> int | None:
    """Seeds with which a difference as large as the margin is found 8 times in 10.

    None where there is no margin, all is decided, the differences do not vary, or it would take
    more than a million.
    """
    open_ = [row for row in result.rows if row.decision and row.decision.outcome == "undecided"]
    differences = [row.findings[result.primary].difference for row in open_]
    known = [d.sd for d in differences if d is not None and d.sd and d.sd > ROUNDING]
    if not known or not result.margin:
        return None
    try:
        needed = seeds_needed(max(known), result.margin)
    except ValueError:
        return None
    return needed if needed > result.plan.counted else None
