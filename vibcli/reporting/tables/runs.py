"""A list of runs, a line each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from vibcli.reporting.tables.cells import plain_table
from vibcli.reporting.tables.lines import Column, joined, lines_table
from vibcli.store.query import as_text
from vibcli.store.summary import Summary
from vibcli.tasks.find import task_predicting
from vibcli.tasks.forms import written
from vibcli.tasks.headline import headline

MOST = 4  # settings that a line tells of
DIFFERS = "differs"
MEASURED = ("test.", "validation.", "train.")  # places of metrics
Differences = Mapping[str, Mapping[str, Any]]  # by experiment; see `vibcli.store.differing`


def _rate(run: Summary) -> str:
    rate = run.tested.get("rate_nats")
    return "-" if rate is None else f"{rate:.2f}"


# what a run shows of itself, for the names that `vibcli.store.values` gives to it
CELLS: dict[str, Callable[[Summary], str]] = {
    "run": lambda run: run.id,
    "status": lambda run: run.status,
    "epochs": lambda run: f"{run.epochs}/{run.epochs_planned}",
    "test": lambda run: headline(task_predicting(run.predicts), run.tested).form,
    "rate": _rate,
}
NUMBERS = ("epochs", "test", "rate")


def runs_table(
    runs: Sequence[Summary], width: int, encoding: str = "utf-8", unlike: Differences | None = None
) -> Text:
    """A line a run, with the settings of ``unlike`` where there are any; ids are never cut."""
    columns = [
        Column(name, [cell(run) for run in runs], name in NUMBERS) for name, cell in CELLS.items()
    ]
    told = _differs(runs, unlike or {})
    return lines_table(columns + [told] * any(told.cells), width, encoding)


def chosen_table(
    runs: Sequence[Summary],
    values: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    unlike: Differences,
    width: int,
    encoding: str = "utf-8",
) -> RenderableType:
    """A line a run, with the columns of ``names``: title, and what it is called in ``values``."""
    columns = [
        _differs(runs, unlike) if name == DIFFERS else _column(title, name, runs, values)
        for title, name in names.items()
    ]
    text = lines_table(columns, width, encoding)
    if max(map(cell_len, text.plain.splitlines())) <= width:
        return text
    table = plain_table(*names, numbers=[c.title for c in columns if c.number])  # folds what it has
    for row in range(len(runs)):
        table.add_row(*(Text(joined(column.cells[row])) for column in columns))
    return table


def _column(
    title: str, name: str, runs: Sequence[Summary], values: Sequence[Mapping[str, Any]]
) -> Column:
    if name in CELLS:
        return Column(title, [CELLS[name](run) for run in runs], name in NUMBERS)
    own = [each.get(name) for each in values]
    cells = [_cell(run, name, value) for run, value in zip(runs, own, strict=True)]
    return Column(title, cells, all(value is None or _number(value) for value in own))


def _cell(run: Summary, name: str, value: Any) -> str:
    """A value as text; a metric in the form that the run's task gives it."""
    if value is None:
        return "-"
    metrics = task_predicting(run.predicts).metrics
    if name.startswith(MEASURED) and (shown := metrics.get(name.rpartition(".")[2])):
        return written(shown.form, value)
    return written("{:.4g}", value) if isinstance(value, float) else as_text(value)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _differs(runs: Sequence[Summary], unlike: Differences) -> Column:
    return Column(DIFFERS, [_told(unlike.get(run.id.rpartition("/")[0], {})) for run in runs])


def _told(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """A few settings, each with its value: ``lambda 0.3``."""
    if not settings:
        return ()
    from vibcli.store.values import flags  # two tenths of a second, which many lists do without

    called = flags()
    told = [f"{called[name]} {as_text(value)}" for name, value in settings.items()]
    more = len(told) - MOST
    return (*told[:MOST], f"{more} more") if more > 1 else tuple(told)
