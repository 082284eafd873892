"""Differences within seeds, arm by arm: each seed's own, their mean and its interval."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vibcli.comparison.compare import Comparison, Row
from vibcli.comparison.shown import coverage_of, primary_of, scale_of
from vibcli.reporting.plots.figure import figure, save
from vibcli.reporting.plots.looks import REFERENCE, look
from vibcli.reporting.plots.text import foot, heading, literal
from vibcli.reporting.scene import Scene
from vibcli.tasks.forms import alike, bare, unit, written

ROW = 0.5  # inches of an arm
BELOW = 0.25  # of a row, that the marks of seeds lie below the bar
DEEP = 0.14  # of a row, each way, that marks of equal differences take
SPACED = 0.02  # of the axis, within which two marks would lie upon each other
NAME = 26  # letters of an arm
SEED = {"s": 12, "lw": 0.7, "facecolor": "none", "edgecolor": "0.3", "zorder": 2}
MEAN: dict[str, Any] = {"marker": "D", "ms": 6, "ls": "", "zorder": 4}
INTERVAL: dict[str, Any] = {"lw": 2.0, "marker": "|", "ms": 8, "zorder": 3}


class Arm(NamedTuple):
    """One experiment against the first.

    Attributes:
        name: of the experiment.
        differences: its value less the first's, seed by seed.
        low: where the interval of their mean begins; None where there is none.
        high: where it ends.
    """

    name: str
    differences: Sequence[float]
    low: float | None = None
    high: float | None = None


class Forest(NamedTuple):
    """What is compared.

    Attributes:
        arms: in the order that they are shown in.
        reference: the name of the first experiment.
        axis: what differs, and its unit, as in ``test accuracy (points)``.
        better: 1 where more of it is better, -1 where less is, 0 where neither.
        margin: the difference that would matter; None where there is none.
        form: how a difference is written, with a sign.
        coverage: of the intervals.
    """

    arms: Sequence[Arm]
    reference: str
    axis: str
    better: int
    margin: float | None = None
    form: str = "{:+.4g}"
    coverage: str = "95%"


def draw_differences(scene: Scene, path: Path) -> list[Path]:
    """The differences of a comparison's primary quantity, arm by arm; nothing without a seed."""
    result = scene.comparison
    assert result is not None
    if (forest := forest_of(result)) is None:
        return []
    draw_forest(forest, result.dataset, path)
    return [path]


def forest_of(result: Comparison) -> Forest | None:
    """The differences of the primary quantity, in the unit that it is shown in; None without."""
    quantity, scale = primary_of(result), scale_of(result)
    arms = [_arm(row, scale) for row in result.rows if row.differences]
    if not arms:
        return None
    named = unit(quantity.form)
    return Forest(
        arms=arms,
        reference=result.rows[0].name,
        axis=f"{quantity.title} ({named})" if named else quantity.title,
        better=quantity.better,
        margin=None if result.margin is None else scale * result.margin,
        form=bare(quantity.form),
        coverage=coverage_of(result),
    )


def _arm(row: Row, scale: float) -> Arm:
    differences = [scale * apart for apart in row.differences.values()]
    if row.decision is None or row.decision.interval is None:
        return Arm(row.name, differences)
    low, high = (scale * end for end in row.decision.interval)
    return Arm(row.name, differences, low, high)


