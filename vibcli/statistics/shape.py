"""Whether paired differences have a shape that their tests can bear."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from vibcli.statistics.checks import finite_values
from vibcli.statistics.intervals import ROUNDING

FEWEST = 6  # of fewer one far off is no surprise, of three none can be told
ALPHA = 0.01  # of either warning, where differences are normal


class Shape(NamedTuple):
    """Position of a difference that is far off all others, and whether they are skewed."""

    odd: int | None
    skewed: bool


def shape(differences: ArrayLike) -> Shape:
    """Look for what makes interval and P value of paired differences unreliable.

    ``odd``: the largest |d - mean| / sd exceeds what of normal differences it exceeds once in a
    hundred times (Grubbs 1969, two-sided). ``skewed``: the skewness does (D'Agostino 1970), which
    needs eight differences. Where one seed in twenty breaks down in one experiment, differences
    that mean nothing are claimed 11 times in 100 instead of 5.

    Args:
        differences: ``[n]``, one number a shared seed.

    Raises:
        ValueError: no differences, or some that are not finite.

    >>> shape([0.1, -0.2, 0.0, 0.1, -0.1, 0.2, 0.1, 9.0])
    Shape(odd=7, skewed=True)
    """
    numbers = finite_values("differences", differences)
    n = len(numbers)
    if n < FEWEST or (sd := numbers.std(ddof=1)) < ROUNDING:
        return Shape(None, False)
    apart = np.abs(numbers - numbers.mean()) / sd
    t = stats.t.isf(ALPHA / (2 * n), n - 2)
    critical = (n - 1) / math.sqrt(n) * math.sqrt(t**2 / (n - 2 + t**2))
    odd = int(apart.argmax()) if apart.max() > critical else None
    skewed = n >= 8 and bool(stats.skewtest(numbers).pvalue < ALPHA)
    return Shape(odd, skewed)
