"""Walks between many pairs of ends: what stays as it was at the ends and what does not.

Pure functions of pairs ``[P, K]``, in float64. Intervals are Student t over the pairs, which are
independent of each other.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy import stats
from torch import Tensor

from vibcli.analysis.walks.assumption import CodeMoments, code_moments
from vibcli.analysis.walks.views import Floats
from vibcli.models import gaussian
from vibcli.statistics import LEVEL, Estimate, estimate

POSITIONS = torch.linspace(0, 1, 17, dtype=torch.float64)
MIDDLE = 0.5

# what each coordinate of an end may be a draw of; both have mean 0
LAWS: Mapping[str, Any] = {"normal": stats.norm(), "uniform": stats.uniform(-1, 2)}


class Distance(NamedTuple):
    """Kolmogorov-Smirnov distance, and what 95% of as many independent draws stay below."""

    statistic: float
    critical: float


class AlongWalk(NamedTuple):
    """What happens along one kind of walk, an entry a position.

    ``variance`` is the mean square of a coordinate about 0, the mean of every law here;
    ``expected`` what it is for independent ends that follow the law, None where there is no
    formula. ``middle`` is how far the coordinates in the middle are from the law, ``shape`` how far
    they are once they are divided by the deviation that theory expects, in units of the law's: is a
    sum of two still of its kind?
    """

    variance: list[Estimate]
    expected: list[float] | None
    norm: list[Estimate]
    log_prior_nats: list[Estimate] | None  # of N(0, I); None where that is not the law
    middle: Distance
    shape: Distance | None  # None where there is no theory


class Pairs(NamedTuple):
    """The ends of many walks against the assumption that they are independent draws of the law."""

    moments: CodeMoments  # of all ends
    cosine: Estimate
    correlation: Estimate | None  # over pairs, None where there is one
    distance: Distance
    walks: dict[str, AlongWalk]


def kolmogorov_smirnov(values: ArrayLike, law: Any) -> Distance:
    """Largest difference between the distribution of ``values`` and a law of SciPy."""
    flat = np.ravel(values)
    statistic = float(stats.ks_1samp(flat, law.cdf).statistic)
    return Distance(statistic, float(stats.kstwo.ppf(LEVEL, len(flat))))


def walks_between(start: Tensor, end: Tensor, law: str) -> Pairs:
    """Walk between ``[P, K]`` and ``[P, K]`` in every mode.

    Args:
        start: an end a pair.
        end: the other one.
        law: a name of `LAWS`, which the coordinates of the ends are held against.
    """
    start, end = start.cpu().double(), end.cpu().double()
    both = torch.cat([start, end])
    return Pairs(
        moments=code_moments(both),
        cosine=estimate(torch.cosine_similarity(start, end, dim=-1).numpy()),
        correlation=correlation(start.numpy(), end.numpy()),
        distance=kolmogorov_smirnov(both.numpy(), LAWS[law]),
        walks={mode: _along(start, end, mode, law) for mode in gaussian.PATHS},
    )


def correlation(start: Floats, end: Floats) -> Estimate | None:
    """Correlation of the two ends over pairs, pooled over dimensions; None for one pair.

    The mean over pairs of sum_k (s_k - mean s_k) (e_k - mean e_k), divided by the root of the
    product of the summed variances; ``[P, K]`` twice. Dimensions weigh as much as they vary.
    """
    pairs = len(start)
    if pairs < 2:
        return None
    a, b = start - start.mean(0), end - end.mean(0)
    scale = np.sqrt(np.square(a).sum() * np.square(b).sum()) / pairs
    return estimate((a * b).sum(1) / scale) if scale else None


def _along(start: Tensor, end: Tensor, mode: str, law: str) -> AlongWalk:
    squares, norms, densities = [], [], []
    for position in POSITIONS:
        z = _at(start, end, mode, position)
        squares.append(estimate(z.square().mean(-1).numpy()))
        norms.append(estimate(z.norm(dim=-1).numpy()))
        densities.append(estimate(gaussian.log_standard_normal(z).numpy()))
    middle = _at(start, end, mode, torch.tensor(MIDDLE, dtype=torch.float64)).numpy()
    expected, shape = None, None
    if mode in gaussian.WEIGHTS:
        variance = float(LAWS[law].var())
        expected = gaussian.path_variance(mode, POSITIONS, variance).tolist()
        share = expected[len(expected) // 2] / variance
        shape = kolmogorov_smirnov(middle / np.sqrt(share), LAWS[law])
    return AlongWalk(
        squares,
        expected,
        norms,
        densities if law == "normal" else None,
        kolmogorov_smirnov(middle, LAWS[law]),
        shape,
    )


def _at(start: Tensor, end: Tensor, mode: str, position: Tensor) -> Tensor:
    """The points ``[P, K]`` of all walks at one position, a scalar."""
    return gaussian.PATHS[mode](start, end, position[None])[0]
