"""What `vib interpolate` shows of walks: names of files, titles, tables and pictures."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import RenderableType

if TYPE_CHECKING:
    from vibcli.analysis.walks.modes import Walks
    from vibcli.analysis.walks.views import Terrain
    from vibcli.data import Part
    from vibcli.runs.saved import SavedModel


class Outcome(NamedTuple):
    """A result in all its forms; ``name`` is that of its files, without their endings."""

    name: str
    title: str
    content: dict[str, Any]
    table: RenderableType
    remarks: list[str]
    draw: Callable[[Path], None]


def one_walk(saved: "SavedModel", found: "Walks", mode: str) -> Outcome:
    """A walk, or those of all modes between the same ends."""
    from vibcli.reporting.tables.walk import walk

    ends = found.start.origin, found.end.origin
    classes = saved.run.data.classes
    steps = len(found.legs[0].walk.steps)
    title = f"{mode} from {_long(ends[0])} to {_long(ends[1])}"
    if mode == "all":
        title = f"from {_long(ends[0])} to {_long(ends[1])}"
    return Outcome(
        name=f"interpolation-{mode}-{'-'.join(map(_short, ends))}-{steps}",
        title=title,
        content={"mode": mode, "classes": classes, **found.content()},
        table=walk(found, classes),
        remarks=[] if mode in ("linear", "slerp") else found.departures,
        draw=partial(_drawing(saved, found), title),
    )


def many_walks(
    terrain: "Terrain",
    test: "Part",
    count: int,
    seed: int,
    classes: tuple[str | None, str | None],
) -> Outcome:
    """Means over many walks in all modes."""
    from vibcli.analysis.walks import assumption
    from vibcli.analysis.walks.pairs import ENCODER, example_pairs, measure
    from vibcli.reporting.plots.pairs import pairs_picture
    from vibcli.reporting.tables.pairs import pairs

    report = measure(
        terrain, test, example_pairs(test, terrain.classes, count, seed, *classes), seed
    )
    named = [f"{flag} {name}" for flag, name in zip(("from", "to"), classes, strict=True) if name]
    over = f"{count} pair{'s' * (count > 1)}" + "".join(f", {end}" for end in named)
    name = "-".join(["interpolation-pairs", str(count), *map(_slug, named), f"seed{seed}"])
    return Outcome(
        name=name,
        title=over,
        content={"pairs": count, "seed": seed, "classes": classes} | report.content(),
        table=pairs(report),
        remarks=assumption.code_departures(report.pairs[ENCODER].moments, "test"),
        draw=partial(pairs_picture, report, f"variance along walks between {over}"),
    )


def _drawing(saved: "SavedModel", found: "Walks") -> Callable[[str, Path], None]:
    """The picture that fits: of a classifier's walk, or of what an autoencoder decodes."""
    from vibcli.data.tabular import TabularPreprocessor
    from vibcli.reporting.plots import decoded
    from vibcli.reporting.plots.walk import walk_picture

    if saved.run.config.predicts is None:
        return partial(walk_picture, found, saved.run.data.classes)
    match saved.preprocessor:
        case TabularPreprocessor(names=names):
            return partial(decoded.decoded_numbers, found, names)
        case _ if saved.run.data.kind == "text":
            return partial(decoded.decoded_words, found)
        case preprocessor:
            return partial(decoded.decoded_pictures, found, preprocessor.shape)


def _short(origin: dict[str, Any]) -> str:
    match origin["kind"]:
        case "test":
            return str(origin["index"])
        case "prior":
            return f"prior{origin['seed']}"
        case _:
            return f"{_slug(Path(origin['path']).stem)}-{origin['digest']}"


def _long(origin: dict[str, Any]) -> str:
    match origin["kind"]:
        case "test":
            return f"test example {origin['index']} ({origin['label']})"
        case "prior":
            return "a prior draw"
        case _:
            return Path(origin["path"]).name


def _slug(text: str) -> str:
    """``text`` as a part of a file's name."""
    return re.sub(r"[^\w.]+", "-", text).strip("-.")[:40]
