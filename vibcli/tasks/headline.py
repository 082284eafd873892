"""The one metric that a run is known by."""

from collections.abc import Mapping

from vibcli.tasks.forms import written
from vibcli.tasks.task import Shown, Task


def headline(task: Task, metrics: Mapping[str, float | None]) -> Shown:
    """What it is called, and its value in words; a dash where none of the task's is known."""
    key = headline_key(task, metrics)
    if key is None or (value := metrics[key]) is None:
        return Shown("", "-")
    shown = task.headlines[key]
    return Shown(shown.title, written(shown.form, value))


def headline_key(task: Task, metrics: Mapping[str, float | None]) -> str | None:
    """The first of the task's headlines that is known."""
    return next((key for key in task.headlines if metrics.get(key) is not None), None)
