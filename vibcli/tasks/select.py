"""Which epoch of a training is kept."""

import math
from collections.abc import Sequence

from vibcli.config.training import LAST
from vibcli.store.records import Epoch, Selected
from vibcli.tasks.task import Criterion, Task


def select(epochs: Sequence[Epoch], task: Task, criterion: str) -> Selected:
    """Choose the epoch to keep by what validation said.

    ``criterion`` is one of the task's, or ``last``. What still ties goes to the first epoch.
    """
    if criterion == LAST:
        return Selected(epoch=epochs[-1].epoch, criterion="last epoch", value=None)
    chosen = _known(task.criteria[criterion], epochs[0])
    best = max(epochs, key=lambda epoch: [_merit(epoch, *key) for key in chosen.keys])
    value = best.validation[chosen.keys[0][0]]
    return Selected(epoch=best.epoch, criterion=chosen.words, value=value)


def _known(criteria: Sequence[Criterion], epoch: Epoch) -> Criterion:
    """The first whose metric is measured: without a rate there is no ELBO."""
    measured = [c for c in criteria if epoch.validation.get(c.keys[0][0]) is not None]
    return (measured or list(criteria))[0]


def _merit(epoch: Epoch, key: str, better: int) -> float:
    value = epoch.validation[key]
    return -math.inf if value is None or math.isnan(value) else better * value
