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
from vibcli.statistics.censored import restricted_times
from vibcli.statistics.checks import Floats, finite_values, same_shape
from vibcli.statistics.intervals import LEVEL
from vibcli.statistics.seeds import Estimate, estimate

SHARE = 0.99  # of the best value, which is the target
WIDTH = 5  # epochs of the moving average


class Targets(NamedTuple):
    """Of each pair the same share of each run's own best ``[n]``, and one target for all runs."""

    a: Floats
    b: Floats
    common: float


class Sooner(NamedTuple):
    """Epochs to the targets, a - b, and the ``sign`` that both support (-1: a is sooner) or 0."""

    own: Estimate
    common: Estimate
    sign: int


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


def passage_times(curves: ArrayLike, target: ArrayLike, horizon: float | None = None) -> Floats:
    """Epochs until each curve first is at or above a target, ``[n]``, at most the ``horizon``.

    Between two epochs the curve is the line that joins them, so times are seldom whole numbers:
    ties would hide shifts below an epoch. The first epoch is 1. See `restricted_times`.

    Args:
        curves: ``[n, epochs]``, smoothed, higher is better; a run that stopped early goes on with
            its last value.
        target: one for all, or ``[n]``.
        horizon: common end of the time that counts; by default the number of epochs.

    Raises:
        ValueError: values are not finite, there is neither one target nor one for each curve, or
            a curve ends before the horizon without reaching its target.

    >>> passage_times([[0.2, 0.6, 0.8], [0.1, 0.2, 0.3]], target=0.5)
    array([1.75, 3.  ])
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
    times = np.where(reached, last + 1 - step, epochs)
    return restricted_times(times, reached, epochs if horizon is None else horizon)


def pair_targets(a: ArrayLike, b: ArrayLike, share: float = SHARE) -> Targets:
    """What the runs of each pair have to reach.

    ``a`` and ``b``: the same share of each run's own best, so that how soon a run learns is told
    from how far it gets. ``common``: the share of the best of the mean curve over seeds, of the
    experiment for which that is lower, so that both get there. Of a best below 0, such as minus a
    loss, the target is best / share, which is below it too.

    Args:
        a: ``[n, epochs]``, smoothed, higher is better, row s the run of one seed.
        b: ``[n, epochs]``, the other experiment, seeds as in ``a``.
        share: between 0 and 1.

    Raises:
        ValueError: shapes differ, values are not finite, or a bad share.

    >>> pair_targets([[0.4, 0.8]], [[0.5, 1.0]], share=0.5)
    Targets(a=array([0.4]), b=array([0.5]), common=0.4)
    """
    checks.share("share", share)
    first, second = finite_values("a", a, axes=2), finite_values("b", b, axes=2)
    same_shape("a", first, "b", second)

    def of(best: Floats) -> Floats:
        return np.where(best > 0, share * best, best / share)

    lower = np.minimum(first.mean(0).max(), second.mean(0).max())
    return Targets(of(first.max(1)), of(second.max(1)), float(of(lower)))


def sooner(
    a: ArrayLike,
    b: ArrayLike,
    share: float = SHARE,
    width: int = WIDTH,
    level: float = LEVEL,
) -> Sooner:
    """Whether the runs of one experiment get there sooner: only where both targets say so.

    Curves are smoothed; times to either target are restricted to the number of epochs and
    compared within pairs by `estimate`. With equal mean curves, of equal noise or of three times
    as much in one, a run is called sooner or later at most 3 times in 100 at ten seeds (10 to 40
    epochs, noise of 0.3 to 3 points, with and without a decline at the end). The price is power
    where the curve is flat for long: then what a run's own best is, is chance.

    Args:
        a: ``[n, epochs]``, higher is better, row s the run of one seed.
        b: ``[n, epochs]``, the other experiment, seeds as in ``a``.
        share: of the best, see `pair_targets`.
        width: epochs of the moving average, see `smooth`; not more than half of those there are.
        level: of each interval.

    Raises:
        ValueError: shapes differ, values are not finite, or a bad share, width or level.

    >>> slow = np.array([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8]] * 6)
    >>> quick = np.array([[0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8]] * 6)
    >>> found = sooner(quick, slow, width=3)
    >>> found.sign, round(found.own.mean, 2)
    (-1, -2.0)
    """
    first, second = smooth(a, width), smooth(b, width)
    targets = pair_targets(first, second, share)
    own = estimate(passage_times(first, targets.a) - passage_times(second, targets.b), level)
    common = estimate(
        passage_times(first, targets.common) - passage_times(second, targets.common), level
    )
    return Sooner(own, common, own.sign if own.sign == common.sign else 0)
