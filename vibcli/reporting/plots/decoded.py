"""Walks through an autoencoder's latent, decoded: pictures, words or the numbers of a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vibcli.reporting.plots.along_walk import BLENDED, draw_along, measures
from vibcli.reporting.plots.decoded_strip import Line, draw_pictures, draw_words
from vibcli.reporting.plots.figure import LINE, NAME, literal, save, stacked
from vibcli.reporting.spacing import evenly_spaced

if TYPE_CHECKING:
    from vibcli.analysis.walks.modes import Walks

PICTURES, TEXTS = 11, 6  # steps that are shown
ROWS = 30  # of a table, at most
LIMIT = 3.0  # standard deviations at which the colours end
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
    drawn, axes = _canvas(found, panels, 0.16 * len(rows) + 0.7, title)
    for panel, leg, numbers in zip(panels, found.legs, values, strict=True):
        ax = axes[panel]
        extent = (0, 1, len(rows) - 0.5, -0.5)
        shown = numbers[:, rows].T
        limits = {"vmin": -LIMIT, "vmax": LIMIT, "cmap": "RdBu_r"}
        drawn_map = ax.imshow(
            shown, aspect="auto", interpolation="nearest", extent=extent, **limits
        )
        labels = [literal(names[i], NAME) for i in rows] if panel == panels[0] else []
        ax.set_yticks(range(len(labels)), labels, fontsize=6)
        ax.set_title(_name(leg.walk.mode), fontsize=9)
        ax.tick_params(axis="x", labelsize=7)
    bar = axes[panels[-1]].figure.colorbar(
        drawn_map, ax=[axes[panel] for panel in panels], pad=0.01
    )
    bar.set_label("standard deviations from the mean", fontsize=7)
    bar.ax.tick_params(labelsize=6)
    save(drawn, file)


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
    drawn.suptitle(literal(title, LINE), fontsize=10)
    draw_along(axes, walks)
    return drawn, axes
