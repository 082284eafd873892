"""The first screen of a comparison: what was compared, a small table, a drawing, the answer."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vibcli.comparison.compare import Comparison, Row
from vibcli.comparison.measured import quantities_of
from vibcli.comparison.shown import coverage_of, margin_words, primary_of, scale_of
from vibcli.comparison.verdict import answers
from vibcli.registry import TASKS
from vibcli.reporting.tables.cells import decimal, duration, plain_table
from vibcli.reporting.tables.interval_line import Drawn, interval_lines
from vibcli.tasks.forms import alike
from vibcli.tasks.task import Column, Task

WIDTH = 78  # of the drawing: what a usual terminal shows


def first_screen(result: Comparison, following: Sequence[Text]) -> RenderableType:
    """The answer, what it rests on, and what can be done next."""
    task: Task = TASKS.load(result.task)
    parts: list[RenderableType] = [heading(result), _table(task, result)]
    parts += drawing(result)
    parts.append(Text())
    for found in answers(result):
        parts.append(Text(found.main, style="bold"))
        if len(result.rows) == 2:  # of many experiments only what has to be known
            parts += [Text(line) for line in found.asides]
        parts += [Text(line, style="yellow") for line in found.warnings]
    return Group(*parts, *following)


def heading(result: Comparison) -> Text:
    """Which data, how many seeds, what they took."""
    rows = "/".join(f"{count:,}" for count in result.sizes.values())
    uses = "/".join({"validation": "validate"}.get(part, part) for part in result.sizes)
    counted = max(len(row.differences) for row in result.rows) or len(result.rows[0].seeds)
    seeds = f"{counted} seeds" if counted != 1 else "1 seed"
    took = duration(result.seconds)
    return Text(f"{result.dataset}: {rows} rows to {uses}; {seeds}, {took} each", style="bold")


def _table(task: Task, result: Comparison) -> Table:
    """A line for each experiment, then a difference and its interval for each but the first."""
    shown = [c for c in task.screen if any(c.key in row.findings for row in result.rows)]
    titles = [column.title for column in shown]
    table = plain_table("", *titles, numbers=titles)
    for numbers in table.columns[1:]:
        numbers.no_wrap = True
    for row in result.rows:
        table.add_row(Text(row.name), *(_mean(row, column) for column in shown))
    for row in result.rows[1:]:
        if not row.differences:
            continue
        differences = [_difference(row, column, task) for column in shown]
        table.add_row(
            Text("difference" if len(result.rows) == 2 else f"{row.name}, diff."),
            *(cell for cell, _ in differences),
        )
        if any(interval for _, interval in differences):
            table.add_row(
                Text(f"  at {coverage_of(result)}", style="dim"),
                *(Text(interval, style="dim") for _, interval in differences),
            )
    return table


def _mean(row: Row, column: Column) -> str:
    found = row.findings.get(column.key)
    if found is None:
        return "-"
    return alike(decimal(column.digits), column.scale * found.value.mean)[0]


def _difference(row: Row, column: Column, task: Task) -> tuple[str, str]:
    """The mean difference and its interval, where there are any."""
    found = row.findings.get(column.key)
    if found is None or (difference := found.difference) is None:
        return "", ""
    known = [x for x in (difference.mean, difference.low, difference.high) if x is not None]
    numbers = alike(decimal(column.digits, "+"), *(column.scale * x for x in known))
    if not quantities_of(task)[column.key].better:
        return numbers[0], ""
    return numbers[0], " to ".join(numbers[1:])


def drawing(result: Comparison) -> list[Text]:
    """The intervals of the primary quantity around 0, and what is shaded."""
    quantity, scale = primary_of(result), scale_of(result)
    drawn = [
        Drawn(row.name, scale * difference.mean, *(scale * end for end in row.decision.interval))
        for row in result.rows
        if row.decision is not None
        and row.decision.interval is not None
        and (difference := row.findings[result.primary].difference) is not None
    ]
    if not drawn:
        return []
    margin = None if result.margin is None else scale * result.margin
    lines = interval_lines(drawn, margin, (quantity.lower, quantity.higher), WIDTH)
    if margin:
        words = f"░ what would not matter: up to {margin_words(result)} ({result.margin_reason})"
        lines.append(Text(words, style="dim"))
    return lines
