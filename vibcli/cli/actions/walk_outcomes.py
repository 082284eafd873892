"""What `vib interpolate` shows of walks: names of files, titles, tables and pictures."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import RenderableType

from vibcli.analysis.walks import assumption
from vibcli.analysis.walks.endpoints import file_part, remark
from vibcli.analysis.walks.modes import Walks
from vibcli.analysis.walks.pairs import ENCODER, example_pairs, measure_pairs
from vibcli.analysis.walks.views import LatentSpace
from vibcli.data.prepare import Part
from vibcli.data.tabular import TabularPreprocessor
from vibcli.reporting.plots import decoded
from vibcli.reporting.plots.pairs import pairs_picture
from vibcli.reporting.plots.walk import walk_picture
from vibcli.reporting.tables.pairs import pairs_table
from vibcli.reporting.tables.walk import walk_table
from vibcli.runs.saved_model import SavedModel


class WalkOutcome(NamedTuple):
    """A result in all its forms; ``name`` is that of its files, without their endings."""

    name: str
    title: str
    content: dict[str, Any]
    table: RenderableType
    remarks: list[str]
    draw: Callable[[Path], None]


def one_walk(saved: SavedModel, found: Walks, mode: str) -> WalkOutcome:
    """A walk, or those of all modes between the same ends."""
    ends = found.start.origin, found.end.origin
    classes = saved.run.data.classes
    steps = len(found.legs[0].walk.steps)
    title = f"{mode} from {ends[0].long} to {ends[1].long}"
    if mode == "all":
        title = f"from {ends[0].long} to {ends[1].long}"
    departures = [] if mode in ("linear", "slerp") else found.departures
    return WalkOutcome(
        name=f"interpolation-{mode}-{'-'.join(end.short for end in ends)}-{steps}",
        title=title,
        content={"mode": mode, "classes": classes, **found.content()},
        table=walk_table(found, classes),
        remarks=[*filter(None, map(remark, ends)), *departures],
        draw=partial(_drawing(saved, found), title),
    )


def many_walks(
    space: LatentSpace,
    test: Part,
    count: int,
    seed: int,
    classes: tuple[str | None, str | None],
) -> WalkOutcome:
    """Means over many walks in all modes."""

    report = measure_pairs(
        space, test, example_pairs(test, space.classes, count, seed, *classes), seed
    )
    named = [f"{flag} {name}" for flag, name in zip(("from", "to"), classes, strict=True) if name]
    over = f"{count} pair{'s' * (count > 1)}" + "".join(f", {end}" for end in named)
    name = "-".join(["interpolation-pairs", str(count), *map(file_part, named), f"seed{seed}"])
    return WalkOutcome(
        name=name,
        title=over,
        content={"pairs": count, "seed": seed, "classes": classes} | report.content(),
        table=pairs_table(report),
        remarks=assumption.code_departures(report.pairs[ENCODER].moments, "test"),
        draw=partial(pairs_picture, report, f"variance along walks between {over}"),
    )


def _drawing(saved: SavedModel, found: Walks) -> Callable[[str, Path], None]:
    """The picture that fits what the model says on the way, or of what it decodes."""

    about = saved.run.data
    if saved.model.target.likelihood is None:
        return partial(walk_picture, found, about.classes, about.label)
    match saved.preprocessor:
        case TabularPreprocessor(names=names):
            return partial(decoded.decoded_numbers, found, names)
        case _ if about.kind == "text":
            return partial(decoded.decoded_words, found)
        case preprocessor:
            return partial(decoded.decoded_pictures, found, preprocessor.shape)
