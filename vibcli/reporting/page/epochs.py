"""What experiments did epoch by epoch: a small picture for each number, to be read off."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from vibcli.comparison.member import Member
from vibcli.reporting.page.blocks import Figure, Figures, Legend
from vibcli.reporting.page.charts import Chart, Line, charts
from vibcli.reporting.page.colors import themed
from vibcli.reporting.page.svg import Spot, inline, svg_of
from vibcli.reporting.plots.figure import figure, whole_ticks
from vibcli.reporting.plots.over_seeds import spread
from vibcli.reporting.plots.text import seeds_of
from vibcli.reporting.spacing import evenly_spaced
from vibcli.tasks.forms import written
from vibcli.tasks.task import Task

SIZE = (3.9, 2.5)  # inches; a page shows it a little larger
WIDTH = 1.8  # points of a line that is a mean
MOST_LINES = 24  # seeds that are drawn one by one, of all experiments together
MOST_SPOTS = 40  # epochs that can be read off
MOST_POINTS, FEWEST = 1500, 30  # of a picture, and of a line of it


def epoch_figures(
    members: Sequence[Member], task: Task, of: str, target: float | None = None
) -> Figures:
    """A picture for each number that changes: of all experiments, or of one's two parts.

    Args:
        members: what is shown; of a single one training and validation are in one picture.
        task: of all of them.
        of: what pictures are of, for those who do not see them.
        target: of the task's convergence metric, if there is one.
    """
    found = list(charts(members, task, target))
    lines = {line.name: line for chart in found for line in chart.lines}
    legend = Legend(tuple((o.name, themed(o.color.lower()), _dashes(o)) for o in lines.values()))
    return Figures(tuple(_figure(chart, of) for chart in found), legend)


def _figure(chart: Chart, of: str) -> Figure:
    drawn, ax = figure(*SIZE)
    drawn.set_dpi(72)  # as SVG counts, so that places on the picture are places on the page
    one_by_one = sum(len(line.values) for line in chart.lines) <= MOST_LINES
    drawn_lines = sum(len(line.values) + 1 if one_by_one else 3 for line in chart.lines)
    points = max(FEWEST, MOST_POINTS // drawn_lines)
    for line in chart.lines:
        _draw(ax, line, chart.scale, one_by_one, points)
    if chart.target is not None:
        ax.axhline(chart.scale * chart.target, color="0.4", lw=0.9, ls="--")
    if chart.chosen is not None:
        ax.axvline(chart.chosen, color="0.4", lw=0.9, ls=":")
    longest = max(line.values.shape[1] for line in chart.lines)
    ax.set_xlim(1 - 0.02 * longest, longest + 0.02 * longest)
    ax.set_xlabel("epoch", fontsize=9)
    ax.xaxis.get_major_locator().set_params(integer=True, nbins=6)
    ax.yaxis.get_major_locator().set_params(nbins=5)
    whole_ticks(ax)
    ax.tick_params(labelsize=9, length=0)
    ax.grid(axis="y", lw=0.8)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    drawn.draw_without_rendering()
    unit = f" ({chart.unit})" if chart.unit else ""
    picture = inline(svg_of(drawn), _words(chart, of), list(_spots(chart, ax, longest)))
    return Figure(picture, f"{chart.title[:1].upper()}{chart.title[1:]}{unit}")


def _draw(ax: Any, line: Line, scale: float, one_by_one: bool, points: int) -> None:
    """The mean over seeds, and each of them, or how far most of them are from it."""
    chosen = np.array(evenly_spaced(line.values.shape[1], points))
    values, color = scale * line.values[:, chosen], line.color
    mean, low, high = spread(values)
    alone = len(values) == 1
    if one_by_one and not alone:
        for seed in values:
            ax.plot(chosen + 1, seed, color=color, lw=0.6, alpha=0.35)
    elif not alone:
        ax.fill_between(chosen + 1, low, high, color=color, alpha=0.18, lw=0)
    few = len(chosen) < 3
    ax.plot(
        chosen + 1, mean, color=color, ls=line.dash, lw=WIDTH, marker="o" if few else None, ms=4
    )


def _dashes(line: Line) -> str:
    """As CSS has them."""
    return "none" if line.dash == "-" else " ".join(f"{WIDTH * part:g}" for part in line.dash[1])


def _spots(chart: Chart, ax: Any, longest: int) -> Iterator[Spot]:
    """A column for each epoch, that says all numbers of it."""
    chosen = evenly_spaced(longest, MOST_SPOTS)
    edges = [chosen[0] - 0.5, *((a + b) / 2 for a, b in itertools.pairwise(chosen))]
    edges.append(chosen[-1] + 0.5)
    bottom, top = ax.bbox.y0, ax.bbox.y1
    height = ax.figure.bbox.height
    lefts = [ax.transData.transform((edge + 1, 0))[0] for edge in edges]
    lefts[0], lefts[-1] = ax.bbox.x0, ax.bbox.x1
    for epoch, (left, right) in zip(chosen, itertools.pairwise(lefts), strict=True):
        said = [text for line in chart.lines if (text := _said(chart, line, epoch))]
        yield Spot(left, height - top, right - left, top - bottom, _lines_of(epoch, said))


def _lines_of(epoch: int, said: Sequence[str]) -> str:
    return "\n".join([f"epoch {epoch + 1}", *said])


def _said(chart: Chart, line: Line, epoch: int) -> str:
    """An experiment's number at an epoch, from the lowest to the highest where it has several."""
    column = line.values[:, epoch] if epoch < line.values.shape[1] else np.array([np.nan])
    known = column[np.isfinite(column)]
    if not len(known):
        return ""
    mean = written(chart.form, float(known.mean()))
    if len(known) == 1:
        return f"{line.name}: {mean}"
    ends = [written(chart.form, float(end)) for end in (known.min(), known.max())]
    return f"{line.name}: {mean} ({ends[0]} to {ends[1]})"


def _words(chart: Chart, of: str) -> str:
    """Where each line begins and where it ends."""
    parts = []
    for line in chart.lines:
        mean = spread(line.values).mean
        known = np.flatnonzero(np.isfinite(mean))
        first, last = (written(chart.form, float(mean[i])) for i in (known[0], known[-1]))
        several = f", mean of {seeds_of(len(line.values))}" if len(line.values) > 1 else ""
        parts.append(f"{line.name} from {first} to {last}{several}")
    return f"{chart.title} by epoch, {of}: {'; '.join(parts)}."
