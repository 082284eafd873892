"""Whether the spherical walk's assumption holds: ends that are independent draws of N(0, I)."""

import math
from typing import NamedTuple

import numpy as np
from scipy import stats
from torch import Tensor

from vibcli.statistics import Interval

LEVEL = 0.999  # share of pairs of such draws that are within the bounds
TOLERANCE = 0.1  # how far a variance may be from 1, or a mean from 0, without a word


class CodeMoments(NamedTuple):
    """Of many vectors, dimension by dimension.

    ``mean`` is the root mean square of the dimensions' means, less what chance adds to it;
    ``variance`` the mean of their variances, between ``least`` and ``greatest``.
    """

    mean: float
    variance: float
    least: float
    greatest: float


class Ends(NamedTuple):
    """What two ends have of independent draws of N(0, I), and where such draws mostly lie.

    ``stretch`` is the length of the spherical walk's middle by the ends' (the root of their mean
    square): 1 for orthogonal ends, sqrt(2) for equal ones, 0 for opposite ones.
    """

    second_moments: tuple[float, float]  # |z|^2 / K
    second_moment_bounds: Interval
    cosine: float
    cosine_bound: float
    stretch: float


def code_moments(z: Tensor) -> CodeMoments:
    """Moments of ``[N, K]``, N of 2 or more."""
    values = z.cpu().double().numpy()
    variances = values.var(axis=0, ddof=1)
    square = (np.square(values.mean(0)) - variances / len(values)).mean()
    mean = math.sqrt(max(0.0, float(square)))
    return CodeMoments(
        mean, float(variances.mean()), float(variances.min()), float(variances.max())
    )


def ends(start: Tensor, end: Tensor) -> Ends:
    """Measure two ends ``[K]``.

    |z|^2 of a draw is chi-squared with K degrees of freedom; of the cosine c of two draws
    (1 + c) / 2 is Beta((K - 1) / 2, (K - 1) / 2), and in one dimension c is 1 or -1.
    """
    a, b = (v.cpu().double().numpy() for v in (start, end))
    k = len(a)
    norms = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    cosine = float(a @ b) / (norms[0] * norms[1]) if norms[0] * norms[1] else 0.0
    low, high = stats.chi2.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2], k) / k
    half = (k - 1) / 2
    bound = 2 * float(stats.beta.ppf((1 + LEVEL) / 2, half, half)) - 1 if k > 1 else 1.0
    length = norms[0] ** 2 + norms[1] ** 2
    stretch = float(np.linalg.norm(a + b)) / math.sqrt(length) if length else 1.0
    return Ends((norms[0] ** 2 / k, norms[1] ** 2 / k), Interval(low, high), cosine, bound, stretch)


def departures(found: Ends, codes: CodeMoments | None) -> list[str]:
    """Sentences that say what does not hold of the ends and, where known, of the model's codes."""
    said = []
    if abs(found.cosine) > found.cosine_bound:
        said.append(
            f"their cosine is {found.cosine:.2f} (within ±{found.cosine_bound:.2f} for 999 of 1000 "
            f"such pairs), so the walk's middle is {found.stretch:.2f} times as long as its ends"
        )
    low, high = found.second_moment_bounds
    if not all(low <= value <= high for value in found.second_moments):
        first, last = found.second_moments
        said.append(
            f"z² is {first:.3g} and {last:.3g} per dimension ({low:.2g} to {high:.2g} for 999 of "
            "1000 draws)"
        )
    lead = "The spherical walk takes its ends for independent draws of N(0, I). They are not: "
    sentences = [lead + "; ".join(said) + "."] if said else []
    return sentences if codes is None else [*sentences, *code_departures(codes, "training")]


def code_departures(codes: CodeMoments, part: str) -> list[str]:
    """A sentence on the encoder's means, unless they are near N(0, I) in mean and variance."""
    said = []
    if abs(codes.variance - 1) > TOLERANCE:
        said.append(
            f"a variance of {codes.variance:.2g} per dimension ({codes.least:.2g} to "
            f"{codes.greatest:.2g}), not 1"
        )
    if codes.mean > TOLERANCE:
        said.append(f"a mean of {codes.mean:.2g} (root mean square over dimensions), not 0")
    if not said:
        return []
    return [
        f"The encoder's means of the {part} part have {', and '.join(said)}: as ends they are not "
        "what the spherical walk assumes."
    ]
