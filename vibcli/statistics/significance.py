"""P values of paired differences that assume no distribution, for one comparison or many."""

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from vibcli.statistics.checks import Floats, finite_values, share
from vibcli.statistics.intervals import ROUNDING

ASSIGNMENTS = 2**16  # of signs: all of them up to 16 pairs, a random choice beyond


class SignFlip(NamedTuple):
    """A two-sided p value and the ``smallest`` that so many pairs can reach."""

    p: float
    smallest: float


def sign_flip(differences: ArrayLike, rng: np.random.Generator) -> SignFlip:
    """Two-sided sign-flip (permutation) test that paired differences are symmetric about 0.

    p is the share of the 2^n assignments of signs whose mean is at least as far from 0 as the
    one observed, which is exact up to 16 pairs (Fisher 1935, section 21). Beyond, 2^16 random
    assignments are drawn and the observed one is counted among them (Phipson & Smyth 2010).

    All signs as observed and all flipped are never told apart, so m differences other than 0
    reach no less than 2 / 2^m, whatever their size. Differences of 0 have no sign to flip.

    Args:
        differences: ``[n]``, one number a shared seed.
        rng: draws the assignments beyond 16 pairs.

    Raises:
        ValueError: no differences, or some that are not finite.

    >>> sign_flip([1.0, 2.0, 3.0, 4.0, 5.0], np.random.default_rng(0))
    SignFlip(p=0.0625, smallest=0.0625)
    """
    numbers = finite_values("differences", differences)
    signed = numbers[np.abs(numbers) >= ROUNDING]
    if len(signed) < 2:
        return SignFlip(1.0, 1.0)
    drawn = 2 ** len(signed) > ASSIGNMENTS
    smallest = max(smallest_p(len(signed)), 2 / (ASSIGNMENTS + 1) if drawn else 0)
    found = stats.permutation_test(
        (signed / np.abs(signed).max(),),
        _rounded_mean,
        permutation_type="samples",
        n_resamples=ASSIGNMENTS,
        random_state=rng,
    )
    return SignFlip(float(found.pvalue), smallest)


def _rounded_mean(values: Floats, axis: int) -> Floats:
    # means that are equal but for the order of their terms have to tie
    means: Floats = values.mean(axis)
    return means.round(9)


def smallest_p(pairs: int) -> float:
    """The least p value of `sign_flip` with all its assignments: 2 / 2^n of n pairs."""
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
