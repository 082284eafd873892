"""How far two sets of points are from being draws of one distribution."""

import torch
from torch import Tensor


def energy_coefficient(a: Tensor, b: Tensor) -> float:
    """Share of the distance between two sets that comes from their being different.

    H = (2 E|A - B| - E|A - A'| - E|B - B'|) / (2 E|A - B|), the energy distance by its largest
    value: 0 if and only if the distributions are equal, 1 if each is one point
    (Szekely & Rizzo 2013, "Energy statistics", eq. 2 and section 4). Pairs of a point with itself
    do not count, so that for equal distributions the expectation of the numerator is 0.

    Args:
        a: ``[M, D]``, two points or more.
        b: ``[N, D]``, likewise.

    Raises:
        ValueError: fewer than two points in a set.

    >>> energy_coefficient(torch.tensor([[0.0], [2.0]]), torch.tensor([[4.0], [6.0]]))
    0.5
    """
    if min(len(a), len(b)) < 2:
        raise ValueError(f"two points of each set are needed, not {len(a)} and {len(b)}")
    across = 2 * torch.cdist(a, b).double().mean()
    if not across:
        return 0.0
    return float((across - _within(a) - _within(b)) / across)


def _within(points: Tensor) -> Tensor:
    """Mean distance of two different points of ``[N, D]``."""
    return torch.cdist(points, points).double().sum() / (len(points) * (len(points) - 1))
