"""A comparison: the tables that its task has, the settings that differ, the verdict."""

from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vibcli.comparison.compare import Comparison, Row
from vibcli.comparison.verdict import verdict
from vibcli.registry import TASKS
from vibcli.reporting.tables.cells import (
    complete_of,
    decimal,
    interval,
    number,
    plain_table,
    plus_minus,
)
from vibcli.reporting.tables.settings import comparison_heading, settings_and_notes
from vibcli.statistics import Interval
from vibcli.tasks.forms import alike, written
from vibcli.tasks.task import Column, ComparisonTable, Task

BOOTSTRAP = (
    "Bootstrap: 95% intervals of the same difference, were there other test rows, or other test "
    "rows and other seeds (too narrow for few seeds: about 84% at 5, 90% at 10); better in: share "
    "of the seeds, ties count half. "
)
BOUND = "Weighted bound: importance-weighted, {draws} draws of z; more raise it. "


def comparison_table(result: Comparison) -> RenderableType:
    """Every table that has something to say, then how to read them, then the verdict."""
    task: Task = TASKS.load(result.task)
    parts: list[RenderableType] = [comparison_heading(result)]
    for table in task.tables:
        rows = result.rows[1:] if table.others else result.rows
        if rows and _has_something_to_say(table, rows):
            parts += [Text(), _table(table, rows)]
    parts += [Text(), Text(_explained(task, result), style="dim")]
    parts += settings_and_notes(result)
    parts += [Text()] + [Text(line, style="bold") for line in verdict(result)]
    return Group(*parts)


def _has_something_to_say(table: ComparisonTable, rows: tuple[Row, ...]) -> bool:
    return not table.needs or any(_has(row, need) for row in rows for need in table.needs)


def _has(row: Row, need: str) -> bool:
    if need == "rows":
        return row.test_rows.chance is not None
    return need in row.findings and row.findings[need].difference is not None


def _table(table: ComparisonTable, rows: tuple[Row, ...]) -> Table:
    titles = [column.title for column in table.columns]
    made = plain_table(table.title, *titles, numbers=titles)
    for row in rows:
        made.add_row(Text(row.name), *(CELLS[column.what](row, column) for column in table.columns))
    return made


def _estimate(row: Row, column: Column) -> str:
    finding = row.findings.get(column.key)
    return plus_minus(finding.value if finding else None, column.scale, column.digits)


def _mean(row: Row, column: Column) -> str:
    finding = row.findings.get(column.key)
    mean = None if finding is None else column.scale * finding.value.mean
    return _plain(mean, column)


def _sd(row: Row, column: Column) -> str:
    finding = row.findings.get(column.key)
    sd = None if finding is None else finding.value.sd
    return _plain(None if sd is None else column.scale * sd, column)


def _plain(value: float | None, column: Column) -> str:
    return "-" if value is None else alike(decimal(column.digits), value)[0]


def _difference(row: Row, column: Column) -> str:
    finding = row.findings.get(column.key)
    return interval(finding.difference if finding else None, column.scale, column.digits)


def _p(row: Row, column: Column) -> str:
    finding = row.findings.get(column.key)
    return number(finding.p_holm if finding else None, "{:.2g}")


def _improvement(row: Row, column: Column) -> str:
    improvement = row.findings[column.key].improvement
    return "-" if improvement is None else f"{improvement.probability:.0%}"


def _of_rows(row: Row, column: Column) -> str:
    chance = row.test_rows.chance
    ends: Interval | None = None
    if chance is not None:
        ends = chance.examples if column.what == "rows" else chance.both
    if ends is None:
        return "-"
    return f"[{column.scale * ends.low:+.2f}, {column.scale * ends.high:+.2f}]"


# what a column may show of a row: see `vibcli.tasks.task.Column`
CELLS: dict[str, Callable[[Row, Column], str]] = {
    "mean": _mean,
    "estimate": _estimate,
    "sd": _sd,
    "difference": _difference,
    "p": _p,
    "improvement": _improvement,
    "rows": _of_rows,
    "rows and seeds": _of_rows,
    "seeds": lambda row, _: complete_of(len(row.seeds), row.broken),
    "paired seeds": lambda row, _: f"{len(row.test_rows.discordance)}",
    "reached": lambda row, _: f"{row.reached} of {len(row.seeds)}",
}


def _explained(task: Task, result: Comparison) -> str:
    """The task's explanation, with the numbers of this comparison put in."""
    of, race = task.convergence, result.race
    known = {"target": "", "target_reason": "", "epochs": "", "seconds": ""}
    if of is not None and race is not None:
        known = {
            "target": written(of.form, race.target),
            "target_reason": race.target_reason,
            "epochs": str(race.horizon.epochs),
            "seconds": f"{race.horizon.seconds:.3g}",
        }
    text = " ".join(task.explained.split("\n"))
    return text.format(
        tests=result.tests,
        sources=BOOTSTRAP if any(row.test_rows.chance for row in result.rows) else "",
        draws=BOUND.format(draws=result.iw_samples) if result.iw_samples else "",
        **known,
    )
