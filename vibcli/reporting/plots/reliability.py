"""How right experiments are where they are how confident."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vibcli.reporting.plots.figure import figure, panels, save
from vibcli.reporting.plots.looks import REFERENCE, Look, look
from vibcli.reporting.plots.over_seeds import Floats, draw_over_seeds, spread_notes
from vibcli.reporting.plots.text import (
    AXIS,
    foot,
    heading,
    literal,
    named,
    seeds_of,
)
from vibcli.reporting.scene import Scene
from vibcli.tasks.classification.metrics import Reliability
from vibcli.tasks.classification.saved_predictions import parse, reliability_of

SMALLEST, LARGEST = 6.0, 70.0  # points squared: the markers of the bins with no and with all rows
CALIBRATED = "calibrated: as often right as confident"


def draw_reliability(scene: Scene, path: Path) -> None:
    """The test rows of every seed."""
    bins = {
        name: reliability_of(parse(table) for table in seeds.values())
        for name, seeds in scene.predictions.items()
    }
    reliability_picture(bins, f"{scene.title}: how right where how confident", path)


def reliability_picture(
    experiments: Mapping[str, Sequence[Reliability]], title: str, path: Path
) -> None:
    """Accuracy by confidence, a panel for each experiment; below, how many rows are so confident.

    Args:
        experiments: name -> bins of equal width, one entry a seed and at least one. Drawn are
            the mean over the seeds that have rows in a bin, and how far they are apart; markers
            have areas that grow with the bin's share of the rows, and bins without any have none.
        title: of the whole picture.
        path: of the PNG or SVG.
    """
    lines, columns = panels(len(experiments))
    width = 7 if len(experiments) > 1 else 4.2
    labels = [_label(name, seeds) for name, seeds in experiments.items()] + [CALIBRATED]
    drawn, axes = figure(
        width,
        0.4 + (3.3 if columns < 3 else 2.6) * lines,
        nrows=2 * lines,
        ncols=columns,
        height_ratios=(3, 1) * lines,
        sharex=True,
        squeeze=False,
    )
    heading(drawn, title)
    # no row is less confident than one over the number of classes
    lowest = min(
        (s.rows > 0).argmax() / len(s.rows) for seeds in experiments.values() for s in seeds
    )
    axes[0, 0].set_xlim(100 * min(lowest, 0.5) - 3, 103)
    handles = []
    most = max(_shares(seeds).max() for seeds in experiments.values())
    for place, (name, seeds) in enumerate(experiments.items()):
        line, column = divmod(place, columns)
        upper, lower = axes[2 * line : 2 * line + 2, column]
        (reference,) = upper.plot((0, 100), (0, 100), **REFERENCE)
        handles.append(_draw_reliability(upper, lower, seeds, look(place)))
        upper.set_title(named(name, width / columns - AXIS, 9), fontsize=9)
        lower.set_ylim(0, 105 * most)
        if column == 0:
            upper.set_ylabel("accuracy (%)", fontsize=8)
            lower.set_ylabel("rows (%)", fontsize=8)
    for unused in axes[-2:, columns - (lines * columns - len(experiments)) :].flat:
        unused.set_axis_off()
    notes = ["larger markers: more rows"]
    notes += spread_notes(len(seeds) for seeds in experiments.values())
    foot(drawn, [*handles, reference], labels, notes, "confidence (%)")
    save(drawn, path)


def _label(name: str, seeds: Sequence[Reliability]) -> str:
    error = np.mean([seed.error for seed in seeds])
    return f"{literal(name)}: ECE {error:.4f} ({seeds_of(len(seeds))})"


def _shares(seeds: Sequence[Reliability]) -> Floats:
    """Of all rows, those in each bin ``[B]``: the mean over seeds."""
    shares: Floats = np.mean([seed.rows / seed.rows.sum() for seed in seeds], axis=0)
    return shares


def _draw_reliability(upper: Any, lower: Any, seeds: Sequence[Reliability], own: Look) -> Any:
    rows, confidence, accuracy = (np.array(values) for values in zip(*seeds, strict=True))  # [S, B]
    used = rows.sum(0) > 0
    share = _shares(seeds)
    x = 100 * np.nanmean(confidence[:, used], axis=0)
    line = draw_over_seeds(
        upper, x, 100 * accuracy[:, used], own, (0.0, 100.0), ms=5, lw=1, markevery=[]
    )
    areas = SMALLEST + (LARGEST - SMALLEST) * share[used]
    upper.scatter(x, line.get_ydata(), s=areas, color=own.color, marker=own.marker, lw=0, zorder=3)
    upper.set(ylim=(-3, 103))
    middles = (np.flatnonzero(used) + 0.5) * 100 / len(used)
    lower.bar(middles, 100 * share[used], width=90 / len(used), color=own.color)
    for ax in (upper, lower):
        ax.set_axisbelow(True)
        ax.grid(alpha=0.3)
        ax.tick_params(labelsize=7)
    lower.tick_params(labelbottom=True)
    return line
