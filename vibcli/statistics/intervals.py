"""An interval of a difference and what it supports."""

from typing import NamedTuple, Protocol

LEVEL = 0.95
ROUNDING = 1e-9  # differences of shares that are equal differ by less than this
AGREEING = 6  # so many equal differences are evidence: 2 / 2^6 < 1 - LEVEL, see `smallest_p`


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
