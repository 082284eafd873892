"""Rows as points, told apart by their class."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vibcli.reporting.plots.looks import COLORS, FAINT, REFERENCE, Look, look
from vibcli.reporting.plots.text import literal

Points = NDArray[np.floating]
Labels = NDArray[np.integer]

MOST = 20  # classes that have a look of their own
SHARES = 8  # of the rows, drawn one upon the other, so that no class hides the others
NAME = 18  # letters of a class
CIRCLES = "circles: N(0, I), 1 to 3 sigma"
HATCHES = ("", "////", "....")


class Group(NamedTuple):
    """Rows that look alike: the number of their class, or -1 of those that share the rest."""

    number: int
    name: str
    look: Look

    @property
    def hatch(self) -> str:
        """Of an area: what tells classes apart that have one colour."""
        return HATCHES[max(self.number, 0) // len(COLORS) % len(HATCHES)]


class Signs(NamedTuple):
    """What a legend shows: a thing that was drawn, and its name, for each group."""

    handles: list[Any]
    labels: list[str]


def grouped(labels: Labels, classes: Sequence[str]) -> tuple[NDArray[np.int64], list[Group]]:
    """Which group each row belongs to ``[N]``, and the groups in the order of their classes.

    Classes without a row have no group. Of more than `MOST` classes the largest have their own,
    and the others share the last.
    """
    sizes = np.bincount(labels, minlength=len(classes))
    used = np.flatnonzero(sizes)
    own = used
    if len(used) > MOST:
        own = np.sort(used[np.argsort(-sizes[used], kind="stable")[: MOST - 1]])
    groups = [Group(c, literal(classes[c], NAME) or " ", look(c)) for c in own.tolist()]
    place = np.full(len(classes), len(own), np.int64)
    place[own] = np.arange(len(own))
    if rest := len(used) - len(own):
        faint = Look(FAINT["color"], ".", "-")
        groups.append(Group(-1, f"{rest} smaller classes", faint))
    return place[labels], groups


def draw_points(ax: Any, points: Points, labels: Labels, classes: Sequence[str]) -> Signs:
    """Points ``[N, 2]`` by class."""
    place, groups = grouped(labels, classes)
    order = np.random.default_rng(0).permutation(len(points))
    options = {"s": 7, "alpha": 0.65, "lw": 0, "rasterized": True}
    for share in np.array_split(order, min(SHARES, max(len(points), 1))):
        for number, group in enumerate(groups):
            own = share[place[share] == number]
            if len(own):
                style = {"color": group.look.color, "marker": group.look.marker}
                ax.scatter(*points[own].T, **style, **options)
    keys = [{"color": g.look.color, "marker": g.look.marker, "ls": "", "ms": 4.5} for g in groups]
    return Signs([ax.plot([], [], **key)[0] for key in keys], [group.name for group in groups])


def draw_circles(ax: Any) -> None:
    """Of a standard normal in the plane, 1, 2 and 3 standard deviations."""
    angle = np.linspace(0, 2 * np.pi, 200)
    for radius in (1, 2, 3):
        ax.plot(radius * np.cos(angle), radius * np.sin(angle), **REFERENCE)
