"""How right experiments are where they are how confident."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vibcli.reporting.plots.figure import COLORS, LINE, figure, literal, save, seeds_of
from vibcli.reporting.scene import Scene
from vibcli.tasks.classification.metrics import Reliability
from vibcli.tasks.classification.saved_predictions import parse, reliability_of


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
            the mean over the seeds that have rows in a bin and one standard deviation each way.
        title: of the whole picture.
        path: of the PNG.
    """
    count = len(experiments)
    columns = count if count < 4 else min((count + 1) // 2, 4)
    lines = -(-count // columns)
    drawn, axes = figure(
        7 if count > 1 else 4.2,
        0.7 + (3.4 if columns < 3 else 2.8) * lines,
        nrows=2 * lines,
        ncols=columns,
        height_ratios=(3, 1) * lines,
        sharex=True,
        squeeze=False,
    )
    drawn.suptitle(literal(title, LINE if count > 1 else LINE // 2), fontsize=10)
    drawn.supxlabel(
        "confidence (%)\ndashed: calibrated; band: one standard deviation over seeds", fontsize=8
    )
    # no row is less confident than one over the number of classes
    lowest = min(
        (s.rows > 0).argmax() / len(s.rows) for seeds in experiments.values() for s in seeds
    )
    axes[0, 0].set_xlim(100 * min(lowest, 0.5) - 3, 103)
    for place, (name, seeds) in enumerate(experiments.items()):
        line, column = divmod(place, columns)
        upper, lower = axes[2 * line : 2 * line + 2, column]
        _draw_reliability(upper, lower, seeds, COLORS[place % len(COLORS)])
        error = np.mean([seed.error for seed in seeds])
        upper.set_title(f"{literal(name)}\nECE {error:.4f} ({seeds_of(len(seeds))})", fontsize=8)
        if column == 0:
            upper.set_ylabel("accuracy (%)", fontsize=8)
            lower.set_ylabel("rows (%)", fontsize=8)
    for unused in axes[-2:, columns - (lines * columns - count) :].flat:
        unused.set_axis_off()
    save(drawn, path)


def _draw_reliability(upper: Any, lower: Any, seeds: Sequence[Reliability], color: str) -> None:
    rows, confidence, accuracy = (np.array(values) for values in zip(*seeds, strict=True))  # [S, B]
    bins = rows.shape[1]
    used = rows.any(0)
    x, mean = (100 * np.nanmean(values[:, used], axis=0) for values in (confidence, accuracy))
    spread = 100 * np.nanstd(accuracy[:, used], axis=0)
    upper.plot((0, 100), (0, 100), color="0.5", lw=1, ls="--")
    upper.plot(x, mean, color=color, marker="o", ms=3)
    upper.fill_between(x, mean - spread, mean + spread, color=color, alpha=0.2, lw=0)
    upper.set(ylim=(-3, 103))
    share = 100 * (rows / rows.sum(1, keepdims=True)).mean(0)
    lower.bar((np.arange(bins) + 0.5) * 100 / bins, share, width=90 / bins, color=color)
    lower.set_ylim(0, None)
    for ax in (upper, lower):
        ax.set_axisbelow(True)
        ax.grid(alpha=0.3)
        ax.tick_params(labelsize=7)
    lower.tick_params(labelbottom=True)
