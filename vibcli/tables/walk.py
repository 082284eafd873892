"""A walk in the latent, a line a step."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from vibcli.tables.parts import plain_table

if TYPE_CHECKING:
    from vibcli.interpolation import Step

EXCERPT = 200  # characters of a text


def walk(
    path: "Sequence[Step]", texts: Sequence[str | None], classes: Sequence[str]
) -> RenderableType:
    """A line a step, of many classes the two most probable; below, how the texts begin."""
    columns = ("position", "|z|", "log p(z)", "entropy")
    table = plain_table(*columns, "probabilities", "nearest in training", numbers=columns)
    for column in table.columns[:4]:
        column.no_wrap = True
    met: dict[str, str] = {}
    for step, text in zip(path, texts, strict=True):
        likeliest = sorted(zip(step.probabilities, classes, strict=True), reverse=True)[:2]
        nearest = f"{step.nearest.label} #{step.nearest.row}"
        table.add_row(
            f"{step.position:.3f}",
            f"{step.norm:.2f}",
            f"{step.log_prior_nats:.1f}",
            f"{step.entropy_nats:.3f}",
            Text(", ".join(f"{name}: {p:.2f}" for p, name in likeliest)),
            Text(nearest),
        )
        if text is not None:
            met[nearest] = " ".join(text.split())
    excerpts = [
        Text.assemble((f"{nearest}: ", "bold"), text[:EXCERPT] + ("…" if text[EXCERPT:] else ""))
        for nearest, text in met.items()
    ]
    return Group(table, *([Text()] if excerpts else []), *excerpts)
