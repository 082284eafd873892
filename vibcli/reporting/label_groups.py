"""Labels as a few groups, for pictures that color rows by them."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

GROUPS = 5


def in_groups(
    labels: NDArray[np.generic], classes: Sequence[str]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The labels as classes: as they are, or numbers by their quantiles.

    Args:
        labels: ``[N]``.
        classes: of the labels; none where they are numbers.

    Returns:
        the group of each row ``[N]``, and the groups' names.

    >>> in_groups(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), ())[1][0]
    '1 to 1.8'
    """
    if classes:
        return labels.astype(np.int64), tuple(classes)
    ends = np.unique(np.quantile(labels.astype(np.float64), np.linspace(0, 1, GROUPS + 1)))
    groups = np.searchsorted(ends[1:-1], labels, side="right").astype(np.int64)
    pairs = itertools.pairwise(ends)
    names = tuple(f"{_plain(low, ends)} to {_plain(high, ends)}" for low, high in pairs)
    return groups, names or (_plain(ends[0], ends),)


def _plain(value: float, ends: NDArray[np.float64]) -> str:
    """The number to a tenth of the narrowest group: no more digits than tell the groups apart."""
    narrowest = np.diff(ends).min(initial=np.inf)
    digits = 1 - math.floor(math.log10(narrowest)) if np.isfinite(narrowest) else 4
    return f"{round(float(value), digits):.10g}"
