"""Walks in the latent, a line a step; nearest is the training example whose code is nearest."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vibcli.reporting.spacing import evenly_spaced
from vibcli.reporting.tables.cells import plain_table
from vibcli.tasks.forms import alike

if TYPE_CHECKING:
    from vibcli.analysis.walks.modes import Leg, Walks
    from vibcli.analysis.walks.walk import WalkStep

EXCERPT, SHORT = 200, 60  # characters of a text, of one walk and of several
POSITIONS = 5  # steps of a walk that a table of numbers has room for
NAME = 14  # letters of a column of the data that are kept together
ROWS = 30  # numbers of a table, at most

# of a step: key, name, form
NUMBERS = (
    ("prediction", "predicted", "{:.4g}"),
    ("norm", "|z|", "{:.2f}"),
    ("log_prior_nats", "log p(z)", "{:.1f}"),
    ("entropy_nats", "entropy", "{:.3f}"),
    ("distance_to_data", "to data", "{:.3f}"),
)


def walk_table(found: "Walks", classes: Sequence[str]) -> RenderableType:
    """Every walk step by step; what is decoded in words or numbers; how near texts begin."""
    blocks: list[RenderableType] = [_steps(found, classes)]
    if any(isinstance(reading, dict) for leg in found.legs for reading in leg.readings):
        blocks += [Text(), _decoded_numbers(found)]
    if excerpts := _excerpts(found.legs):
        blocks += [Text(), *excerpts]
    return Group(*blocks)


def _steps(found: "Walks", classes: Sequence[str]) -> Table:
    """A line a step, of many classes the two most probable."""
    steps = [step for leg in found.legs for step in leg.walk.steps]
    present = [n for n in NUMBERS if any(getattr(step, n[0]) is not None for step in steps)]
    numbers = ["position", *(name for _, name, _ in present)]
    classified = any(step.probabilities for step in steps)
    worded = any(isinstance(reading, list) for leg in found.legs for reading in leg.readings)
    table = plain_table(
        *numbers,
        *(["probabilities"] if classified else []),
        *(["stands out by"] if worded else []),
        "nearest",
        numbers=numbers,
    )
    for column in table.columns[: len(numbers)]:
        column.no_wrap = True
    blanks = [""] * (len(numbers) - 1)
    first, last = found.input_readings
    if worded and first is not None:
        table.add_row(Text("from", justify="left"), *blanks, Text(" ".join(first)))
    cells = iter(_numbers(steps, present))
    for i, leg in enumerate(found.legs):
        if len(found.legs) > 1:
            _heading(table, leg.walk.mode, first=not i and first is None)
        for step, reading in zip(leg.walk.steps, leg.readings, strict=True):
            table.add_row(
                f"{step.position:.3f}",
                *next(cells),
                *([_likeliest(step, classes)] if classified else []),
                *([Text(" ".join(reading))] if worded else []),
                Text(nearest_cell(step)),
            )
    if worded and last is not None:
        table.add_row(Text("to", justify="left"), *blanks, Text(" ".join(last)))
    return table


def _numbers(
    steps: "Sequence[WalkStep]", present: Sequence[tuple[str, str, str]]
) -> list[tuple[str, ...]]:
    """The cells of each step, a column's all ending at the same place."""
    columns = []
    for key, _, form in present:
        values = [getattr(step, key) for step in steps]
        known = iter(alike(form, *(value for value in values if value is not None)))
        columns.append(["-" if value is None else next(known) for value in values])
    return list(zip(*columns, strict=True))


def _heading(table: Table, mode: str, first: bool) -> None:
    if not first:
        table.add_row()
    table.add_row(Text(mode, style="bold", justify="left"))


def _likeliest(step: "WalkStep", classes: Sequence[str]) -> Text:
    assert step.probabilities is not None
    likeliest = sorted(zip(step.probabilities, classes, strict=True), reverse=True)[:2]
    return Text(", ".join(f"{name}: {p:.2f}" for p, name in likeliest))


def nearest_cell(step: "WalkStep") -> str:
    """Label and row of the nearest training example."""
    return "-" if step.nearest is None else f"{step.nearest.said} #{step.nearest.row}"


def _excerpts(legs: "Sequence[Leg]") -> list[Text]:
    """How the nearest texts begin, each once."""
    room = EXCERPT if len(legs) == 1 else SHORT
    met = {
        nearest_cell(step): " ".join(text.split())
        for leg in legs
        for step, (text, _) in zip(leg.walk.steps, leg.nearest, strict=True)
        if text is not None
    }
    return [
        Text.assemble((f"{near}: ", "bold"), text[:room] + ("…" if text[room:] else ""))
        for near, text in met.items()
    ]


def _decoded_numbers(found: "Walks") -> RenderableType:
    """A line a column of the data, in its own units; of each walk some positions."""
    names = list(found.legs[0].readings[0])
    blocks: list[RenderableType] = []
    for leg in found.legs:
        chosen = evenly_spaced(len(leg.walk.steps), POSITIONS)
        heads = [f"{leg.walk.steps[i].position:.2f}" for i in chosen]
        readings: list[dict[str, Any]] = [leg.readings[i] for i in chosen]
        if found.inputs is not None and leg.walk.mode != "blend":
            heads = ["input", *heads, "input "]
            readings = [found.input_readings[0], *readings, found.input_readings[1]]
        table = plain_table("", *heads, numbers=heads)
        # values in words are folded before a name is
        table.columns[0].min_width = min(max(map(len, names)), NAME)
        for name in names[:ROWS]:
            table.add_row(Text(name), *_shown([reading[name] for reading in readings]))
        blocks += [Text(f"decoded, {leg.walk.mode}", style="bold"), table, Text()]
        if len(names) > ROWS:
            blocks.insert(-1, Text(f"and {len(names) - ROWS} more, see --json"))
    return Group(*blocks[:-1])


def _shown(values: Sequence[float | str]) -> list[Text]:
    """Numbers with two digits of their range, so that it shows how they change."""
    numbers = [value for value in values if not isinstance(value, str)]
    span = max(numbers, default=0) - min(numbers, default=0)
    digits = max(0, 1 - math.floor(math.log10(span))) if span > 0 else 9
    wide = digits > 4 or max(map(abs, numbers), default=0) >= 1e6
    form = "{:.4g}" if wide else f"{{:.{digits}f}}"
    return [Text(v if isinstance(v, str) else form.format(v)) for v in values]
