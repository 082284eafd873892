"""Which epoch of a training is kept."""

import math
from collections.abc import Sequence

from vibcli.config.training import LAST
from vibcli.store.records import Epoch, Selected
from vibcli.tasks.task import Criterion, Task


def select(
    epochs: Sequence[Epoch],
    task: Task,
    criterion: str,
    rows: float = math.inf,
    before: str | None = None,
) -> Selected:
    """Choose the epoch to keep by what validation said.

    What still ties goes to the first epoch.

    Args:
        epochs: of a training, from its first on.
        task: what is learnt.
        criterion: one of the task's, or ``last``.
        rows: of the validation part.
        before: in which words a criterion was recorded before a training was interrupted; it goes
            on with that one, because the weights that were kept are of the epoch it chose.
    """
    if criterion == LAST:
        return Selected(epoch=epochs[-1].epoch, criterion="last epoch", value=None)
    chosen = _counting(task.criteria[criterion], epochs[0], rows, before)
    best = max(epochs, key=lambda epoch: [_merit(epoch, *key) for key in chosen.keys])
    value = best.validation[chosen.keys[0][0]]
    return Selected(epoch=best.epoch, criterion=chosen.words, value=value)


def _counting(
    criteria: Sequence[Criterion], epoch: Epoch, rows: float, before: str | None
) -> Criterion:
    """The one that was recorded, else the first that is measured on enough rows.

    Without a rate there is no ELBO.
    """
    recorded = [c for c in criteria if c.words == before]
    measured = [c for c in criteria if epoch.validation.get(c.keys[0][0]) is not None]
    return (recorded or [c for c in measured if c.rows <= rows] or list(criteria))[0]


def _merit(epoch: Epoch, key: str, better: int) -> float:
    value = epoch.validation[key]
    return -math.inf if value is None or math.isnan(value) else better * value
