"""P values of many quantities of the same paired seeds, adjusted by how they vary together."""

import numpy as np
from numpy.typing import ArrayLike

from vibcli.statistics.checks import Floats, finite_values
from vibcli.statistics.intervals import ROUNDING

EXACT = 16  # pairs up to which all assignments of signs count
DRAWS = 10_000  # assignments of signs beyond 16 pairs, the observed one among them


def max_t(differences: ArrayLike, rng: np.random.Generator) -> Floats:
    """Adjusted p ``[Q]`` of Q quantities: step-down max-T with signs flipped jointly.

    A flip gives each seed one sign, the same in all quantities, and so keeps what quantities
    share. Let q_1..q_Q be the quantities from the largest |t| observed to the least. The i-th p is
    the share of flips in which the largest |t| among q_i..q_Q is at least the one observed of q_i,
    and no less than the p before it (Westfall & Young 1993, algorithm 4.1; Ge, Dudoit & Speed
    2003). Any false rejection in the family then happens at most so often, where the differences
    of the quantities without an effect are jointly symmetric about 0.

    All 2^n flips count up to 16 pairs; beyond, 10,000 do, the observed one and others drawn
    (Phipson & Smyth 2010). The least p that can be reached is 2 / 2^n (or 1 / 10,000) of any
    number of quantities, while `holm` multiplies it by Q.

    |t| rises with |sum d| / sqrt(n sum d^2), from 0 to 1, which is what is compared. Of
    differences that are all equal and not 0 it is 1, that is |t| without bound, and two flips of
    2^n reach it, so p is 2 / 2^n or more. Where all are 0 it is 0 and p is 1.

    Args:
        differences: ``[Q, n]``, row q one quantity, column i one and the same seed in each row.
        rng: draws the flips beyond 16 pairs.

    Raises:
        ValueError: no differences, other axes, or some that are not finite.

    >>> steady, noisy = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [-3.0, 1.0, 4.0, -1.0, 5.0, -2.0]
    >>> max_t([steady, noisy], np.random.default_rng(0)).tolist()
    [0.03125, 0.71875]
    """
    numbers = finite_values("differences", differences, axes=2)
    numbers = np.where(np.abs(numbers) < ROUNDING, 0, numbers)
    largest = np.abs(numbers).max(1, keepdims=True)  # [Q, 1]
    unit = numbers / np.where(largest > 0, largest, 1)
    length = np.sqrt(unit.shape[1] * (unit**2).sum(1, keepdims=True))
    unit = unit / np.where(length > 0, length, 1)
    sums = _flips(unit.shape[1], rng) @ unit.T  # [B, Q], as observed first
    flipped = np.abs(sums).round(9)  # what differs but by the order of terms has to tie
    order = np.argsort(-flipped[0], kind="stable")
    flipped = flipped[:, order]
    successive = np.maximum.accumulate(flipped[:, ::-1], axis=1)[:, ::-1]
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate((successive >= flipped[0]).mean(0))
    return adjusted


def _flips(n: int, rng: np.random.Generator) -> Floats:
    """Signs ``[B, n]``, all + first; of two opposite flips, which have equal |t|, one is enough."""
    if n > EXACT:
        drawn = 2.0 * rng.integers(0, 2, (DRAWS - 1, n)) - 1
        return np.concatenate([np.ones((1, n)), drawn])
    bits = np.arange(2 ** (n - 1))[:, None] >> np.arange(n)
    return np.where(bits & 1, -1.0, 1.0)
