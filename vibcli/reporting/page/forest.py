"""Differences within seeds as intervals on one scale, seed by seed."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from vibcli.comparison.compare import Comparison, Row
from vibcli.comparison.convergence import COMMON, OWN
from vibcli.comparison.findings import Finding
from vibcli.comparison.measured import BySeed, measure, quantities_of
from vibcli.comparison.member import Member
from vibcli.comparison.shown import coverage_of, margin_words, scale_of
from vibcli.reporting.page.blocks import Forest, Span
from vibcli.reporting.page.colors import color_of, themed
from vibcli.reporting.tables.cells import number
from vibcli.tasks.forms import alike, bare
from vibcli.tasks.task import Quantity, Task

FREE = 0.06  # of the width, beyond what is to be shown, on either side
TICKS = 5  # at most
SPEED = {  # of quantities that a task does not declare: title, and what lower and higher mean
    OWN: ("epochs to 99% of its own best", "sooner", "later"),
    COMMON: ("epochs to the common target", "sooner", "later"),
}


class Scale(NamedTuple):
    """From numbers to percent of the width."""

    low: float
    high: float

    @classmethod
    def over(cls, values: Sequence[float]) -> "Scale":
        """A scale that has room for all finite ones of these."""
        known = [value for value in values if math.isfinite(value)]
        low, high = min(known), max(known)
        free = FREE * (high - low or 1.0)
        return cls(low - free, high + free)

    def place(self, value: float) -> float:
        """Where a number is; what lies outside is at the border."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)


def forests(result: Comparison, members: Sequence[Member], task: Task) -> Iterator[Forest]:
    """One for the quantity that decides, and for each other that a verdict speaks of."""
    counted = [
        member._replace(runs={seed: member.runs[seed] for seed in row.seeds})
        for member, row in zip(members, result.rows, strict=True)
    ]
    measured = [one.differences for one in measure(counted, task, result.horizon, result.target)]
    quantities = quantities_of(task)
    for key in dict.fromkeys([result.primary, *task.asides, OWN, COMMON]):
        rows = [
            (place, row, found, differences[key])
            for place, (row, differences) in enumerate(zip(result.rows, measured, strict=True))
            if (found := row.findings.get(key)) is not None and key in differences
        ]
        if rows and key in quantities:
            yield _forest(key, quantities[key], rows, result)


def _forest(
    key: str,
    quantity: Quantity,
    rows: Sequence[tuple[int, Row, Finding, BySeed]],
    result: Comparison,
) -> Forest:
    primary = key == result.primary
    unit = scale_of(result) if primary else 1.0
    margin = unit * result.margin if primary and result.margin else None
    shown = [
        (place, row, found, {seed: unit * d for seed, d in apart.items()}, _ends(found, unit))
        for place, row, found, apart in rows
    ]
    values = [0.0, *((-margin, margin) if margin else ())]
    for *_, apart, ends in shown:
        values += [*apart.values(), *ends]
    scale = Scale.over(values)
    title, lower, higher = SPEED.get(key, (quantity.title, quantity.lower, quantity.higher))
    return Forest(
        caption=f"{title[:1].upper()}{title[1:]}, difference to {result.rows[0].name}",
        head=(f"difference [{coverage_of(result)}]", "p"),
        rows=tuple(_span(*one, scale, quantity, primary) for one in shown),
        zero=scale.place(0),
        band=(scale.place(-margin), scale.place(margin)) if margin else None,
        ticks=tuple(_ticks(scale)),
        ends=(f"← {lower}", f"{higher} →"),
        note=_shaded(result) if margin else "",
    )


def _shaded(result: Comparison) -> str:
    return f"Shaded: what would not matter, up to {margin_words(result)} ({result.margin_reason})."


def _ends(found: Finding, unit: float) -> tuple[float, ...]:
    """The mean, and the interval if there is one."""
    difference = found.difference
    assert difference is not None
    known = (difference.mean, difference.low, difference.high)
    return tuple(unit * value for value in known if value is not None)


def _span(
    place: int,
    row: Row,
    found: Finding,
    apart: Mapping[int, float],
    ends: tuple[float, ...],
    scale: Scale,
    quantity: Quantity,
    primary: bool,
) -> Span:
    mean, *interval = alike(bare(quantity.form), *ends)
    p = row.decision.p if primary and row.decision is not None else found.p_adjusted
    seeds = zip(apart, alike(quantity.form, *apart.values()), strict=True)
    dots = tuple((scale.place(apart[seed]), f"{row.name}, seed {seed}: {d}") for seed, d in seeds)
    return Span(
        name=row.name,
        mean=scale.place(ends[0]),
        low=scale.place(ends[1]) if interval else None,
        high=scale.place(ends[2]) if interval else None,
        dots=dots,
        cells=(f"{mean} [{', '.join(interval)}]" if interval else mean, number(p, "{:.2g}")),
        color=themed(color_of(place).lower()),
    )


def _ticks(scale: Scale) -> Iterator[tuple[float, str]]:
    from matplotlib.ticker import MaxNLocator

    values = [
        float(value)
        for value in MaxNLocator(TICKS).tick_values(scale.low, scale.high)
        if scale.low <= value <= scale.high
    ]
    for value in values:
        text = "0" if abs(value) < 1e-12 else f"{value:+.6g}".replace("-", "−")
        yield scale.place(value), text
