"""What several seeds say, as one line: their mean, and how far they are apart.

The band is of the seeds' spread, not of the mean's error: whether two experiments differ is asked
of the differences within seeds (`vibcli.reporting.plots.forest`), and that two bands overlap says
nothing about it.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vibcli.reporting.plots.looks import Look

Floats = NDArray[np.float64]

FEWEST = 3  # seeds that a standard deviation is drawn of
ANYWHERE = (-np.inf, np.inf)
BANDS = 3  # lines of one panel whose bands can be told apart


class Spread(NamedTuple):
    """By position ``[X]``; nan where it is not known."""

    mean: Floats
    low: Floats
    high: Floats


def spread(values: Floats, limits: tuple[float, float] = ANYWHERE) -> Spread:
    """The mean over seeds, and one standard deviation (n - 1 in its divisor) each way.

    Args:
        values: ``[S, X]``, a row a seed; what is not finite is not known.
        limits: of what is measured: a band ends there.

    Returns:
        the mean of the known values of each column; the band where there are three or more.
    """
    known = np.isfinite(values)
    count = known.sum(0)
    filled = np.where(known, values, 0.0)
    mean = np.divide(filled.sum(0), count, out=np.full(len(count), np.nan), where=count > 0)
    squares = (np.where(known, values - mean, 0.0) ** 2).sum(0)
    enough = count >= FEWEST
    variance = np.divide(squares, count - 1, out=np.full(len(count), np.nan), where=enough)
    deviation = np.sqrt(variance)
    low, high = (np.clip(mean + sign * deviation, *limits) for sign in (-1, 1))
    return Spread(mean, low, high)


def draw_over_seeds(
    ax: Any,
    x: Floats,
    values: Floats,
    look: Look,
    limits: tuple[float, float] = ANYWHERE,
    bars_at: slice | None = None,
    **options: Any,
) -> Any:
    """The mean as a line with its band; of two seeds both as thin lines.

    Args:
        ax: to draw in.
        x: ``[X]``.
        values: ``[S, X]``, a row a seed.
        look: of the line.
        limits: where a band ends.
        bars_at: where to draw bars instead of a band, for many lines in one panel.
        options: of the line.

    Returns:
        the line.
    """
    found = spread(values, limits)
    (line,) = ax.plot(x, found.mean, **{**look.line, **options})
    if len(values) >= FEWEST and bars_at is None:
        ax.fill_between(x, found.low, found.high, color=look.color, alpha=0.2, lw=0)
    elif len(values) >= FEWEST:
        ends = (end[bars_at] for end in (x, found.low, found.high))
        ax.vlines(*ends, color=look.color, lw=0.9, alpha=0.7)
    elif len(values) > 1:
        ax.plot(x, values.T, color=look.color, lw=0.6, alpha=0.7)
    return line


def spread_notes(counts: Iterable[int], bars: bool = False) -> list[str]:
    """What is said of bands and thin lines where experiments have so many seeds."""
    counts = list(counts)
    band = f"{'bars' if bars else 'band'}: one standard deviation over seeds each way"
    thin = "thin lines: each seed, where there are but two"
    said = {band: max(counts) >= FEWEST, thin: 2 in counts}
    return [note for note, applies in said.items() if applies]
