"""Metrics of a split, line by line."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.table import Table

from vibcli.reporting.tables.cells import number, plain_table
from vibcli.tasks.task import Task

if TYPE_CHECKING:
    from vibcli.store.records import Metrics


def metrics_table(task: Task, columns: "Mapping[str, Metrics]") -> Table:
    """A task's metrics, a column for each entry of ``columns``; what is None is left out.

    None is shown lower than it can be: an estimated bound of -0.02 on an information says 0.
    """
    table = plain_table("", *columns, numbers=list(columns))
    for key, (title, form) in task.metrics.items():
        values = [metrics.get(key) for metrics in columns.values()]
        if any(value is not None for value in values):
            least = task.least.get(key, -math.inf)
            shown = [None if value is None else max(value, least) for value in values]
            table.add_row(title, *(number(v, form) for v in shown))
    return table
