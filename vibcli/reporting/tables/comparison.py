"""A comparison in full: the tables that its task has, each seed, the settings that differ."""

from collections.abc import Callable, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from vibcli.comparison.compare import Comparison, Row
from vibcli.comparison.shown import coverage_of, primary_of, scale_of
from vibcli.registry import TASKS
from vibcli.reporting.tables.cells import (
    complete_of,
    decimal,
    interval,
    number,
    plain_table,
    plus_minus,
)
from vibcli.reporting.tables.settings import settings_and_notes
from vibcli.statistics import Interval
from vibcli.tasks.forms import alike, bare
from vibcli.tasks.task import Column, ComparisonTable, Task

BOOTSTRAP = (
    "Bootstrap: {level} intervals of the same difference, were there other test rows, or other "
    "test rows and other seeds; better in: share of the seeds, ties count half. "
)
BOUND = "Weighted bound: importance-weighted, {draws} draws of z; more raise it. "
GAP = 3  # blanks between tables beside each other


def full_tables(result: Comparison) -> RenderableType:
    """Every table that has something to say, how to read them, each seed, the settings."""
    return Group(
        Text(),
        _SideBySide(tables_of(result)),
        Text(explained(result), style="dim"),
        *settings_and_notes(result),
    )


def tables_of(result: Comparison) -> list[Table]:
    """The tables of the task that have something to say, and one of each seed."""
    task: Task = TASKS.load(result.task)
    tables = [
        _table(table, rows, result)
        for table in task.tables
        if (rows := result.rows[1:] if table.others else result.rows)
        and _has_something_to_say(table, rows)
    ]
    if any(row.differences for row in result.rows):
        tables.append(_seeds(result))
    return tables


class _SideBySide:
    """Tables from top to bottom, and beside each other where the terminal is wide enough."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        line: list[Table] = []
        for table in self.tables:
            wide = [Measurement.get(console, options, t).maximum + GAP for t in (*line, table)]
            if line and sum(wide) - GAP > options.max_width:
                yield from (_beside(line), Text())
                line = []
            line.append(table)
        if line:
            yield from (_beside(line), Text())


def _beside(tables: Sequence[Table]) -> RenderableType:
    grid = Table.grid(padding=(0, GAP, 0, 0))
    grid.add_row(*tables)
    return tables[0] if len(tables) == 1 else grid


def _seeds(result: Comparison) -> Table:
    """The difference of the primary quantity in each seed."""
    form, scale = bare(primary_of(result).form), scale_of(result)
    others = [row for row in result.rows[1:] if row.differences]
    names = [row.name for row in others]
    table = plain_table("seed", *names, numbers=("seed", *names))
    columns = [
        dict(
            zip(
                row.differences,
                alike(form, *(scale * x for x in row.differences.values())),
                strict=True,
            )
        )
        for row in others
    ]
    for seed in sorted({seed for column in columns for seed in column}):
        table.add_row(str(seed), *(column.get(seed, "-") for column in columns))
    return table


def _has_something_to_say(table: ComparisonTable, rows: tuple[Row, ...]) -> bool:
    return not table.needs or any(_has(row, need) for row in rows for need in table.needs)


def _has(row: Row, need: str) -> bool:
    if need == "rows":
        return row.test_rows.chance is not None
    return need in row.findings and row.findings[need].difference is not None


def _table(table: ComparisonTable, rows: tuple[Row, ...], result: Comparison) -> Table:
    level = coverage_of(result)
    titles = [
        f"{column.title} [{level}]" if column.what == "difference" else column.title
        for column in table.columns
    ]
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
    if finding is None or finding.p is None:
        return "-"
    p = finding.p_adjusted
    if p is None and row.decision is not None:  # the primary one, which is not corrected with them
        p = row.decision.p
    return number(p, "{:.2g}")


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
    "reached": lambda row, _: f"{row.common.reached} of {len(row.seeds)}" if row.common else "-",
}


def explained(result: Comparison) -> str:
    """The task's explanation of its tables, with the numbers of this comparison put in."""
    task: Task = TASKS.load(result.task)
    level = coverage_of(result)
    text = " ".join(task.explained.split("\n"))
    return text.format(
        tests=result.tests,
        epochs=result.horizon,
        sources=BOOTSTRAP.format(level=level)
        if any(row.test_rows.chance for row in result.rows)
        else "",
        draws=BOUND.format(draws=result.iw_samples) if result.iw_samples else "",
    )
