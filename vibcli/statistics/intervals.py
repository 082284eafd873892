"""An interval of a difference and what it supports."""

import math
from typing import Literal, NamedTuple, Protocol

LEVEL = 0.95
ROUNDING = 1e-9  # differences of shares that are equal differ by less than this
AGREEING = 6  # so many equal differences are evidence: 2 / 2^6 < 1 - LEVEL, see `smallest_p`

Judgement = Literal[
    "higher",
    "higher, but by less than the margin",
    "lower",
    "lower, but by less than the margin",
    "equivalent",
    "undecided",
]


class Bounds(Protocol):
    """Anything with two ends, which are None where there is no interval."""

    @property
    def low(self) -> float | None: ...  # noqa: D102

    @property
    def high(self) -> float | None: ...  # noqa: D102


class Interval(NamedTuple):
    """From ``low`` to ``high``."""

    low: float
    high: float


def informative(interval: Bounds, n: int) -> Interval | None:
    """The interval of ``n`` values, if there is one that says anything about chance.

    Fewer than six that are all equal do not: rounded differences, such as of epochs, agree often
    enough by themselves.
    """
    low, high = interval.low, interval.high
    if low is None or high is None or (high - low < ROUNDING and n < AGREEING):
        return None
    return Interval(low, high)


def sign(interval: Bounds, n: int = 0) -> int:
    """1 or -1 where the interval of ``n`` values lies above or below 0, else 0.

    See `informative`.
    """
    if (told := informative(interval, n)) is None:
        return 0
    return int(told.low >= ROUNDING) - int(told.high <= -ROUNDING)


def judge(interval: Bounds, margin: float, n: int = 0) -> Judgement:
    """What the interval of a difference supports, given the ``margin`` that matters.

    ``higher`` and ``lower``: it lies on one side of 0. ``equivalent``: it holds 0 and lies wholly
    within (-margin, margin). A difference can be both established and too small to matter.
    Everything else, also an interval that is not `informative`, is ``undecided``.

    A two-sided 95% interval within the margin is the two one-sided tests procedure (TOST,
    Schuirmann 1987) at 2.5%; the customary 5% takes a 90% interval.

    Raises:
        ValueError: the margin is negative, infinite or NaN.

    >>> judge(Interval(0.001, 0.004), margin=0.005)
    'higher, but by less than the margin'
    """
    if not 0 <= margin < math.inf:
        raise ValueError(f"margin: expected a finite number of 0 or more, got {margin}.")
    if (told := informative(interval, n)) is None:
        return "undecided"
    small = -margin < told.low and told.high < margin
    match sign(interval, n):
        case 1:
            return "higher, but by less than the margin" if small else "higher"
        case -1:
            return "lower, but by less than the margin" if small else "lower"
        case _:
            return "equivalent" if small else "undecided"
