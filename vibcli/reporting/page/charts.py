"""Which numbers of a training are shown, and of whom."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vibcli.comparison.member import Member
from vibcli.reporting.by_epoch import by_epoch, watched_split
from vibcli.reporting.page.colors import color_of
from vibcli.reporting.plots.looks import look
from vibcli.store.records import Epoch
from vibcli.tasks.task import Shown, Task

TRAINING, SOFTER = "training", "#737373"  # its name and its colour, beside that of validation


class Line(NamedTuple):
    """One experiment's numbers: ``values`` are ``[seeds, epochs]``, NaN where there is none."""

    name: str
    color: str
    dash: Any
    values: NDArray[np.float64]


class Chart(NamedTuple):
    """One picture: what its numbers are called, their form, and what they are to reach.

    ``chosen`` is the epoch whose weights were kept, where the picture is of one run.
    """

    title: str
    form: str
    lines: Sequence[Line]
    target: float | None = None
    chosen: int | None = None

    @property
    def scale(self) -> float:
        """What numbers are multiplied by."""
        return 100.0 if "%" in self.form else 1.0

    @property
    def unit(self) -> str:
        """Of the numbers, if any."""
        return "%" if "%" in self.form else self.form.rpartition("}")[2].strip()


def charts(members: Sequence[Member], task: Task, target: float | None = None) -> Iterator[Chart]:
    """The numbers that are known of each epoch and change, those of validation first."""
    watched, of, chosen = watched_split(members), task.convergence, _chosen(members)
    validated = _keys(members, task, "validation")
    for key in validated:
        lines = [*_lines(members, key, "validation", watched)]
        if len(members) == 1:
            lines += _lines(members, key, "train", TRAINING)
        title, form = metric_shown(task, key)
        wanted = target if of is not None and key == of.key else None
        if _changes(lines):
            name = title if len(members) == 1 else f"{watched} {title}"
            yield Chart(name, form, lines, wanted, chosen)
    for key in _keys(members, task, "train"):
        lines = list(_lines(members, key, "train", TRAINING))
        shown_above = len(members) == 1 and key in validated
        if _changes(lines) and not shown_above:
            title, form = metric_shown(task, key)
            yield Chart(f"{TRAINING} {title}", form, lines, chosen=chosen)


def _chosen(members: Sequence[Member]) -> int | None:
    """The epoch that was selected, of a single run."""
    runs = [run for member in members for run in member.runs.values()]
    return runs[0].selected.epoch if len(runs) == 1 and runs[0].selected else None


def epochs_of(members: Sequence[Member]) -> Iterator[Epoch]:
    """Every epoch of every run."""
    for member in members:
        for run in member.runs.values():
            yield from run.epochs


def _keys(members: Sequence[Member], task: Task, part: str) -> list[str]:
    """The numbers of a part; first those that a run is known by."""
    found = dict.fromkeys(key for epoch in epochs_of(members) for key in getattr(epoch, part))
    known = [key for key in task.headlines if key in found]
    return list(dict.fromkeys([*known, *found]))


def metric_shown(task: Task, key: str) -> Shown:
    """What a number is called, and its form, also where only the training knows it."""
    if key in task.metrics:
        return task.metrics[key]
    name, _, unit = key.rpartition("_")
    if unit in ("nats", "bits") and name:
        return Shown(name.replace("_", " "), f"{{:.4f}} {unit}")
    return Shown(key.replace("_", " "), "{:.4g}")


def in_column(shown: Shown) -> Shown:
    """As the title of a column says it: the unit is there, and not in each cell.

    >>> in_column(Shown("rate", "{:.3f} nats"))
    Shown(title='rate (nats)', form='{:.3f}')
    """
    form, _, unit = shown.form.partition(" ")
    return Shown(f"{shown.title} ({unit})", form) if unit else shown


def _lines(members: Sequence[Member], key: str, part: str, words: str) -> Iterator[Line]:
    """A line for each experiment; that of a single one is called ``words``, as its part is."""
    for place, member in enumerate(members):
        values = by_epoch(list(member.runs.values()), part, key)
        name, color, dash = member.name, color_of(place), look(place).dash
        if len(members) == 1:
            name = words
        if len(members) == 1 and words == TRAINING:
            color, dash = SOFTER, look(1).dash
        if np.isfinite(values).any():
            yield Line(name, color, dash, values)


def _changes(lines: Sequence[Line]) -> bool:
    """Whether there is anything to see: more than one number."""
    return len({v for line in lines for v in line.values[np.isfinite(line.values)].tolist()}) > 1
