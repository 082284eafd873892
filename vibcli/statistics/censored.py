"""Time to a threshold that some runs do not reach.

The mean over the runs that reach it favours experiments whose slow runs never do. The restricted
mean time E[min(T, horizon)] counts every run: one that has not arrived by the horizon counts as
the horizon. It is the area under the curve P(T > t) up to there (Royston & Parmar 2013).
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from vibcli.statistics.checks import Floats, binary, finite_values, same_shape


def restricted_times(times: ArrayLike, reached: ArrayLike, horizon: float) -> Floats:
    """min(T, horizon) of each run, which assumes nothing: ``[n]``, in the unit of ``times``.

    Differences within seeds have their interval from `estimate`, like any other value.

    Args:
        times: ``[n]``, when the run reached the threshold, or when it ended without.
        reached: ``[n]``, whether it did.
        horizon: common end of the time that counts, such as the planned number of epochs.

    Raises:
        ValueError: a run ended before the horizon without reaching the threshold, so that its
            restricted time is not known; or lengths differ, there are no times, or they are
            negative or not finite.

    >>> restricted_times([3, 10, 10], [True, True, False], horizon=8).tolist()
    [3.0, 8.0, 8.0]
    """
    observed, arrived = finite_values("times", times), binary("reached", reached)
    same_shape("times", observed, "reached", arrived)
    if observed.min() < 0:
        raise ValueError(f"times: expected 0 or more, got {observed.min()}.")
    if not 0 < horizon < math.inf:
        raise ValueError(f"horizon: expected a finite number above 0, got {horizon}.")
    if (unknown := observed[~arrived & (observed < horizon)]).size:
        raise ValueError(
            f"A run ended at {unknown[0]:g} without reaching the threshold; expected it to go on "
            f"to the horizon, {horizon:g}."
        )
    return np.minimum(observed, horizon)
