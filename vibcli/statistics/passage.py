"""When a noisy curve of validation reaches a target, favouring neither the noisier nor the lower.

The first epoch at or above a target is a maximum over chances: of two runs that learn alike the
noisier one gets to a common target sooner, and to a share of its own best later, as its best is
one of its chances too. A moving average takes most of the noise away. The two targets err in
opposite directions, so that a run is called sooner only where both agree.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vibcli.statistics import checks
from vibcli.statistics.checks import Floats, finite_values, same_shape

SHARE = 0.99  # of the best value, which is the target
WIDTH = 5  # epochs of the moving average at most


class Common(NamedTuple):
    """One ``target`` for the runs of a pair of experiments, and epochs to it, ``[n]`` each."""

    target: float
    a: Floats
    b: Floats


def window(epochs: int) -> int:
    """Epochs of the moving average over curves of so many: odd, 5 or at most half of them.

    >>> [window(epochs) for epochs in (1, 5, 6, 10, 40)]
    [1, 1, 3, 5, 5]
    """
    half = max(1, min(WIDTH, epochs // 2))
    return half - (half % 2 == 0)


def smooth(curves: ArrayLike, width: int = WIDTH) -> Floats:
    """Centred moving averages over ``width`` epochs, ``[n, epochs]``.

    Towards both ends it is over the epochs that there are. It takes the place of an isotonic fit,
    whose ends follow single values: with equal mean curves, sd of noise three times as large in
    one, and ten seeds, that one calls a run sooner or later up to 8 times in 100 and finds fewer
    shifts.

    Args:
        curves: ``[n, epochs]``.
        width: odd; 1 leaves the curves as they are.

    Raises:
        ValueError: no curves, values that are not finite, or a width that is even or below 1.

    >>> smooth([[0.0, 3.0, 3.0, 6.0]], width=3).tolist()
    [[1.5, 2.0, 4.0, 4.5]]
    """
    values = finite_values("curves", curves, axes=2)
    if width < 1 or width % 2 == 0:
        raise ValueError(f"width: expected an odd number of 1 or more, got {width}.")
    epochs, half = values.shape[1], width // 2
    near = [values[:, max(0, i - half) : i + half + 1].mean(1) for i in range(epochs)]
    return np.stack(near, axis=1)


def passage_times(curves: ArrayLike, target: ArrayLike) -> Floats:
    """Epochs until each curve first is at or above a target, ``[n]``.

    Between two epochs the curve is the line that joins them, so times are seldom whole numbers:
    ties would hide shifts below an epoch. The first epoch is 1. A curve that never is there counts
    as one epoch more than there are: the mean over runs is the restricted mean time (Royston &
    Parmar 2013), which unlike the mean over those that get there does not favour experiments
    whose slow runs never do.

    Args:
        curves: ``[n, epochs]``, smoothed, higher is better; a run that stopped early goes on with
            its last value.
        target: one for all, or ``[n]``.

    Raises:
        ValueError: values are not finite, or there is neither one target nor one for each curve.

    >>> passage_times([[0.2, 0.6, 0.8], [0.1, 0.2, 0.3]], target=0.5)
    array([1.75, 4.  ])
    """
    values = finite_values("curves", curves, axes=2)
    n, epochs = values.shape
    targets = np.broadcast_to(target, n) if np.ndim(target) == 0 else np.asarray(target)
    targets = finite_values("target", targets)
    same_shape("target", targets, "the curves' best", values.max(1))
    there = values >= targets[:, None]
    reached, last = there.any(1), there.argmax(1)
    runs, before = np.arange(n), np.maximum(last - 1, 0)
    low, high = values[runs, before], values[runs, last]
    between = reached & (last > 0)  # there low < target <= high
    step = np.where(between, (high - targets) / np.where(between, high - low, 1), 0)
    times: Floats = np.where(reached, last + 1 - step, epochs + 1)
    return times


def share_of(best: ArrayLike, share: float = SHARE) -> Floats:
    """The target that is this share of a best value; of one below 0, best / share.

    >>> share_of([0.8, -2.0], 0.5).tolist()
    [0.4, -4.0]
    """
    checks.share("share", share)
    values = np.asarray(best, float)
    target: Floats = np.where(values > 0, share * values, values / share)
    return target


def own_passages(curves: ArrayLike, width: int | None = None) -> Floats:
    """Epochs until each run is at 99% of its own best, ``[n]``: speed, told from height.

    Args:
        curves: ``[n, epochs]``, higher is better, not smoothed.
        width: epochs of the moving average, see `smooth`; by default `window`.

    Raises:
        ValueError: values that are not finite, or a bad width.

    >>> own_passages([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8]], width=3).round(2)
    array([8.76])
    """
    smoothed = _smoothed(curves, width)
    return passage_times(smoothed, share_of(smoothed.max(1)))


def common_passages(
    a: ArrayLike, b: ArrayLike, target: float | None = None, width: int | None = None
) -> Common:
    """Epochs until the runs of two experiments are at one target.

    By default it is 99% of the best of the mean curve over seeds, of the experiment for which that
    is lower, so that both get there.

    A run should be called sooner only where its own target and the common one agree. With equal
    mean curves, of equal noise or of three times as much in one, and 95% intervals of both
    differences, that is wrong at most 3 times in 100 at ten seeds (10 to 40 epochs, noise of 0.3 to
    3 points, with and without a decline at the end). The price is power where the curve is flat for
    long: then what a run's own best is, is chance.

    Args:
        a: ``[n, epochs]``, higher is better, not smoothed, row s the run of one seed.
        b: ``[n, epochs]``, the other experiment, seeds as in ``a``.
        target: the common one; by default as above.
        width: epochs of the moving average, see `smooth`; by default `window`.

    Raises:
        ValueError: shapes differ, values are not finite, or a bad width.

    >>> slow = [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8]]
    >>> quick = [[0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8]]
    >>> found = common_passages(quick, slow, width=3)
    >>> (found.a - found.b).round(2).tolist()
    [-2.0]
    """
    first, second = _smoothed(a, width), _smoothed(b, width)
    same_shape("a", first, "b", second)
    if target is None:
        target = float(share_of(min(first.mean(0).max(), second.mean(0).max())))
    return Common(target, passage_times(first, target), passage_times(second, target))


def _smoothed(curves: ArrayLike, width: int | None) -> Floats:
    values = finite_values("curves", curves, axes=2)
    return smooth(values, window(values.shape[1]) if width is None else width)
