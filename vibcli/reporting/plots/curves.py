"""How experiments learn: validation by epoch."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vibcli.comparison.compare import Comparison
from vibcli.comparison.member import Member
from vibcli.registry import TASKS
from vibcli.reporting.by_epoch import by_epoch, stopping, watched_split
from vibcli.reporting.plots.figure import figure, save, whole_ticks
from vibcli.reporting.plots.looks import REFERENCE, look
from vibcli.reporting.plots.over_seeds import BANDS, Floats, draw_over_seeds, spread_notes
from vibcli.reporting.plots.text import (
    foot,
    heading,
    literal,
    seeds_of,
)
from vibcli.reporting.scene import Scene
from vibcli.tasks.forms import written
from vibcli.tasks.task import Convergence, Task

MARKED = 12  # epochs with a marker, at most


def draw_curves(scene: Scene, path: Path) -> None:
    """The experiments of a comparison."""
    assert scene.comparison is not None
    validation_curves(scene.members, scene.comparison, path)


def validation_curves(members: Sequence[Member], result: Comparison, path: Path) -> None:
    """The convergence metric by epoch: the mean over seeds, and how far they are apart.

    Where the test split was watched the axis says so.
    """
    task: Task = TASKS.load(result.task)
    of = task.convergence
    assert of is not None
    labels = [f"{literal(member.name)} ({seeds_of(len(member.runs))})" for member in members]
    if result.target is not None:
        labels.append(f"target {written(of.form, result.target)}")
    drawn, axes = figure(7, 3.7)
    bars = len(members) > BANDS
    lines = []
    for number, member in enumerate(members):
        values = of.scale * by_epoch(list(member.runs.values()), "validation", of.key)
        epochs = np.arange(1, values.shape[1] + 1)
        start, step = marked(number, values.shape[1])
        at = slice(start, None, step) if bars else None
        every = {"markevery": (start, step), "markersize": 4, "lw": 1.4}
        lines.append(
            draw_over_seeds(axes, epochs, values, look(number), _limits(values, of), at, **every)
        )
    if result.target is not None:
        lines.append(axes.axhline(of.scale * result.target, **REFERENCE))
    watched = f"{watched_split(members)} {of.title}"
    axes.set(xlabel="epoch", ylabel=watched + (f" ({of.unit})" if of.unit else ""))
    axes.xaxis.get_major_locator().set_params(integer=True)
    whole_ticks(axes)
    axes.grid(alpha=0.3)
    heading(drawn, f"{result.dataset}: {watched} by epoch, means over seeds")
    notes = spread_notes((len(member.runs) for member in members), bars) + stopping(members)
    foot(drawn, lines, labels, notes)
    save(drawn, path)


def marked(number: int, epochs: int) -> tuple[int, int]:
    """Which epochs have a marker: the first, and the distance of the others.

    Each series begins at another, so that they do not cover each other where lines meet.
    """
    distance = -(-epochs // MARKED)
    return number % distance, distance


def _limits(values: Floats, of: Convergence) -> tuple[float, float]:
    """Where bands end: a metric that was never negative cannot be."""
    lowest = np.nanmin(values, initial=0.0)
    return float(lowest), of.scale * of.most
