"""Walks through the latent of a model of labels, and the training examples they come by."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vibcli.reporting.plots.along_walk import BLENDED, draw_along, measures
from vibcli.reporting.plots.decoded_strip import Line, draw_pictures
from vibcli.reporting.plots.figure import save, stacked, whole_ticks
from vibcli.reporting.plots.looks import COLORS, look
from vibcli.reporting.plots.text import LINE, heading, literal, wrapped
from vibcli.reporting.spacing import evenly_spaced

if TYPE_CHECKING:
    from vibcli.analysis.walks.modes import Leg, Walks

NEIGHBOURS = 12  # nearest examples that are shown of a walk
SHORT = 5  # ... of texts, where there are several walks
MARKED = 12  # steps with a marker, at most
NEAREST = "Nearest training examples"
ACROSS = 6.6  # inches of a line of text
SEEN = 0.05  # probability below which a class is left out


def walk_picture(
    found: "Walks", classes: Sequence[str], label: str, title: str, file: Path
) -> None:
    """What each walk predicts; entropy, norm and log density; the nearest examples.

    Where the label called ``label`` has no ``classes``, it is a number that is predicted.
    """
    legs = found.legs
    walks = [leg.walk for leg in legs]
    pictures = all(pixels is not None for leg in legs for _, pixels in leg.nearest)
    near = any(step.nearest for walk in walks for step in walk.steps)
    columns = _columns(legs) if near and not pictures else []
    across = min(len(walks[0].steps), NEIGHBOURS)
    below = 0.17 * max(map(len, columns), default=0) + 0.1
    if pictures:
        below = 0.3 + len(legs) * min(1.0, 1.35 * 6 / across)
    layout = [[f"p {walk.mode}" for walk in walks], measures(walks), ["nearest"]]
    drawn, axes = stacked(7, (2.7, 1.7 + 0.25 * (len(legs) > 1), below), layout)
    heading(drawn, title)
    panels = [axes[name] for name in layout[0]]
    if classes:
        _draw_probabilities(panels, legs, classes)
    else:
        _draw_predictions(panels, legs, label)
    draw_along(axes, walks)
    if pictures:
        _draw_nearest(axes["nearest"], legs)
    else:
        axes["nearest"].set_axis_off()
        place = {"transform": axes["nearest"].transAxes, "va": "top", "fontsize": 7}
        for i, lines in enumerate(columns):
            left = i / len(columns)
            axes["nearest"].text(left, 1, "\n".join(lines), linespacing=1.5, **place)
    save(drawn, file)


def _draw_probabilities(axes: Sequence[Any], legs: "Sequence[Leg]", classes: Sequence[str]) -> None:
    """A panel a walk; a class has one look in all."""
    tables = [np.array([step.probabilities for step in leg.walk.steps]) for leg in legs]  # [S, C]
    highest = np.max([table.max(0) for table in tables], axis=0)
    shown = [int(c) for c in np.argsort(-highest, kind="stable") if highest[c] > SEEN]
    title = "class" if len(shown) <= len(COLORS) else f"class ({len(COLORS)} of {len(shown)})"
    shown = shown[: len(COLORS)]
    for ax, leg, table in zip(axes, legs, tables, strict=True):
        positions = [step.position for step in leg.walk.steps]
        for i, c in enumerate(shown):
            line = look(i).line | {"markevery": -(-len(positions) // MARKED)}
            ax.plot(
                positions, table[:, c], **line, ms=2.5, lw=1.2, label=literal(classes[c], 16) or " "
            )
        ax.set(ylim=(-0.02, 1.02))
        ax.set_title(leg.walk.mode if len(legs) > 1 else "", fontsize=9)
        ax.tick_params(labelsize=7, labelleft=ax is axes[0])
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("probability", fontsize=8)
    axes[-1].legend(
        frameon=False,
        fontsize=7,
        title=title,
        title_fontsize=7,
        loc="center left",
        bbox_to_anchor=(1, 0.5),
    )


def _draw_predictions(axes: Sequence[Any], legs: "Sequence[Leg]", label: str) -> None:
    """A panel a walk, all with the same axis."""
    values = np.array([[step.prediction for step in leg.walk.steps] for leg in legs], np.float64)
    low, high = values.min(), values.max()
    room = 0.05 * (high - low) or 1.0
    for ax, leg, predicted in zip(axes, legs, values, strict=True):
        positions = [step.position for step in leg.walk.steps]
        ax.plot(positions, predicted, marker="o", ms=2.5, color=COLORS[0])
        ax.set(ylim=(low - room, high + room))
        whole_ticks(ax)
        ax.set_title(leg.walk.mode if len(legs) > 1 else "", fontsize=9)
        ax.tick_params(labelsize=7, labelleft=ax is axes[0])
        ax.grid(alpha=0.3)
    axes[0].set_ylabel(f"{literal(label)}, predicted", fontsize=8)


def _draw_nearest(ax: Any, legs: "Sequence[Leg]") -> None:
    """Nearest training examples and their labels, or the blended pixels and the nearest label."""
    lines = []
    chosen = evenly_spaced(len(legs[0].walk.steps), NEIGHBOURS)
    for leg in legs:
        steps = [leg.walk.steps[i] for i in chosen]
        cells = [np.asarray(leg.nearest[i][1]) / 255 for i in chosen]
        name = f"nearest,\n{leg.walk.mode}"
        if leg.walk.values is not None:
            cells = [leg.walk.values[i].reshape(cells[0].shape) for i in chosen]
            name = BLENDED
        labels = [step.nearest.said if step.nearest else "" for step in steps]
        lines.append(Line(name, cells, labels))
    columns = [f"{legs[0].walk.steps[i].position:.2f}" for i in chosen]
    draw_pictures(ax, lines, columns, apart=False)


def _columns(legs: "Sequence[Leg]") -> list[list[str]]:
    """The lines below the curves: a column for each walk where they are short, else one in all."""
    found = [_lines([leg])[1:] for leg in legs]
    longest = max((len(line) for lines in found for line in lines), default=0)
    if len(legs) == 1 or longest > LINE // len(legs) - 2:
        return [_lines(legs)]
    heads = [NEAREST, *[""] * (len(legs) - 1)]
    return [
        [head, f"{leg.walk.mode}:", *lines]
        for head, leg, lines in zip(heads, legs, found, strict=True)
    ]


def _lines(legs: "Sequence[Leg]") -> list[str]:
    """Of each walk a line for each stretch that has the same nearest training example."""
    lines = [NEAREST]
    most = NEIGHBOURS if len(legs) == 1 else SHORT
    for leg in legs:
        found = _stretches(leg)
        heading = [] if len(legs) == 1 else [f"{leg.walk.mode}:"]
        more = [f"and {len(found) - most} between them"] if len(found) > most else []
        lines += [*heading, *(found[i] for i in evenly_spaced(len(found), most)), *more]
    return lines


def _stretches(leg: "Leg") -> list[str]:
    lines = []
    for (near, text), steps in itertools.groupby(
        zip(leg.walk.steps, leg.nearest, strict=True),
        key=lambda pair: (
            pair[0].nearest and (pair[0].nearest.row, pair[0].nearest.said),
            pair[1][0],
        ),
    ):
        if near is None:
            continue
        positions = [step.position for step, _ in steps]
        where = "–".join(f"{p:.2f}" for p in sorted({positions[0], positions[-1]}))
        row, label = near
        excerpt = " ".join((text or "").split())
        (line, *_) = wrapped(f"{where}: {label} #{row} {excerpt}"[:LINE], ACROSS, 7, 1)
        lines.append(literal(line, LINE))
    return lines