def draw_forest(forest: Forest, title: str, path: Path) -> None:
    """One line an arm: small marks are seeds, the large one their mean, the bar its interval.

    The band around 0 is what would not matter. All values are in the unit of the axis.

    Args:
        forest: what is compared; it has an arm.
        title: of the picture.
        path: of the PNG or SVG.
    """
    count = len(forest.arms)
    drawn, ax = figure(7, 1.15 + ROW * count)
    heading(drawn, title)
    low, high = limits_of(forest)
    handles = _signs(forest)
    if forest.margin is not None:
        label = f"within the margin: {written(forest.form, forest.margin).lstrip('+')} each way"
        band = ax.axvspan(-forest.margin, forest.margin, color="0.88", lw=0, zorder=0)
        handles[label] = band
    ax.axvline(0, **REFERENCE)
    for place, arm in enumerate(forest.arms):
        _draw_arm(ax, arm, place, forest.form, high - low)
    ax.set(xlim=(low, high), ylim=(count - 0.5, -0.5))
    ax.set_yticks(range(count), [literal(arm.name, NAME) for arm in forest.arms], fontsize=8)
    ax.tick_params(axis="x", labelsize=7)
    ax.grid(axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    ax.set_xlabel(f"difference to {literal(forest.reference)}: {forest.axis}", fontsize=8)
    _name_sides(ax, forest)
    foot(drawn, list(handles.values()), list(handles), _notes(forest))
    save(drawn, path)


def limits_of(forest: Forest) -> tuple[float, float]:
    """The ends of the axis: all that is finite, 0 and the margin, and a little room."""
    margin = forest.margin or 0.0
    values = [0.0, margin, -margin]
    for arm in forest.arms:
        values += [*arm.differences, *(end for end in (arm.low, arm.high) if end is not None)]
    known = [value for value in values if np.isfinite(value)]
    low, high = min(known), max(known)
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room


def stacked_marks(values: Sequence[float], span: float) -> list[float]:
    """How far from the middle of its line each mark lies, so that equal ones are all seen.

    Marks that lie within `SPACED` of ``span`` of each other are spread evenly over `DEEP` each way.

    >>> stacked_marks([0.0, 5.0, 0.0], 10)
    [-0.14, 0.0, 0.14]
    """
    places = [0.0] * len(values)
    order = sorted(range(len(values)), key=lambda i: values[i])
    groups: list[list[int]] = []
    for i in order:
        if groups and values[i] - values[groups[-1][0]] <= SPACED * span:
            groups[-1].append(i)
        else:
            groups.append([i])
    for group in groups:
        if len(group) > 1:
            for i, place in zip(group, np.linspace(-DEEP, DEEP, len(group)), strict=True):
                places[i] = float(place)
    return places


def _draw_arm(ax: Any, arm: Arm, place: int, form: str, span: float) -> None:
    known = [value for value in arm.differences if np.isfinite(value)]
    color = look(place + 1).color  # the first experiment has the first colour elsewhere
    ys = [place + BELOW + off for off in stacked_marks(known, span)]
    ax.scatter(known, ys, **SEED)
    said = "no pair of seeds"
    if known:
        mean = float(np.mean(known))
        ax.plot(mean, place, color=color, **MEAN)
        said = alike(form, mean)[0]
    if known and arm.low is not None and arm.high is not None:
        ax.plot((arm.low, arm.high), (place, place), color=color, **INTERVAL)
        shown, *ends = alike(form, mean, arm.low, arm.high)
        said = f"{shown} [{ends[0]}, {ends[1]}]"
    beside = {"transform": ax.get_yaxis_transform(), "va": "center", "fontsize": 7}
    ax.text(1.0, place, f"  {said}".replace("-", "−"), **beside)


def _signs(forest: Forest) -> dict[str, Any]:
    """What marks mean, as far as there are some: label -> what the legend shows."""
    from matplotlib.lines import Line2D

    ends = any(arm.low is not None for arm in forest.arms)
    seed = {"marker": "o", "mfc": "none", "mec": "0.3", "ms": 3.5, "ls": ""}
    signs: dict[str, dict[str, Any]] = {"a seed": seed, "mean": MEAN | {"color": "0.2"}}
    if ends:
        signs[f"{forest.coverage} interval of the mean"] = INTERVAL | {"color": "0.2"}
    return {label: Line2D([], [], **options) for label, options in signs.items()}


def _name_sides(ax: Any, forest: Forest) -> None:
    """Which side of 0 is the better one, above the axes."""
    if not forest.better:
        return
    sides = ("← worse", "better →") if forest.better > 0 else ("← better", "worse →")
    for x, align, text in ((0.0, "left", sides[0]), (1.0, "right", sides[1])):
        place = {"transform": ax.transAxes, "ha": align, "va": "bottom", "fontsize": 8}
        ax.text(x, 1.01, text, color="0.25", **place)


def _notes(forest: Forest) -> list[str]:
    lost = sum(not np.isfinite(value) for arm in forest.arms for value in arm.differences)
    return [f"{lost} without a finite difference"] if lost else []
