"""Values by seed -> a mean, a paired difference, a chance to improve, with their intervals."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from vibcli.statistics.checks import finite_values, share
from vibcli.statistics.intervals import LEVEL, ROUNDING, sign

FEWEST = 3  # seeds of which there is an interval


class Estimate(NamedTuple):
    """A mean over ``n`` seeds, its interval and the values' standard deviation.

    Below three seeds there is no interval, which from two would be 13 deviations wide; below two
    there is no deviation.
    """

    mean: float
    low: float | None
    high: float | None
    n: int
    sd: float | None = None

    @property
    def sign(self) -> int:
        """1 or -1 where the interval lies above or below 0, else 0; see `intervals.sign`."""
        return sign(self, self.n)


class Improvement(NamedTuple):
    """Probability that a pair favours the first, its interval and the number of pairs."""

    probability: float
    low: float
    high: float
    n: int


def paired(a: Mapping[int, float], b: Mapping[int, float]) -> list[float]:
    """Differences a - b over the seeds that both have, in the order of the seeds.

    >>> paired({2: 5.0, 1: 3.0}, {1: 1.0, 2: 2.0, 7: 0.0})
    [2.0, 3.0]
    """
    return [a[seed] - b[seed] for seed in sorted(a.keys() & b.keys())]


def estimate(values: ArrayLike, level: float = LEVEL) -> Estimate:
    """Mean and its Student t interval: mean +- t((1 + level) / 2, n - 1) s / sqrt(n).

    Args:
        values: ``[n]``, one number a seed; at least one.
        level: probability that the interval covers the mean of all seeds, if seeds are normal.

    Raises:
        ValueError: no values, or some that are not finite.
    """
    share("level", level)
    numbers = finite_values("values", values)
    n, mean = len(numbers), float(numbers.mean())
    sd = float(numbers.std(ddof=1)) if n > 1 else None
    if sd is None or n < FEWEST:
        return Estimate(mean, None, None, n, sd)
    half = float(stats.t.ppf((1 + level) / 2, n - 1)) * sd / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half, n, sd)


def probability_of_improvement(
    differences: ArrayLike, higher_is_better: bool = True, level: float = LEVEL
) -> Improvement:
    """P(A better than B) + P(tie) / 2 for a pair of runs with the same seed.

    Agarwal et al. 2021 (section 4.3) compare every run of A with every run of B; here a run meets
    only the one that shares its seed.

    The interval is exact (Clopper & Pearson 1934): its lower end is that of P(better), its upper
    end that of P(better or tie), so it covers at least ``level`` however few the seeds and however
    many the ties. A bootstrap over the pairs would have no width where all pairs agree, as five
    seeds often do.

    Args:
        differences: ``[n]``, A - B for each shared seed.
        higher_is_better: False for losses and times.
        level: least coverage of the interval.

    Raises:
        ValueError: no differences, or some that are not finite.

    >>> probability_of_improvement([0.1, 0.2, 0.0, -0.1]).probability
    0.625
    """
    share("level", level)
    gains = finite_values("differences", differences) * (1 if higher_is_better else -1)
    n, wins = len(gains), int((gains >= ROUNDING).sum())
    ties = int((np.abs(gains) < ROUNDING).sum())
    tail = (1 - level) / 2
    low = stats.beta.ppf(tail, wins, n - wins + 1) if wins else 0.0
    most = wins + ties
    high = stats.beta.isf(tail, most + 1, n - most) if most < n else 1.0
    return Improvement((wins + ties / 2) / n, float(low), float(high), n)
