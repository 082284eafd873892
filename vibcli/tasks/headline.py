"""The one metric that a run is known by."""

from collections.abc import Mapping

from vibcli.tasks.forms import written
from vibcli.tasks.task import Shown, Task


def headline(task: Task, metrics: Mapping[str, float | None]) -> Shown:
    """What it is called, and its value in words; a dash where none of the task's is known."""
    for key, shown in task.headlines.items():
        if (value := metrics.get(key)) is not None:
            return Shown(shown.title, written(shown.form, value))
    return Shown("", "-")
