"""What the paired differences of one or more experiments to the same reference support."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from vibcli.statistics.checks import Floats, share
from vibcli.statistics.intervals import AGREEING, ROUNDING, Bounds, Interval, sign
from vibcli.statistics.max_t import max_t
from vibcli.statistics.seeds import estimate
from vibcli.statistics.significance import holm, sign_flip

Outcome = Literal["higher", "lower", "equivalent", "undecided"]


class Decision(NamedTuple):
    """What ``n`` differences support at a ``level``.

    ``p`` is that of no difference and ``p_equivalent`` that of one as large as the margin, both
    corrected for the number of experiments; ``interval`` covers 1 - ``level``, and there is none of
    fewer than three differences. ``small``: the difference is established to be within the margin,
    whether it is one or none.
    """

    n: int
    level: float
    p: float
    p_equivalent: float
    interval: Interval | None
    outcome: Outcome
    small: bool


def decide(
    differences: ArrayLike,
    level: float,
    margin: float = 0.0,
    rows: Sequence[Bounds | None] | None = None,
) -> list[Decision]:
    """Decide on each of ``A`` experiments that are compared to the same reference.

    'higher' or 'lower': the P value of `sign_flip`, or of several experiments that of `max_t` with
    the signs of a seed flipped in all of them, is at most the level; and the interval of `estimate`
    at 1 - level, and that of ``rows`` where given, lie on one and the same side of 0.
    'equivalent': none of the two, and the two one-sided t tests against the margin (Schuirmann
    1987), corrected by `holm` for the number of experiments, are both below level / 2; of one
    experiment that is an interval within (-margin, margin). Else 'undecided'. Any wrong difference
    is then claimed at most so often as the level says where differences are jointly symmetric
    about 0; exponential ones without an effect on the mean exceed it, see the tests.

    Args:
        differences: ``[A, S]`` or ``[S]``, column s one and the same seed in each row, NaN where an
            experiment lacks it; in each row at least one number.
        level: most that a wrong claim of each kind may happen: 1 - coverage.
        margin: least difference that matters, in the unit of the differences; 0 leaves
            equivalence out.
        rows: of each experiment another interval of its difference at 1 - level, such as over
            seeds and test rows.

    Raises:
        ValueError: a row without numbers, some that are infinite, a bad level or margin, or another
            number of ``rows`` than experiments.

    >>> decide([0.9, 1.2, 0.4, 1.5, 0.8, 1.1, 0.7, 1.0], level=0.0079, margin=0.5)[0].outcome
    'higher'
    """
    share("level", level)
    if not 0 <= margin < math.inf:
        raise ValueError(f"margin: expected a finite number of 0 or more, got {margin}.")
    arms = _arms(differences)
    others = [None] * len(arms) if rows is None else list(rows)
    if len(others) != len(arms):
        raise ValueError(f"rows: expected {len(arms)}, one an experiment, got {len(others)}.")
    p = _corrected(arms)
    same = holm([_not_equivalent(arm[~np.isnan(arm)], margin) for arm in arms])
    return [
        _decided(arm[~np.isnan(arm)], level, p_arm, p_same, other)
        for arm, p_arm, p_same, other in zip(arms, p, same, others, strict=True)
    ]


def _arms(differences: ArrayLike) -> Floats:
    arms = np.atleast_2d(np.asarray(differences, float))
    if arms.ndim > 2 or np.isinf(arms).any() or np.isnan(arms).all(1).any() or not arms.size:
        raise ValueError(
            "differences: expected finite numbers along 1 axis or 2, at least one in each row."
        )
    return arms


def _corrected(arms: Floats) -> Floats:
    """P values of no difference; a seed that an experiment lacks has no sign to flip in it."""
    rng = np.random.default_rng(0)  # so that the same differences have the same decision
    if len(arms) == 1:
        return np.array([sign_flip(arms[0][~np.isnan(arms[0])], rng).p])
    return max_t(np.nan_to_num(arms), rng)


def _not_equivalent(numbers: Floats, margin: float) -> float:
    """Two-sided P of a mean at the margin or beyond: twice the larger one-sided one."""
    n, mean = len(numbers), numbers.mean()
    if n < 3 or not margin:
        return 1.0
    error = numbers.std(ddof=1) / math.sqrt(n)
    if error < ROUNDING:  # all alike, which of few may be chance, see `informative`
        return 0.0 if abs(mean) < margin and n >= AGREEING else 1.0
    larger = max(
        stats.t.sf((mean + margin) / error, n - 1), stats.t.cdf((mean - margin) / error, n - 1)
    )
    return min(1.0, 2 * float(larger))


def _decided(
    numbers: Floats, level: float, p: float, p_equivalent: float, rows: Bounds | None
) -> Decision:
    n = len(numbers)
    found = estimate(numbers, 1 - level)
    side = sign(found, n) if p <= level else 0
    if side and rows is not None and sign(rows) != side:
        side = 0
    small = bool(p_equivalent < level)
    outcome: Outcome = "equivalent" if small else "undecided"
    if side:
        outcome = "higher" if side > 0 else "lower"
    ends = None
    if found.low is not None and found.high is not None:
        ends = Interval(found.low, found.high)
    return Decision(n, level, float(p), float(p_equivalent), ends, outcome, small)
