"""What classifiers take the rows of each class for."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vibcli.reporting.plots.figure import figure, save
from vibcli.reporting.plots.text import foot, heading, literal, named, seeds_of, width_of
from vibcli.reporting.scene import Scene
from vibcli.tasks.classification.saved_predictions import confusion_of, parse

Floats = NDArray[np.float64]
Counts = NDArray[np.integer]

NUMBERED = 12  # classes whose cells have numbers
MOST = 30  # classes that are shown apart
WIDTH, WIDER = 7.0, 9.4  # inches of the picture, the second where two panels need it
CELL = 0.27  # inches of a cell with numbers
PANEL = 3.1  # inches of a panel without, at least
NAME = 14  # letters of a class
DARK = 40  # percent from which on letters are white
ROOT = 0.5  # power of the share in the scale of colours, so that rare errors are seen too


class Confusion(NamedTuple):
    """Means over seeds: percent of each true class ``[C, C]``, nan of one that no seed has, and
    numbers of rows ``[C, C]``.
    """

    percent: Floats
    rows: Floats


def draw_confusion(scene: Scene, path: Path) -> None:
    """The test rows of every seed."""
    counts = {
        name: confusion_of(parse(table) for table in seeds.values())
        for name, seeds in scene.predictions.items()
    }
    classes = next(iter(scene.members[0].runs.values())).data.classes
    confusion_picture(counts, classes, f"{scene.title}: what is taken for what", path)


def confusion_picture(
    experiments: Mapping[str, Sequence[Counts]], classes: Sequence[str], title: str, path: Path
) -> None:
    """Percent of the rows of each class by what they are taken for, a panel for each experiment.

    Of many classes those are shown apart whose rows are most often misread, in all experiments
    together; the rest are one.

    Args:
        experiments: name -> numbers of rows ``[C, C]``, a line a true class, one entry a seed.
        classes: C names.
        title: of the whole picture.
        path: of the PNG or SVG.
    """
    experiments, classes, rest = shown_apart(experiments, classes)
    found = {name: over_seeds(seeds) for name, seeds in experiments.items()}
    numbered = len(classes) <= NUMBERED
    names = [literal(name, NAME) for name in classes]
    beside = max(width_of(name, _size(len(classes))) for name in names) + 0.25
    side = CELL * len(classes) if numbered else PANEL
    most = WIDTH if 2 * (side + beside) <= WIDTH else WIDER
    columns = max(1, min(len(found), 3, int(most / (side + beside))))
    lines = -(-len(found) // columns)
    width = most if columns > 1 else max(4.4, side + beside + 0.6)
    each = width / columns - beside - (0 if numbered else 0.7 / columns)
    upright = beside - 0.15 > each / len(names)
    size = width, 0.4 + (each + (beside if upright else 0.2) + 0.3) * lines
    drawn, axes = figure(*size, nrows=lines, ncols=columns, squeeze=False)
    heading(drawn, title)
    for ax, (name, matrix) in zip(axes.flat, found.items(), strict=False):
        image = _draw(ax, matrix, names, upright)
        seeds = f" ({seeds_of(len(experiments[name]))})"
        ax.set_title(named(name, each, 8, seeds), fontsize=8)
    for ax in axes[:, 0]:
        ax.set_ylabel("true class", fontsize=8)
    for unused in axes.flat[len(found) :]:
        unused.set_axis_off()
    notes = ["lines add up to 100%"]
    if numbered:
        notes += ["percent of the true class, below it how many rows"]
    else:
        _scale(drawn, axes, image)
        notes += ["beside a true class: how many rows it has"]
    if any(len(seeds) > 1 for seeds in experiments.values()):
        notes.append("means over seeds")
    if rest:
        notes.append(f"'{classes[-1]}': the {rest} with the fewest errors, as one class")
    foot(drawn, notes=notes, axis="taken for")
    save(drawn, path)


def over_seeds(seeds: Sequence[Counts]) -> Confusion:
    """Means over seeds of the rows, and of percents over the seeds that have the class.

    Args:
        seeds: numbers of rows ``[C, C]``, one entry a seed.
    """
    counts = np.array(seeds, np.float64)  # [S, C, C]
    totals = counts.sum(2, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    having = (totals > 0).sum(0)  # [C, 1]
    nothing = np.full(counts.shape[1:], np.nan)
    percent = np.divide(100 * shares.sum(0), having, out=nothing, where=having > 0)
    return Confusion(percent, counts.mean(0))


def shown_apart(
    experiments: Mapping[str, Sequence[Counts]], classes: Sequence[str]
) -> tuple[Mapping[str, Sequence[Counts]], Sequence[str], int]:
    """At most `MOST` classes: where there are more, those of the fewest errors become one.

    An error counts for the class that the row has and for the one that it is taken for.

    Returns:
        the matrices, the names, and how many classes became one.
    """
    if len(classes) <= MOST:
        return experiments, classes, 0
    total = np.sum([counts for seeds in experiments.values() for counts in seeds], axis=0)
    errors = total.sum(0) + total.sum(1) - 2 * total.diagonal()
    kept = np.sort(np.argsort(-errors, kind="stable")[: MOST - 1])
    place = np.full(len(classes), MOST - 1)
    place[kept] = np.arange(MOST - 1)
    into = np.eye(MOST, dtype=int)[place]  # [C, MOST], a one in each line
    merged = {
        name: [into.T @ counts @ into for counts in seeds] for name, seeds in experiments.items()
    }
    return merged, [*(classes[i] for i in kept), "all others"], len(classes) - len(kept)


def _size(classes: int) -> float:
    """Of the letters of classes."""
    return 7.0 if classes <= NUMBERED else 5.5


def _draw(ax: Any, found: Confusion, names: Sequence[str], upright: bool) -> Any:
    from matplotlib.colors import PowerNorm

    image = ax.imshow(found.percent, cmap="Blues", norm=PowerNorm(ROOT, 0, 100))
    count = len(names)
    size, numbered = _size(count), count <= NUMBERED
    beside = [
        name if numbered else f"{name} ({_rows(rows)})"
        for name, rows in zip(names, found.rows.sum(1), strict=True)
    ]
    ax.set_xticks(range(count), names, fontsize=size, rotation=90 * upright)
    ax.set_yticks(range(count), beside, fontsize=size)
    ax.tick_params(length=2, pad=2)
    if numbered:
        for i, j in np.ndindex(found.percent.shape):
            _write(ax, i, j, found)
    return image


def _write(ax: Any, i: int, j: int, found: Confusion) -> None:
    """Percent and rows in a cell; nothing where there is no row."""
    share, rows = found.percent[i, j], found.rows[i, j]
    if np.isnan(share):
        ax.text(j, i, "–", ha="center", va="center", fontsize=6, color="0.4")
    elif rows:
        color = "white" if share > DARK else "black"
        percent = f"{share:.1f}" if share < 99.95 else "100"
        ax.text(j, i - 0.02, percent, ha="center", va="bottom", fontsize=6, color=color)
        ax.text(j, i + 0.06, _rows(rows), ha="center", va="top", fontsize=5, color=color)


def _rows(mean: float) -> str:
    """How many rows, a mean over seeds."""
    return f"{mean:.0f}" if mean >= 10 or mean == int(mean) else f"{mean:.1f}"


def _scale(drawn: Any, axes: Any, image: Any) -> None:
    options = {"fraction": 0.03, "aspect": 30, "pad": 0.02, "ticks": (0, 1, 5, 20, 50, 100)}
    bar = drawn.colorbar(image, ax=axes, **options)
    bar.set_label("% of the true class", fontsize=7)
    bar.ax.tick_params(labelsize=6)
