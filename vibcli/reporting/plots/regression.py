"""How near predicted numbers are to the truth, and how right their intervals."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vibcli.reporting.plots.figure import figure, panels, save
from vibcli.reporting.plots.looks import COLORS, REFERENCE, look
from vibcli.reporting.plots.over_seeds import BANDS, draw_over_seeds, spread_notes
from vibcli.reporting.plots.text import LEGEND_SIZE, NAME, foot, heading, literal, seeds_of, wrapped
from vibcli.reporting.scene import Scene
from vibcli.tasks.forms import written
from vibcli.tasks.regression.metrics import calibration, r_squared, rmse

Floats = NDArray[np.float64]

MOST_POINTS = 2000  # of a panel, before it shows how many there are instead
CELLS = 40  # across such a panel
BEYOND = 0.5  # of the range of the truth that predictions may lie outside it and stay in sight
LEVELS = np.linspace(0, 1, 101)
MARKED = 10  # every tenth level has a marker
CALIBRATED = "calibrated: as many as the level says"


def draw_predicted(scene: Scene, path: Path) -> None:
    """The test rows of the first seed that each experiment has."""
    series = {}
    for name, seeds in scene.predictions.items():
        table = seeds[min(seeds)]
        series[name] = tuple(table[key].to_numpy() for key in ("label", "prediction"))
    title = f"{scene.title}: predicted against true"
    if any(len(seeds) > 1 for seeds in scene.predictions.values()):
        title += ", first seed"
    predicted_picture(series, scene.label, title, path)


def draw_calibration(scene: Scene, path: Path) -> None:
    """The intervals of all seeds."""
    series = {
        name: [table["pit"].to_numpy() for table in seeds.values()]
        for name, seeds in scene.predictions.items()
    }
    calibration_picture(series, f"{scene.title}: calibration of intervals", path)


def predicted_picture(
    series: Mapping[str, tuple[Floats, Floats]], label: str, title: str, path: Path
) -> None:
    """Predicted against true, a panel for each experiment, all with the same axes.

    Points that lie far beyond the range of the truth are drawn as triangles at the border.

    Args:
        series: name -> truth ``[N]`` and prediction ``[N]``, N >= 1, in the unit of the label.
        label: the name of what is predicted.
        title: of the whole picture.
        path: of the PNG or SVG.
    """
    count = len(series)
    lines, columns = panels(count)
    width = 7 if count > 1 else 4.2
    narrow = columns > 3
    drawn, axes = figure(
        width,
        0.5 + ((width - 0.7) / columns + (0.5 if narrow else 0.38)) * lines,
        nrows=lines,
        ncols=columns,
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    heading(drawn, title)
    low, high = _limits(series)
    notes = ["dashed: predicted = true"]
    cells: list[Any] = []
    for place, (name, (truth, prediction)) in enumerate(series.items()):
        ax, color = axes.flat[place], COLORS[place % len(COLORS)]
        ax.plot((low, high), (low, high), **REFERENCE, zorder=3)
        if len(truth) > MOST_POINTS:
            cells.append(_draw_cells(ax, truth, prediction, (low, high), color))
        else:
            alpha = float(np.clip(60 / len(truth) ** 0.7, 0.25, 0.8))
            ax.scatter(truth, prediction, s=6, lw=0, alpha=alpha, color=color)
        if _draw_outside(ax, truth, prediction, (low, high), color):
            notes.append("triangles: predicted beyond the axis")
        errors = ("\n" if narrow else ", ").join(_errors(truth, prediction))
        ax.set_title(f"{literal(name, 20 if narrow else NAME)}\n{errors}", fontsize=8)
        ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
        ax.locator_params(nbins=4 if columns > 2 else 6)
        ax.set_axisbelow(True)
        ax.grid(alpha=0.3)
        ax.tick_params(labelsize=7, labelbottom=place + columns >= count)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(lambda x, _: _tick(x, high - low))
    if cells:
        notes.insert(1, "darker: more rows")
        _share_scale(cells)
    (named, *_) = wrapped(label, 0.55 * min(drawn.get_size_inches()), LEGEND_SIZE, 1)
    drawn.supylabel(f"predicted {literal(named, len(named))}", fontsize=LEGEND_SIZE)
    for unused in axes.flat[count:]:
        unused.set_axis_off()
    foot(drawn, notes=notes, axis=f"true {literal(named, len(named))}")
    save(drawn, path)


def _limits(series: Mapping[str, tuple[Floats, Floats]]) -> tuple[float, float]:
    """Of both axes: all that is true, and what is predicted unless it lies far outside."""
    truth, prediction = (np.concatenate(values) for values in zip(*series.values(), strict=True))
    prediction = prediction[np.isfinite(prediction)]
    low, high = truth.min(), truth.max()
    span = (high - low) or max(abs(high), 1.0)
    lowest, highest = prediction.min(initial=low), prediction.max(initial=high)
    low, high = max(lowest, low - BEYOND * span), min(highest, high + BEYOND * span)
    margin = 0.04 * ((high - low) or span)
    return float(low - margin), float(high + margin)


def _tick(value: float, span: float) -> str:
    """The number at a tick, whole: a factor at the end of the axis would push titles about."""
    return f"{value if abs(value) > 1e-9 * span else 0:.10g}".replace("-", "−")


def _draw_cells(
    ax: Any, truth: Floats, prediction: Floats, limits: tuple[float, float], color: str
) -> Any:
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    strong = np.array(to_rgb(color))
    shades = LinearSegmentedColormap.from_list("", [0.2 * strong + 0.8, strong, 0.35 * strong])
    known = np.isfinite(prediction)
    return ax.hexbin(
        truth[known],
        prediction[known],
        gridsize=CELLS,
        extent=(*limits, *limits),
        mincnt=1,
        cmap=shades,
        lw=0.1,
    )


def _share_scale(cells: Sequence[Any]) -> None:
    """The same shade is the same number of rows in every panel."""
    from matplotlib.colors import LogNorm

    most = np.concatenate([[2], *(drawn.get_array() for drawn in cells)]).max()
    for drawn in cells:
        drawn.set_norm(LogNorm(1, most))


def _draw_outside(
    ax: Any, truth: Floats, prediction: Floats, limits: tuple[float, float], color: str
) -> bool:
    """Show at the border what lies beyond it; whether anything does."""
    far = False
    for outside, border, marker in (
        (prediction < limits[0], limits[0], "v"),
        (prediction > limits[1], limits[1], "^"),
    ):
        if outside.any():
            far = True
            x = truth[outside]
            ax.scatter(
                x, np.full(len(x), border), s=18, lw=0, color=color, marker=marker, clip_on=False
            )
    return far


def _errors(truth: Floats, prediction: Floats) -> list[str]:
    error, explained = rmse(prediction, truth), r_squared(prediction, truth)
    texts = [written("RMSE {:.4g}", error)]
    if explained is not None:
        texts.append(f"R² {explained:.3f}" if explained > -100 else f"R² {explained:.3g}")
    return texts


def calibration_picture(series: Mapping[str, Sequence[Floats]], title: str, path: Path) -> None:
    """Share of rows inside their central interval by its level, a line for each experiment.

    Args:
        series: name -> F(y) of each row, ``[N]`` in 0..1, one entry a seed and at least one.
            Drawn are the mean over the seeds, and how far they are apart.
        title: of the picture.
        path: of the PNG or SVG.
    """
    labels = [f"{literal(name)} ({seeds_of(len(seeds))})" for name, seeds in series.items()]
    drawn, ax = figure(7, 4.4)
    heading(drawn, title)
    (diagonal,) = ax.plot((0, 100), (0, 100), **REFERENCE)
    lines, bars = [], len(series) > BANDS
    for number, seeds in enumerate(series.values()):
        shares = 100 * np.array([calibration(pit, LEVELS) for pit in seeds])  # [seeds, levels]
        start = 1 + number % MARKED  # markers of lines that meet do not cover each other
        at = slice(start, None, MARKED) if bars else None
        every = {"markevery": (start, MARKED), "ms": 4, "lw": 1.3}
        lines.append(
            draw_over_seeds(ax, 100 * LEVELS, shares, look(number), (0.0, 100.0), at, **every)
        )
    ax.set(
        xlabel="level of the central interval (%)",
        ylabel="rows inside their interval (%)",
        xlim=(-3, 103),
        ylim=(-3, 103),
    )
    ax.grid(alpha=0.3)
    notes = ["above the diagonal: intervals too wide; below: too narrow"]
    notes += spread_notes((len(seeds) for seeds in series.values()), bars)
    foot(drawn, [*lines, diagonal], [*labels, CALIBRATED], notes)
    save(drawn, path)
