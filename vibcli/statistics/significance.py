"""P values of paired differences that assume no distribution, for one comparison or many."""

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vibcli.statistics.checks import Floats, finite_values, share
from vibcli.statistics.intervals import ROUNDING

EXACT = 32  # pairs up to which all assignments of signs count
DRAWS = 2**16  # beyond: so many random ones


class SignFlip(NamedTuple):
    """A two-sided p value and the ``smallest`` that so many pairs can reach."""

    p: float
    smallest: float


def sign_flip(differences: ArrayLike, rng: np.random.Generator) -> SignFlip:
    """Two-sided sign-flip (permutation) test that paired differences are symmetric about 0.

    p is the share of the 2^n assignments of signs whose mean is at least as far from 0 as the
    one observed, which is exact (Fisher 1935, section 21). Beyond 32 pairs 2^16 random assignments
    are drawn and the observed one is counted among them (Phipson & Smyth 2010).

    All signs as observed and all flipped are never told apart, so m differences other than 0
    reach no less than 2 / 2^m, whatever their size. Differences of 0 have no sign to flip.

    Args:
        differences: ``[n]``, one number a shared seed.
        rng: draws the assignments beyond 32 pairs.

    Raises:
        ValueError: no differences, or some that are not finite.

    >>> sign_flip([1.0, 2.0, 3.0, 4.0, 5.0], np.random.default_rng(0))
    SignFlip(p=0.0625, smallest=0.0625)
    """
    numbers = finite_values("differences", differences)
    signed = numbers[np.abs(numbers) >= ROUNDING]
    n = len(signed)
    if n < 2:
        return SignFlip(1.0, 1.0)
    unit = signed / np.abs(signed).max()
    limit = abs(unit.sum()) - ROUNDING * n  # sums equal but for the order of their terms tie
    if n <= EXACT:
        return SignFlip(min(1.0, 2 * _sums_from(unit, limit) / 2.0**n), smallest_p(n))
    drawn = (2.0 * rng.integers(0, 2, (DRAWS, n)) - 1) @ unit
    least = 1 / (DRAWS + 1)
    return SignFlip((1 + int((np.abs(drawn) >= limit).sum())) * least, least)


def _sums_from(unit: Floats, limit: float) -> int:
    """How many of all 2^n signed sums are at least ``limit``, of which each half is summed once.

    Of each sum of the first half, those of the second that reach what is left are counted in
    their order (Pagano & Tritchler 1983 do the like).
    """
    first, second = (_sums(half) for half in np.array_split(unit, 2))
    second.sort()
    return int((len(second) - np.searchsorted(second, limit - first)).sum())


def _sums(values: Floats) -> Floats:
    """Every signed sum, ``[2^n]``."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def smallest_p(pairs: int) -> float:
    """The least p value of `sign_flip` of n pairs: 2 / 2^n."""
    return 2.0 ** (1 - pairs)


def pairs_needed(alpha: float, comparisons: int = 1) -> int:
    """Fewest pairs with which `sign_flip` can reject: least n with 2 / 2^n <= alpha / comparisons.

    Of several comparisons the smallest p value has to pass alpha / comparisons (`holm`).

    Raises:
        ValueError: alpha is not between 0 and 1, or there is no comparison.

    >>> pairs_needed(0.05), pairs_needed(0.05, comparisons=3)
    (6, 7)
    """
    share("alpha", alpha)
    if comparisons < 1:
        raise ValueError(f"comparisons: expected 1 or more, got {comparisons}.")
    return next(n for n in itertools.count(1) if smallest_p(n) <= alpha / comparisons)


def holm(p_values: ArrayLike) -> Floats:
    """Adjust p values so that a family at alpha has any false rejection at most so often.

    The i-th smallest of m becomes max over j <= i of min(1, (m - j + 1) p_(j)), in the order
    given (Holm 1979). Valid however the tests depend on each other.

    Args:
        p_values: ``[m]``, each between 0 and 1.

    Raises:
        ValueError: there is none, or one is not between 0 and 1.

    >>> holm([0.01, 0.04, 0.03, 0.005]).tolist()
    [0.03, 0.06, 0.06, 0.02]
    """
    p = finite_values("p_values", p_values)
    if p.min() < 0 or p.max() > 1:
        raise ValueError(f"p_values: expected numbers from 0 to 1, got {p.min()} to {p.max()}.")
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)).clip(max=1)
    return adjusted
