"""How experiments learn: validation by epoch."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vibcli.comparison.compare import Comparison
from vibcli.comparison.member import Member
from vibcli.registry import TASKS
from vibcli.reporting.plots.figure import COLORS, LINE, figure, literal, save, seeds_of, whole_ticks
from vibcli.reporting.scene import Scene
from vibcli.store.records import Run
from vibcli.tasks.forms import written
from vibcli.tasks.task import Convergence, Task


def draw_curves(scene: Scene, path: Path) -> None:
    """The experiments of a comparison."""
    assert scene.comparison is not None
    validation_curves(scene.members, scene.comparison, path)


def validation_curves(members: Sequence[Member], result: Comparison, path: Path) -> None:
    """The convergence metric by epoch: the mean over seeds and one standard deviation each way.

    Where the test split was watched the axis says so.
    """
    task: Task = TASKS.load(result.task)
    of = task.convergence
    assert of is not None
    drawn, axes = figure(7, 4)
    for member, color in zip(members, itertools.cycle(COLORS), strict=False):
        epochs, mean, spread = _curve(list(member.runs.values()), of)
        label = f"{literal(member.name)} ({seeds_of(len(member.runs))})"
        axes.plot(epochs, of.scale * mean, color=color, label=label, marker="o", markersize=3)
        axes.fill_between(
            epochs,
            of.scale * (mean - spread),
            of.scale * (mean + spread),
            color=color,
            alpha=0.2,
            lw=0,
        )
    if result.target is not None:
        label = f"target {written(of.form, result.target)}"
        axes.axhline(of.scale * result.target, color="0.5", lw=1, ls="--", label=label)
    axes.set(
        xlabel="epoch",
        ylabel=f"{_watched(members)} {of.title}" + (f" ({of.unit})" if of.unit else ""),
        title=literal(result.dataset, LINE),
    )
    axes.xaxis.get_major_locator().set_params(integer=True)
    whole_ticks(axes)
    axes.grid(alpha=0.3)
    drawn.legend(frameon=False, loc="outside lower center", ncols=3 if len(members) < 4 else 2)
    save(drawn, path)


def _watched(members: Sequence[Member]) -> str:
    """The split that the runs looked at after each epoch."""
    splits = {run.config.watch or "validation" for m in members for run in m.runs.values()}
    return " or ".join(sorted(splits))


def _curve(runs: Sequence[Run], of: Convergence) -> tuple[Any, Any, Any]:
    """Epochs, mean and standard deviation over the runs that lasted so long."""
    longest = max(len(run.epochs) for run in runs)
    values = np.full((len(runs), longest), np.nan)
    for line, run in zip(values, runs, strict=True):
        line[: len(run.epochs)] = [epoch.validation[of.key] for epoch in run.epochs]
    return np.arange(1, longest + 1), np.nanmean(values, axis=0), np.nanstd(values, axis=0)
