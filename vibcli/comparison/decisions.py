"""What the primary quantity decides, of all experiments of a comparison together."""

import math
from collections.abc import Sequence

import numpy as np

from vibcli.comparison.measured import BySeed, Measured
from vibcli.comparison.row_scores import RowFindings
from vibcli.statistics import Decision, Outcome, decide, e_value


def decisions(
    measured: Sequence[Measured],
    primary: str,
    level: float | None,
    margin: float | None,
    test_rows: Sequence[RowFindings],
    always_valid: bool,
) -> list[Decision | None]:
    """Decide on each experiment; None on the first, which others are compared to, and too early.

    Wrong claims are held at ``level`` over all experiments. A difference has to hold for other
    seeds, and, where predictions are known, for other seeds and test rows.
    """
    apart = [own.differences.get(primary, {}) for own in measured]
    arms = [i for i, differences in enumerate(apart) if differences]
    decided: list[Decision | None] = [None] * len(measured)
    if level is None or not arms:
        return decided
    if always_valid:
        found = [_by_e_value(apart[i], level, len(arms)) for i in arms]
    else:
        seeds = sorted({seed for i in arms for seed in apart[i]})
        matrix = [[apart[i].get(seed, math.nan) for seed in seeds] for i in arms]
        chances = [test_rows[i].chance for i in arms]
        both = [None if chance is None else chance.both for chance in chances]
        found = decide(matrix, level, margin or 0.0, both)
    for i, decision in zip(arms, found, strict=True):
        decided[i] = decision
    return decided


def _by_e_value(differences: BySeed, level: float, arms: int) -> Decision:
    """A difference where the e-value ever reached what the level asks of so many experiments."""
    numbers = list(differences.values())
    p = min(1.0, arms / float(e_value(numbers).max()))
    outcome: Outcome = "undecided"
    if p <= level:
        outcome = "higher" if np.mean(numbers) > 0 else "lower"
    return Decision(len(numbers), level, p, 1.0, None, outcome, False)
