"""Looking at a difference more than once, while seeds are added, without fooling oneself.

The 5% are divided among the looks, which holds whatever their dependence (Bonferroni), so that
P values and intervals of all looks together are wrong at most so often (repeated confidence
intervals: Jennison & Turnbull 1989). Nothing forces a user to stop where the design does.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from vibcli.statistics.checks import finite_values, share
from vibcli.statistics.intervals import Bounds, Interval, judge, sign
from vibcli.statistics.seeds import estimate
from vibcli.statistics.significance import sign_flip, smallest_p

Found = Literal["too early", "higher", "lower", "equivalent", "undecided"]


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


class Decision(NamedTuple):
    """What the ``n`` seeds that count support at a look (1 is the first, 0: none is reached).

    ``level`` is what ``p`` had to reach and ``interval`` covers 1 - ``level``; before the first
    look there is none of the three. ``final``: the design ends here, decided or not.
    """

    n: int
    look: int
    level: float | None
    p: float | None
    interval: Interval | None
    outcome: Found
    final: bool

    def small(self, margin: float) -> bool:
        """Whether the interval lies within (-margin, margin), whatever the outcome."""
        return self.interval is not None and (
            -margin < self.interval.low and self.interval.high < margin
        )


def fixed(n: int, level: float = 0.05) -> Design:
    """The design of one look at ``n`` seeds.

    >>> fixed(10)
    Design(looks=(10,), levels=(0.05,))
    """
    return Design((n,), (level,))


DESIGN = Design()


def decide(
    differences: ArrayLike,
    design: Design,
    margin: float,
    extra: Callable[[float], Bounds] | None = None,
) -> Decision:
    """What paired differences support at the look that so many seeds make.

    Seeds beyond the last look reached do not count: 11 seeds of looks at 8 and 12 are judged by
    the first 8, so that nothing is gained by a look in between. Fewer than the first look are
    'too early'.

    'higher' or 'lower': the P value of `sign_flip` is at most the look's level, and the interval
    of `estimate` at 1 - level, and ``extra`` where given, lie on one and the same side of 0.
    'equivalent': none of the two, and the interval lies within (-margin, margin). Else
    'undecided'. A difference can be established and small, see `Decision.small`.

    Of the four looks together a difference is claimed wrongly at most 5 times in 100 where
    differences are symmetric, and equivalence at most half as often (each of its two bounds is
    one-sided) where they are normal; measured, 3 and 1 at most. Skewed differences without an
    effect on the mean exceed it, for one look as for four: exponential ones are claimed 9 times in
    100, normal ones of which 1 in 20 is 8 standard deviations off, always in one experiment, 11.

    Beyond 16 seeds `sign_flip` draws; here always the same signs, so that the same differences
    have the same decision.

    Args:
        differences: ``[n]``, one number a shared seed, in the order in which seeds were run.
        design: when to look, and how strictly.
        margin: least difference that matters, in the unit of the differences.
        extra: from a nominal coverage (0.9921 at the first look) to another interval of the
            difference, such as over seeds and test rows. It has to be of the seeds that count.

    Raises:
        ValueError: no differences, some that are not finite, or a bad margin.

    >>> found = decide([0.9, 1.2, 0.4, 1.5, 0.8, 1.1, 0.7, 1.0], DESIGN, margin=0.5)
    >>> found.outcome, found.look, found.p, found.final
    ('higher', 1, 0.0078125, True)
    >>> decide([0.9, 1.2, 0.4], DESIGN, margin=0.5).outcome
    'too early'
    """
    numbers = finite_values("differences", differences)
    if not 0 <= margin < math.inf:
        raise ValueError(f"margin: expected a finite number of 0 or more, got {margin}.")
    look = design.reached(len(numbers))
    if not look:
        return Decision(len(numbers), 0, None, None, None, "too early", False)
    n, level = design.looks[look - 1], design.levels[look - 1]
    found = estimate(numbers[:n], 1 - level)
    assert found.low is not None
    assert found.high is not None
    p = sign_flip(numbers[:n], np.random.default_rng(0)).p
    side = found.sign if p <= level else 0
    if side and extra is not None and sign(extra(1 - level), n) != side:
        side = 0
    small = judge(found, margin, n) not in ("higher", "lower", "undecided")
    outcome: Found = "equivalent" if small else "undecided"
    if side:
        outcome = "higher" if side > 0 else "lower"
    final = outcome != "undecided" or look == len(design.looks)
    return Decision(n, look, level, p, Interval(found.low, found.high), outcome, final)


def decided_at(differences: ArrayLike, design: Design, margin: float) -> Decision:
    """The first decision of the looks that so many seeds reach, or that of the last look reached.

    What comes after the first decision does not change it.

    Args:
        differences: ``[n]``, in the order in which seeds were run.
        design: as in `decide`.
        margin: as in `decide`.

    Raises:
        ValueError: as `decide`.

    >>> later = [0.9, 1.2, 0.4, 1.5, 0.8, 1.1, 0.7, 1.0, -9.0, -9.0, -9.0, -9.0]
    >>> decided_at(later, DESIGN, margin=0.5).outcome, decide(later, DESIGN, margin=0.5).outcome
    ('higher', 'undecided')
    """
    numbers = finite_values("differences", differences)
    for n in design.looks[: max(0, design.reached(len(numbers)) - 1)]:
        if (decision := decide(numbers[:n], design, margin)).final:
            return decision
    return decide(numbers, design, margin)


def looked(at: Sequence[int], design: Design = DESIGN) -> Design:
    """The design that is left to a user who looked at other numbers of seeds.

    A look at n seeds may spend what the levels of the design's looks up to n add up to, less what
    earlier looks have spent (as Lan & DeMets 1983 do, with Bonferroni's sum). So a later look gets
    what looks that were left out would have had, and one between two of the design's, after the
    first of them, gets nothing: it is no look, and `decide` counts the seeds of the one before.
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


def seeds_needed(sd: float, effect: float, design: Design = DESIGN, power: float = 0.8) -> int:
    """Fewest seeds with which a true mean of ``effect`` is found with this probability.

    Of the t test at the level of the design's last look, from the noncentral t distribution with
    n - 1 degrees of freedom and noncentrality effect sqrt(n) / sd:
    P(|T| >= t(1 - level / 2, n - 1)) >= power, and `sign_flip` can reach the level.

    More than the last look has means that the design does not promise it. It leaves out the
    earlier looks, which only add to the power, and the sign-flip test beside the t interval, which
    takes about 1 in 100 (measured).

    Args:
        sd: standard deviation of the paired differences, above 0.
        effect: the true mean difference that is to be found, of either sign, not 0.
        design: whose last level counts.
        power: probability to find it.

    Raises:
        ValueError: a number is out of its range, or more than a million seeds would be needed.

    >>> seeds_needed(0.7, 0.5), seeds_needed(0.7, 0.5, fixed(20))
    (24, 18)
    """
    share("power", power)
    if not 0 < sd < math.inf:
        raise ValueError(f"sd: expected a finite number above 0, got {sd}.")
    if not 0 < abs(effect) < math.inf:
        raise ValueError(f"effect: expected a finite number other than 0, got {effect}.")
    level = design.levels[-1]

    def enough(n: int) -> bool:
        limit, shift = stats.t.isf(level / 2, n - 1), abs(effect) / sd * math.sqrt(n)
        found = stats.nct.sf(limit, n - 1, shift) + stats.nct.cdf(-limit, n - 1, shift)
        return smallest_p(n) <= level and bool(found >= power)

    low, high = 1, 2
    while not enough(high):
        low, high = high, 2 * high
        if high > 10**6:
            raise ValueError(f"An effect of {effect} at sd {sd} takes more than a million seeds.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
