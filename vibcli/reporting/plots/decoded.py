"""Walks through an autoencoder's latent, decoded: pictures, words or the numbers of a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vibcli.reporting.plots.along_walk import BLENDED, draw_along, measures
from vibcli.reporting.plots.decoded_strip import Line, draw_pictures, draw_words
from vibcli.reporting.plots.figure import save, stacked
from vibcli.reporting.plots.text import NAME, heading, literal
from vibcli.reporting.spacing import evenly_spaced
from vibcli.tasks.forms import alike

if TYPE_CHECKING:
    from vibcli.analysis.walks.modes import Leg, Walks

PICTURES, TEXTS = 11, 6  # steps that are shown
ROWS = 30  # of a table, at most
WRITTEN = 9  # steps whose numbers are written in the map of a single walk
SHORT = 20  # letters of a name that has numbers beside it
DARK = 2.0  # standard deviations from which on letters are white
LIMIT = 3.0  # standard deviations at which the colours end
LEAST = 2.2  # inches of a map: its scale has a name
BELOW = 1.9  # inches of the curves
NAMES = {"blend": BLENDED}


def decoded_pictures(found: "Walks", shape: tuple[int, ...], title: str, file: Path) -> None:
    """A strip of pictures a walk, beside the ends' inputs; below, what changes on the way.

    ``shape`` is that of one picture, ``(C, H, W)``.
    """
    chosen = evenly_spaced(len(found.legs[0].walk.steps), PICTURES)

    def cells(values: Any) -> list[Any]:
        shown = [values[i].reshape(shape) for i in chosen]
        if found.inputs is None:
            return shown
        first, last = (value.reshape(shape) for value in found.inputs)
        return [first, *shown, last]

    lines = [Line(_name(leg.walk.mode), cells(leg.walk.values)) for leg in found.legs]
    columns = _columns(found, chosen)
    each = 6 / (len(columns) + 0.5) * shape[1] / shape[2]
    height = (min(each, 1.2) + 0.05) * len(lines) + 0.3
    drawn, axes = _canvas(found, ["decoded"], height, title)
    draw_pictures(axes["decoded"], lines, columns, apart=found.inputs is not None)
    save(drawn, file)


def decoded_words(found: "Walks", title: str, file: Path) -> None:
    """The words that steps stand out by, beside those of the ends' texts; below, the changes."""
    chosen = evenly_spaced(len(found.legs[0].walk.steps), TEXTS)
    first, last = ([] if words is None else [words] for words in found.input_readings)
    lines = [
        Line(_name(leg.walk.mode), [*first, *(leg.readings[i] for i in chosen), *last])
        for leg in found.legs
    ]
    drawn, axes = _canvas(found, ["decoded"], 0.9 * len(lines) + 0.3, title)
    draw_words(axes["decoded"], lines, _columns(found, chosen))
    save(drawn, file)


def decoded_numbers(found: "Walks", names: Sequence[str], title: str, file: Path) -> None:
    """A map of each walk, numbers by positions, in standard deviations from the mean; below, the
    changes. Of a long table those numbers are shown that change most.
    """
    values = np.array([leg.walk.values for leg in found.legs])  # [M, S, D]
    change = values.max((0, 1)) - values.min((0, 1))
    rows = np.sort(np.argsort(-change, kind="stable")[:ROWS])
    panels = [f"map {leg.walk.mode}" for leg in found.legs]
    drawn, axes = _canvas(found, panels, max(0.17 * len(rows) + 0.8, LEAST), title)
    shown = [names[i] for i in rows]
    for panel, leg, numbers in zip(panels, found.legs, values, strict=True):
        drawn_map = _draw_map(axes[panel], leg, shown, numbers[:, rows].T)
    first, leg = axes[panels[0]], found.legs[0]
    alone = len(panels) == 1
    labels = [literal(name, NAME) for name in shown]
    if not alone:
        ends = [_said(leg, (0, -1), names[row], values[0, :, row]) for row in rows]
        labels = [
            f"{literal(name, SHORT)}  {start} → {end}"
            for name, (start, end) in zip(shown, ends, strict=True)
        ]
        first.set_ylabel(f"start → end ({leg.walk.mode}), in the units of the data", fontsize=6)
    first.set_yticks(range(len(labels)), labels, fontsize=6)
    for panel in panels[1:]:
        axes[panel].set_yticks([])
    bar = first.figure.colorbar(drawn_map, ax=[axes[panel] for panel in panels], pad=0.01)
    bar.set_label("standard deviations from the mean", fontsize=7)
    bar.ax.tick_params(labelsize=6)
    save(drawn, file)


def _draw_map(ax: Any, leg: "Leg", names: Sequence[str], numbers: Any) -> Any:
    """A row a number of the table, ``[R, S]``; what is written in it where there is room."""
    steps = numbers.shape[1]
    limits = {"vmin": -LIMIT, "vmax": LIMIT, "cmap": "RdBu_r"}
    drawn = ax.imshow(numbers, aspect="auto", interpolation="nearest", **limits)
    alone = ax.get_subplotspec().get_gridspec().ncols == 1
    chosen = evenly_spaced(steps, WRITTEN if alone else 3)
    ax.set_xticks(chosen, [f"{leg.walk.steps[i].position:.2g}" for i in chosen], fontsize=7)
    ax.set_title(_name(leg.walk.mode), fontsize=9)
    if alone:
        ax.set_title(f"{leg.walk.mode}: numbers in the units of the data", fontsize=8)
        for row, name in enumerate(names):
            for i, said in zip(chosen, _said(leg, chosen, name, numbers[row]), strict=True):
                color = "white" if abs(numbers[row, i]) > DARK else "black"
                style = {"ha": "center", "va": "center", "fontsize": 5.5, "color": color}
                ax.text(i, row, said, **style)
    return drawn


def _said(leg: "Leg", steps: Sequence[int], name: str, values: Any) -> list[str]:
    """A number of these steps in the unit of the data; of a value of a category its share."""
    decoded = [leg.readings[step].get(name) for step in steps]
    if None in decoded:
        return [f"{values[step]:.2f}" for step in steps]
    return alike("{:.4g}", *decoded)


def _name(mode: str) -> str:
    return NAMES.get(mode, mode)


def _columns(found: "Walks", chosen: Sequence[int]) -> list[str]:
    positions = [f"{found.legs[0].walk.steps[i].position:.2f}" for i in chosen]
    return positions if found.inputs is None else ["input", *positions, "input"]


def _canvas(
    found: "Walks", panels: list[str], height: float, title: str
) -> tuple[Any, dict[str, Any]]:
    """A figure with the curves of all walks below what is still to be drawn."""
    walks = [leg.walk for leg in found.legs]
    below = BELOW + 0.25 * (len(walks) > 1)
    drawn, axes = stacked(7, (height + 0.3, below), [panels, measures(walks)])
    heading(drawn, title)
    draw_along(axes, walks)
    return drawn, axes
