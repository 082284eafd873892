"""What training makes small, by epoch: loss and distortion, and the rate, in nats."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vibcli.comparison.member import Member
from vibcli.reporting.by_epoch import by_epoch, stopping
from vibcli.reporting.plots.curves import marked
from vibcli.reporting.plots.figure import figure, panels, save, whole_ticks
from vibcli.reporting.plots.looks import look
from vibcli.reporting.plots.over_seeds import ANYWHERE, Floats, draw_over_seeds, spread_notes
from vibcli.reporting.plots.text import AXIS, foot, heading, named, seeds_of
from vibcli.reporting.scene import Scene
from vibcli.store.records import Run
from vibcli.tasks.find import task_of
from vibcli.tasks.task import Task

NATS = "_nats"
RATE = "rate_nats"
WIDE = 25  # times the smallest value that the largest is, from which on an axis is logarithmic
PARTS = {"train": ("-", "full"), "validation": ((0, (4, 1.5)), "none")}


class Term(NamedTuple):
    """A number in nats that an epoch has: of which part, and under which key."""

    part: str
    key: str


Terms = Mapping[Term, Floats]  # [S, E] each


def draw_terms(scene: Scene, path: Path) -> list[Path]:
    """The epochs of every experiment, if they have anything in nats."""
    runs = [run for member in scene.members for run in member.runs.values()]
    task = task_of(runs[0].config)
    if not terms_of(runs, task):
        return []
    terms_picture(scene.members, task, f"{scene.title}: loss and rate", path)
    return [path]


def terms_picture(members: Sequence[Member], task: Task, title: str, path: Path) -> None:
    """Loss and its terms by epoch, below them the rate, in nats, a column for each experiment.

    Drawn are means over seeds, and how far they are apart. Every experiment has the same axes, of
    which that of losses is logarithmic where they are far apart. Where more is better, as of an
    ELBO, the negative is drawn: it is a loss.

    Args:
        members: the experiments; each has a run.
        task: that they are of.
        title: of the whole picture.
        path: of the PNG or SVG.
    """
    found = {member.name: terms_of(list(member.runs.values()), task) for member in members}
    known = dict.fromkeys(term for terms in found.values() for term in terms)
    kinds = [[t for t in known if (t.key == RATE) == rate] for rate in (False, True)]
    kinds = [kind for kind in kinds if kind]
    places = {key: i for i, key in enumerate(dict.fromkeys(t.key for kind in kinds for t in kind))}
    lines, columns = panels(len(members))
    wide = 7 if len(members) > 1 else 4.2
    drawn, axes = figure(
        wide,
        0.4 + (1.9 + 1.2 * (len(kinds) - 1)) * lines,
        nrows=len(kinds) * lines,
        ncols=columns,
        height_ratios=([1.5, 1.0] if len(kinds) > 1 else [1.0]) * lines,
        sharex=True,
        squeeze=False,
    )
    heading(drawn, title)
    handles: dict[Term, Any] = {}
    for place, member in enumerate(members):
        line, column = divmod(place, columns)
        for row, kind in enumerate(kinds):
            ax = axes[len(kinds) * line + row, column]
            own = [term for term in kind if term in found[member.name]]
            for term in own:
                values = found[member.name][term]
                handles[term] = _draw(ax, values, term.part, places[term.key])
            if not own:
                ax.text(0.5, 0.5, "none", transform=ax.transAxes, ha="center", color="0.4")
            shown = [terms[t] for terms in found.values() for t in kind if t in terms]
            rate = kind[0].key == RATE
            _finish(ax, shown, logarithmic=not rate)
            if column == 0:
                ax.set_ylabel("rate (nats)" if rate else "loss (nats)", fontsize=8)
        top = axes[len(kinds) * line, column]
        seeds = f" ({seeds_of(len(member.runs))})"
        top.set_title(named(member.name, wide / columns - AXIS, 8, seeds), fontsize=8)
    for unused in axes[-len(kinds) :, columns - (lines * columns - len(members)) :].flat:
        unused.set_axis_off()
    counts = [len(member.runs) for member in members]
    labels = [f"{term.part}: {_title(term.key, task)}" for term in handles]
    foot(drawn, list(handles.values()), labels, spread_notes(counts) + stopping(members), "epoch")
    save(drawn, path)


def terms_of(runs: Sequence[Run], task: Task) -> Terms:
    """Every number in nats that the epochs have, ``[S, E]``; the negative of what should be high.

    Terms that no run knows are left out.
    """
    keys = {
        (part, key): None
        for run in runs
        for epoch in run.epochs
        for part in PARTS
        for key in getattr(epoch, part)
        if key.endswith(NATS)
    }
    found = {Term(part, key): _sign(key, task) * by_epoch(runs, part, key) for part, key in keys}
    return {term: values for term, values in found.items() if np.isfinite(values).any()}


def _sign(key: str, task: Task) -> int:
    return -1 if key in task.quantities and task.quantities[key].better > 0 else 1


def _title(key: str, task: Task) -> str:
    known = task.metrics.get(key)
    title = key.removesuffix(NATS).replace("_", " ") if known is None else known.title
    return f"−{title}" if _sign(key, task) < 0 else title


def _draw(ax: Any, values: Floats, part: str, place: int) -> Any:
    """A line; the first, of the loss, is a wide one, upon which the distortion can lie."""
    dash, fill = PARTS[part]
    epochs = values.shape[1]
    known = values[np.isfinite(values)]
    limits = (known.min(), np.inf) if (known > 0).all() else ANYWHERE  # an axis may be logarithmic
    return draw_over_seeds(
        ax,
        np.arange(1, epochs + 1),
        values,
        look(place)._replace(marker="o", dash=dash),
        limits,
        ms=3.5,
        lw=1.2 if place else 2.6,
        fillstyle=fill,
        markevery=marked(place, epochs),
    )


def _finish(ax: Any, values: Sequence[Floats], logarithmic: bool) -> None:
    """The same axes for all experiments; ``logarithmic`` if it may be."""
    known = np.concatenate([table[np.isfinite(table)] for table in values])
    low, high = known.min(), known.max()
    if logarithmic and low > 0 and high > WIDE * low:
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        ax.set_ylim(low / 1.3, high * 1.3)
    else:
        room = 0.06 * (high - low) or max(abs(high), 1.0)
        ax.set_ylim(low - room, high + room)
        whole_ticks(ax)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.tick_params(labelsize=7, labelbottom=True)
    ax.grid(alpha=0.3)
