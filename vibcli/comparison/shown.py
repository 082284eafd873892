"""In which unit, and with which coverage, the numbers of a comparison are shown."""

from vibcli.comparison.compare import Comparison
from vibcli.comparison.measured import quantities_of
from vibcli.registry import TASKS
from vibcli.statistics import LEVEL
from vibcli.tasks.forms import brief
from vibcli.tasks.task import Quantity, Task


def primary_of(result: Comparison) -> Quantity:
    """The quantity that decides."""
    return quantities_of(TASKS.load(result.task))[result.primary]


def scale_of(result: Comparison) -> float:
    """How many times as large as it is stored the quantity that decides is shown."""
    task: Task = TASKS.load(result.task)
    return task.margin.scale if task.margin and result.primary == task.primary else 1.0


def margin_words(result: Comparison) -> str:
    """The margin with its unit: ``0.49 points``."""
    task: Task = TASKS.load(result.task)
    assert task.margin is not None
    assert result.margin is not None
    return f"{brief(task.margin.scale * result.margin)} {task.margin.unit}".rstrip()


def coverage_of(result: Comparison) -> str:
    """How much the intervals of differences cover."""
    return coverage(1 - LEVEL if result.level is None else result.level)


def coverage(level: float) -> str:
    """How much an interval covers that is wrong at this level: ``99.2%``.

    >>> coverage(0.0079), coverage(0.05)
    ('99.2%', '95%')
    """
    return f"{100 * (1 - level):.3g}%"
