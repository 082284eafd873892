"""Looking at a difference more than once, while seeds are added, without fooling oneself.

The 5% are divided among the looks, which holds whatever their dependence (Bonferroni), so that
P values and intervals of all looks together are wrong at most so often (repeated confidence
intervals: Jennison & Turnbull 1989). Nothing forces a user to stop where the design does.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from vibcli.statistics.checks import share
from vibcli.statistics.significance import smallest_p


@dataclass(frozen=True)
class Design:
    """Numbers of seeds at which to look, and the share of false differences each look may add.

    A level is what a P value has to reach: the complement of an interval's ``level`` elsewhere.
    Each can be reached by `sign_flip`: 2 / 2^8 = 0.0078 <= 0.0079.

    Raises:
        ValueError: looks do not rise from 2 or more, levels are not between 0 and 1, as many as
            looks and less than 1 together, or no P value of so few seeds reaches one.
    """

    looks: tuple[int, ...] = (8, 12, 16, 20)
    levels: tuple[float, ...] = (0.0079, 0.0121, 0.014, 0.016)

    def __post_init__(self) -> None:
        if not self.looks or len(self.looks) != len(self.levels):
            raise ValueError(
                f"Expected a level for each look, got {len(self.looks)} looks and "
                f"{len(self.levels)} levels."
            )
        if self.looks[0] < 2 or any(b <= a for a, b in itertools.pairwise(self.looks)):
            raise ValueError(f"looks: expected rising numbers from 2, got {self.looks}.")
        for look, level in zip(self.looks, self.levels, strict=True):
            share("levels", level)
            if smallest_p(look) > level:
                raise ValueError(
                    f"levels: no P value of {look} seeds is below {smallest_p(look):.3g}; "
                    f"expected at least that, got {level}."
                )
        share("levels: their sum", self.total)

    @property
    def total(self) -> float:
        """Most that all looks together are wrong, of each kind of claim: the sum of levels."""
        return math.fsum(self.levels)

    def reached(self, n: int) -> int:
        """How many of the looks ``n`` seeds reach.

        >>> [Design().reached(n) for n in (7, 8, 11, 12, 30)]
        [0, 1, 1, 2, 4]
        """
        return sum(look <= n for look in self.looks)


DESIGN = Design()
POWER = 0.8  # with which a difference is to be found, where nothing else is said


def looked(at: Sequence[int], design: Design = DESIGN) -> Design:
    """The design that is left to a user who looked at other numbers of seeds.

    A look at n seeds may spend what the levels of the design's looks up to n add up to, less what
    earlier looks have spent (as Lan & DeMets 1983 do, with Bonferroni's sum). So a later look gets
    what looks that were left out would have had, and one between two of the design's, after the
    first of them, gets nothing: it is no look, and the seeds of the one before count.
    Looks of the design that are still to come keep their levels, and those beyond its last have
    what is left, which is nothing if all were taken. Levels never add up to more than the
    design's.

    This is a guarantee where the numbers of seeds do not depend on what was seen. Adding seeds
    because a P value was nearly small enough is a choice that depends on it. Who chooses among
    the design's looks in that way was wrong at most 4 times in 100 (measured for two such rules),
    who looks after every seed and tells of the best one alone 8. A user who cannot say beforehand
    when to look should use `e_value`.

    Args:
        at: numbers of seeds at which differences were looked at, rising; none is the design.
        design: what was planned.

    Raises:
        ValueError: they do not rise from 1 or more.

    >>> looked([8, 9, 14])
    Design(looks=(8, 14, 16, 20), levels=(0.0079, 0.0121, 0.014, 0.016))
    >>> looked([16]).levels[0], looked([8, 25]).looks
    (0.034, (8, 25))
    """
    if any(n < 1 for n in at) or any(b <= a for a, b in itertools.pairwise(at)):
        raise ValueError(f"at: expected rising numbers from 1, got {list(at)}.")
    last = max(at, default=0)
    levels, spent = {}, 0
    for n in [*at, *(look for look in design.looks if look > last)]:
        if (reached := design.reached(n)) > spent:
            levels[n] = round(math.fsum(design.levels[spent:reached]), 12)
            spent = reached
    return Design(tuple(levels), tuple(levels.values()))


def seeds_needed(
    sd: float, effect: float, level: float = DESIGN.levels[-1], power: float = POWER
) -> int:
    """Fewest seeds with which a true mean of ``effect`` is found with this probability.

    Of the t test at the level, by default that of the design's last look, from the noncentral t
    distribution with n - 1 degrees of freedom and noncentrality effect sqrt(n) / sd:
    P(T >= t(1 - level / 2, n - 1)) >= power, in the true direction; and `sign_flip` can reach the
    level.

    More than the last look has means that the design does not promise it. It leaves out the
    earlier looks, which only add to the power, and the sign-flip test beside the t interval, which
    takes about 1 in 100 (measured).

    Args:
        sd: standard deviation of the paired differences, above 0.
        effect: the true mean difference that is to be found, of either sign, not 0.
        level: share of false differences.
        power: probability to find it.

    Raises:
        ValueError: a number is out of its range, or more than a million seeds would be needed.

    >>> seeds_needed(0.7, 0.5), seeds_needed(0.7, 0.5, level=0.05)
    (24, 18)
    """

    def enough(n: int) -> bool:
        return _found(n, sd, effect, level) >= power

    share("power", power)
    low, high = 1, 2
    while not enough(high):
        low, high = high, 2 * high
        if high > 10**6:
            raise ValueError(f"An effect of {effect} at sd {sd} takes more than a million seeds.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _found(n: int, sd: float, effect: float, level: float) -> float:
    """The power of ``n`` seeds, see `seeds_needed`."""
    share("level", level)
    if not 0 < sd < math.inf:
        raise ValueError(f"sd: expected a finite number above 0, got {sd}.")
    if not 0 < abs(effect) < math.inf:
        raise ValueError(f"effect: expected a finite number other than 0, got {effect}.")
    if smallest_p(n) > level:
        return 0.0
    limit, shift = stats.t.isf(level / 2, n - 1), abs(effect) / sd * math.sqrt(n)
    return float(stats.nct.sf(limit, n - 1, shift))


def enough_seeds(sd: float, n: int, effect: float, level: float) -> bool:
    """Whether ``n`` seeds find a mean of ``effect`` 8 times in 10, for all that is known of the sd.

    The deviation of few seeds is often small by chance; so its 90% upper bound counts, from
    (n - 1) s^2 / sigma^2 ~ chi^2(n - 1), and fewer seeds are never easier to be enough.

    Raises:
        ValueError: a number is out of its range, or fewer than 2 seeds.

    >>> [enough_seeds(0.1, n, 0.25, 0.05) for n in (3, 5, 10)]
    [False, False, True]
    """
    if n < 2:
        raise ValueError(f"n: expected 2 or more, got {n}.")
    most = sd * math.sqrt((n - 1) / stats.chi2.ppf(0.1, n - 1))
    return _found(n, most, effect, level) >= POWER
