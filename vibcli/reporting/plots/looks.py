"""How series are told apart: a colour, a marker and a dash for each, the same in every picture.

The first three colours are of Okabe & Ito (2008). The others were chosen such that each has a
contrast of three to one with white (WCAG 2.1, 1.4.11), and no two look alike to readers who see
no red, no green or no blue (`tests/reporting/plots/test_looks.py` measures both). Markers and
dashes serve those who see, or print, no colours at all.
"""

from typing import Any, NamedTuple

COLORS = (
    *("#0072B2", "#D55E00", "#009E73", "#D163FB"),
    *("#802E04", "#39108B", "#6A6362", "#000000"),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", (0, (5, 1.5)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)))
REFERENCE = {"color": "0.35", "lw": 1, "ls": (0, (4, 3))}  # a line that is no series
FAINT = {"color": "0.6"}  # what has no look of its own


class Look(NamedTuple):
    """What a series is drawn with."""

    color: str
    marker: str
    dash: Any

    @property
    def line(self) -> dict[str, Any]:
        """The options of a line that has markers."""
        return {"color": self.color, "marker": self.marker, "ls": self.dash}


def look(number: int) -> Look:
    """Of the series of this number; the first 56 differ in colour or marker."""
    color, marker = COLORS[number % len(COLORS)], MARKERS[number % len(MARKERS)]
    return Look(color, marker, DASHES[number % len(DASHES)])
