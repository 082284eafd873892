"""How good predicted distributions of a number are: pure functions of NumPy arrays.

The prediction of a row is the mixture F(x) = (1/S) sum_s Phi((x - m_s) / sigma_s) of S Gaussians
of equal weight, one for each draw of z; a single Gaussian is S = 1. ``means`` m and ``deviations``
sigma > 0 are ``[S, N]``, ``truth`` y is ``[N]``, all in the unit of the label. Functions compute
in float64 and raise ValueError where a shape is not this one, where there is no row or no draw,
and where a deviation is 0 or less. NaN is not an error: what is computed of it is NaN.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf, ndtr, ndtri

Floats = NDArray[np.float64]

BLOCK = 2**17  # numbers in a temporary array: 1 MB
HALVINGS = 100  # of the bracket of a quantile, at most
REPORTED_LEVEL = 0.9


def rmse(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Root of the mean squared error of ``[N]`` predictions, in the unit of the label.

    >>> rmse([3, 0], [0, 4])
    3.5355339059327378
    """
    return float(np.sqrt(np.square(_errors(prediction, truth)).mean()))


def mae(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Mean absolute error of ``[N]`` predictions, in the unit of the label.

    >>> mae([3, 0], [0, 4])
    3.5
    """
    return float(np.abs(_errors(prediction, truth)).mean())


def r_squared(prediction: ArrayLike, truth: ArrayLike) -> float | None:
    """1 - sum (y - prediction)^2 / sum (y - mean of y)^2; None where ``truth`` does not vary.

    1 is perfect, 0 as good as always predicting the mean of ``truth``, below 0 worse.

    >>> r_squared([1, 2, 2], [1, 2, 3])
    0.5
    """
    errors, truth = _errors(prediction, truth), _line("truth", truth)
    span = np.ptp(truth)  # the unit does not matter; this one keeps the squares in range
    if span == 0:
        return None
    total = np.square((truth - truth.mean()) / span).sum()
    return float(1 - np.square(errors / span).sum() / total)


def mixture_mean(means: ArrayLike) -> Floats:
    """Mean of the predicted distribution, mean_s m_s: ``[S, N]`` -> ``[N]``."""
    mean: Floats = _table("means", means).mean(0)
    return mean


def mixture_deviation(means: ArrayLike, deviations: ArrayLike) -> Floats:
    """Standard deviation of the predicted distribution, ``[N]``, by the law of total variance.

    The root of mean_s sigma_s^2 + mean_s (m_s - mean_s m_s)^2.

    >>> mixture_deviation([[-4], [4]], [[3], [3]])
    array([5.])
    """
    means, deviations = _mixture(means, deviations)
    parts = np.concatenate([deviations, means - means.mean(0)])
    deviation: Floats = np.hypot.reduce(parts) / np.sqrt(len(means))  # squares may overflow
    return deviation


def nll(means: ArrayLike, deviations: ArrayLike, truth: ArrayLike) -> Floats:
    """-log density of the mixture at ``truth``, ``[N]``, in nats.

    -log (1/S) sum_s exp(-(y - m_s)^2 / (2 sigma_s^2)) / (sigma_s sqrt(2 pi)). The density is per
    unit of the label: of a label measured in units c times smaller it is greater by log c.

    >>> nll([[0]], [[1]], [0]).round(4)
    array([0.9189])
    """
    return _by_rows(_nll, *_predicted(means, deviations, truth))


def _nll(means: Floats, deviations: Floats, truth: Floats) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):  # a density of 0 to any precision; NaN
        logs = -0.5 * np.square((truth - means) / deviations) - np.log(deviations)
        total: Floats = np.logaddexp.reduce(logs)
    return float(np.log(len(means)) + 0.5 * np.log(2 * np.pi)) - total


def crps(means: ArrayLike, deviations: ArrayLike, truth: ArrayLike) -> Floats:
    """Continuous ranked probability score, ``[N]``, in the unit of the label; 0 is perfect.

    The integral of (F(x) - [y <= x])^2 over x, which is E|X - y| - E|X - X'| / 2 for independent
    X, X' ~ F (Gneiting & Raftery 2007, eq. 21, with the sign changed). In closed form, with
    A(d, s) = E|d + s Z| for a standard normal Z (Grimit et al. 2006; S = 1: Gneiting et al. 2005):

        mean_s A(y - m_s, sigma_s) - mean_s mean_t A(m_s - m_t, sqrt(sigma_s^2 + sigma_t^2)) / 2
        A(d, s) = 2 s phi(d / s) + d (2 Phi(d / s) - 1)

    For S = 1 it goes to |y - m| as sigma goes to 0. Time grows with S^2, memory does not.

    >>> crps([[0]], [[1]], [0]).round(4)  # (sqrt(2) - 1) / sqrt(pi)
    array([0.2337])
    """
    return _by_rows(_crps, *_predicted(means, deviations, truth))


def _crps(means: Floats, deviations: Floats, truth: Floats) -> Floats:
    draws = len(means)
    to_truth = _mean_distance(truth - means, deviations).mean(0)
    pairs = (2 / np.sqrt(np.pi)) * deviations.sum(0)  # of each draw with itself
    for lag in range(1, draws):
        apart = _mean_distance(
            means[lag:] - means[:-lag], np.hypot(deviations[lag:], deviations[:-lag])
        )
        pairs += 2 * apart.sum(0)
    score: Floats = to_truth - pairs / (2 * draws**2)
    return score


def _mean_distance(d: Floats, s: Floats) -> Floats:
    """E|d + s Z| for a standard normal Z, elementwise."""
    with np.errstate(over="ignore"):
        scaled = d / (np.sqrt(2) * s)
        near = np.sqrt(2 / np.pi) * s * np.exp(-np.square(scaled))
    distance: Floats = near + d * erf(scaled)
    return distance


def pit(means: ArrayLike, deviations: ArrayLike, truth: ArrayLike) -> Floats:
    """Probability integral transform F(y), ``[N]``: uniform on 0..1 where F is calibrated.

    >>> pit([[0], [2]], [[1], [1]], [1])
    array([0.5])
    """
    return _by_rows(_distribution, *_predicted(means, deviations, truth))


def _distribution(means: Floats, deviations: Floats, x: Floats) -> Floats:
    with np.errstate(over="ignore"):
        shares: Floats = ndtr((x - means) / deviations).mean(0)
    return shares


def central_interval(
    means: ArrayLike, deviations: ArrayLike, level: float
) -> tuple[Floats, Floats]:
    """The ends of the central interval that holds y with probability ``level``, ``[N]`` each.

    They are the quantiles (1 - level) / 2 and (1 + level) / 2 of F: for S = 1
    m +- sigma Phi^-1((1 + level) / 2), else by bisection between the least and the greatest of
    the S quantiles. Where F is flat to rounding, any point there may be the quantile.

    Raises:
        ValueError: also for a ``level`` that is not between 0 and 1.

    >>> low, high = central_interval([[0]], [[1]], 0.9)
    >>> low.round(4), high.round(4)
    (array([-1.6449]), array([1.6449]))
    """
    if not 0 < level < 1:
        raise ValueError(f"level: expected a number between 0 and 1, got {level}.")
    means, deviations = _mixture(means, deviations)
    tail = (1 - level) / 2

    def lower_end(means: Floats, deviations: Floats) -> Floats:
        return _quantile(means, deviations, tail)

    # the upper tail is the lower one of the mirror image, where probabilities near 0 are exact
    return _by_rows(lower_end, means, deviations), -_by_rows(lower_end, -means, deviations)


def _quantile(means: Floats, deviations: Floats, probability: float) -> Floats:
    ends = means + deviations * ndtri(probability)
    low: Floats = ends.min(0)
    high: Floats = ends.max(0)
    for _ in range(HALVINGS):
        middle = low + (high - low) / 2
        if ((middle <= low) | (middle >= high)).all():
            break
        below = _distribution(means, deviations, middle) < probability
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return high


def coverage(pit: ArrayLike, level: float) -> float:
    """Share of rows inside their central interval of this ``level``, see `calibration`.

    >>> coverage([0.01, 0.06, 0.5, 0.94], 0.9)
    0.75
    """
    return float(calibration(pit, [level])[0])


def calibration(pit: ArrayLike, levels: ArrayLike) -> Floats:
    """Share of rows inside their central interval of each level: ``[N]``, ``[L]`` -> ``[L]``.

    y is in the central interval of a level where |2 F(y) - 1| <= level. Shares equal the levels,
    but for chance, where F is calibrated; greater ones say that the intervals are too wide,
    smaller ones too narrow.

    Args:
        pit: F(y) as of `pit`.
        levels: between 0 and 1, both included.

    Raises:
        ValueError: also where ``pit`` or ``levels`` lie outside 0..1.
    """
    pit, levels = _line("pit", pit), _line("levels", levels)
    for name, values in (("pit", pit), ("levels", levels)):
        if (outside := values[(values < 0) | (values > 1)]).size:
            raise ValueError(f"{name}: expected numbers between 0 and 1, got {outside[0]}.")
    if np.isnan(pit).any():
        return np.full(len(levels), np.nan)
    inside = np.searchsorted(np.sort(np.abs(2 * pit - 1)), levels, side="right")
    shares: Floats = inside / len(pit)
    return shares


def all_metrics(
    means: ArrayLike,
    deviations: ArrayLike,
    truth: ArrayLike,
    distortion: ArrayLike,
    rates: ArrayLike | None,
) -> dict[str, float | None]:
    """Everything that is reported of a split; a metric that does not apply is None.

    Args:
        means: ``[S, N]``; errors are of their mean over the draws.
        deviations: ``[S, N]``.
        truth: ``[N]``.
        distortion: ``[N]``, -log q(y|z) averaged over draws of z, in nats.
        rates: ``[N]`` in nats, None where z is deterministic.
    """
    means, deviations, truth = _predicted(means, deviations, truth)
    distortion = _line("distortion", distortion, len(truth))
    rate = None if rates is None else float(_line("rates", rates, len(truth)).mean())
    prediction = mixture_mean(means)
    return {
        "rmse": rmse(prediction, truth),
        "mae": mae(prediction, truth),
        "r2": r_squared(prediction, truth),
        "nll_nats": float(nll(means, deviations, truth).mean()),
        "crps": float(crps(means, deviations, truth).mean()),
        "coverage_90": coverage(pit(means, deviations, truth), REPORTED_LEVEL),
        "distortion_nats": float(distortion.mean()),
        "rate_nats": rate,
        "rate_bits": None if rate is None else rate / float(np.log(2)),
        "rows": len(truth),
    }


def _by_rows(function: Callable[..., Floats], means: Floats, *others: Floats) -> Floats:
    """``function`` of some rows at a time, so that its temporary arrays stay small."""
    draws, rows = means.shape
    step = max(BLOCK // draws, 1)
    found = [
        function(*(values[..., start : start + step] for values in (means, *others)))
        for start in range(0, rows, step)
    ]
    return np.concatenate(found)


def _predicted(
    means: ArrayLike, deviations: ArrayLike, truth: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    means, deviations = _mixture(means, deviations)
    return means, deviations, _line("truth", truth, means.shape[1])


def _mixture(means: ArrayLike, deviations: ArrayLike) -> tuple[Floats, Floats]:
    means, deviations = _table("means", means), _table("deviations", deviations)
    if means.shape != deviations.shape:
        raise ValueError(
            f"means and deviations differ in shape: {means.shape} and {deviations.shape}."
        )
    if (wrong := deviations[deviations <= 0]).size:
        raise ValueError(f"deviations: expected numbers above 0, got {wrong[0]}.")
    return means, deviations


def _errors(prediction: ArrayLike, truth: ArrayLike) -> Floats:
    truth = _line("truth", truth)
    return truth - _line("prediction", prediction, len(truth))


def _table(name: str, values: ArrayLike) -> Floats:
    return _shaped(name, values, "[S, N]", 2)


def _line(name: str, values: ArrayLike, length: int | None = None) -> Floats:
    array = _shaped(name, values, "[N]", 1)
    if length is not None and len(array) != length:
        raise ValueError(f"{name}: expected {length} rows, got {len(array)}.")
    return array


def _shaped(name: str, values: ArrayLike, shape: str, axes: int) -> Floats:
    array: NDArray[Any] = np.asarray(values, np.float64)
    if array.ndim != axes or not array.size:
        raise ValueError(f"{name}: expected the shape {shape}, none of them 0, got {array.shape}.")
    return array
