"""What many walks have in common, against theory."""

import itertools
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vibcli.reporting.tables.cells import number, plain_table, plus_minus

if TYPE_CHECKING:
    from vibcli.analysis.walks.pairs import Report
    from vibcli.statistics import Estimate

ENDS = {"prior": "N(0, I)", "encoder": "encoder", "uniform": "U(-1, 1)"}
QUARTER, HALF = 4, 8  # of the 17 positions
SEEN = {
    "top_probability": "probability",
    "prediction": "prediction",
    "entropy_nats": "entropy",
    "distance_to_data": "to data",
}
KEY = (
    "Ends: draws from N(0, I), the encoder's means of test examples, draws from U(-1, 1). ±: half "
    "the 95% interval, Student t over pairs. Variance along walks: mean square about 0, the mean "
    "of both priors. Theory: for independent draws of the prior. KS: Kolmogorov-Smirnov distance "
    "of all coordinates from the prior, N(0, 1) or U(-1, 1); rescaled: once they have the prior's "
    "variance by theory, so that their shape counts; and what 95% of as many independent draws "
    "stay below."
)


def pairs_table(report: "Report") -> RenderableType:
    """The ends, the variance along the walks, the middle, and what the model says there."""
    blocks: list[RenderableType] = [_ends(report), _variance(report), _middle(report)]
    if any(report.seen.values()):
        blocks.append(_seen(report))
    spaced = itertools.chain.from_iterable((block, Text()) for block in blocks)
    return Group(*spaced, Text(KEY), *(Text(line) for line in _remarks(report)))


def _table(title: str, *numbers: str) -> Table:
    table = plain_table(title, *numbers, numbers=numbers)
    for column in table.columns:
        column.no_wrap = True
    return table


def _heading(table: Table, kind: str) -> None:
    if table.row_count:
        table.add_row()
    table.add_row(Text(ENDS[kind], style="bold"))


def _ends(report: "Report") -> Table:
    table = _table("ends", "variance", "by dimension", "mean", "cosine", "correlation")
    for kind, found in report.pairs.items():
        moments = found.moments
        table.add_row(
            ENDS[kind],
            f"{moments.variance:.3f}",
            f"{moments.least:.2f} to {moments.greatest:.2f}",
            f"{moments.mean:.2f}",
            plus_minus(found.cosine, 1, 3),
            plus_minus(found.correlation, 1, 3),
        )
    return table


def _variance(report: "Report") -> Table:
    table = _table("variance", "at the start", "at 1/4", "theory", "in the middle", "theory ")
    for kind, found in report.pairs.items():
        _heading(table, kind)
        for mode, along in found.walks.items():
            theory = along.expected
            cells = [plus_minus(along.variance[0], 1, 3)]
            for place in (QUARTER, HALF):
                expected = None if theory is None else theory[place]
                cells += [plus_minus(along.variance[place], 1, 3), number(expected, "{:.3f}")]
            table.add_row(f"  {mode}", *cells)
    return table


def _middle(report: "Report") -> Table:
    table = _table("middle", "|z|", "log p(z)", "KS", "rescaled", "95% below")
    for kind, found in report.pairs.items():
        _heading(table, kind)
        linear = found.walks["linear"]
        rows = [("ends", linear._replace(middle=found.distance, shape=None), 0)]
        rows += [(mode, along, HALF) for mode, along in found.walks.items()]
        for name, along, place in rows:
            densities = along.log_prior_nats
            table.add_row(
                f"  {name}",
                plus_minus(along.norm[place], 1, 2),
                plus_minus(None if densities is None else densities[place], 1, 1),
                f"{along.middle.statistic:.3f}",
                number(along.shape and along.shape.statistic, "{:.3f}"),
                f"{along.middle.critical:.3f}",
            )
    return table


def _seen(report: "Report") -> Table:
    """The value of each measure, and middle less ends."""
    keys = list(next(found for found in report.seen.values() if found))
    heads = [name for i, key in enumerate(keys) for name in (SEEN[key], "change" + " " * i)]
    table = _table("model sees", *heads)
    for kind, found in report.seen.items():
        _heading(table, kind)
        digits = {key: 1 if found[key].ends.mean >= 10 else 3 for key in keys}
        ends = [(plus_minus(found[key].ends, 1, digits[key]), "") for key in keys]
        table.add_row("  ends", *itertools.chain.from_iterable(ends))
        for mode in found[keys[0]].middles:
            cells = [
                (
                    plus_minus(found[key].middles[mode], 1, digits[key]),
                    _change(found[key].changes[mode], digits[key]),
                )
                for key in keys
            ]
            table.add_row(f"  {mode}", *itertools.chain.from_iterable(cells))
    return table


def _change(value: "Estimate", digits: int) -> str:
    text = plus_minus(value, 1, digits)
    return text if text.startswith("-") else f"+{text}"


def _remarks(report: "Report") -> list[str]:
    """Whether the spherical walk keeps the distribution of either prior."""
    said = []
    for kind in ("prior", "uniform"):
        statistic, bound = report.pairs[kind].walks["spherical"].middle
        kept = "are still such draws" if statistic <= bound else "are such draws no longer"
        said.append(
            f"\nIn the middle of spherical walks draws from {ENDS[kind]} {kept}, as far as KS "
            f"tells ({statistic:.4f}, bound {bound:.4f})."
        )
    return said
