"""What runs have saved of the test rows."""

from typing import TYPE_CHECKING, NamedTuple

from vibcli.store.predictions import damaged, load_predictions
from vibcli.store.rundir import RunDir
from vibcli.tasks.row_scores import RowScores
from vibcli.tasks.task import Task

if TYPE_CHECKING:
    import pyarrow as pa


class Saved(NamedTuple):
    """What a run said of the test rows, and how right it is on each, as far as it is known."""

    table: "pa.Table | None"
    scores: RowScores | None


def saved(folder: RunDir, task: Task) -> Saved:
    """Read the predictions of a run of this task.

    Raises:
        RunError: the file is damaged.
    """
    table = load_predictions(folder)
    if table is None or task.row_scores is None:
        return Saved(table, None)
    try:
        return Saved(table, task.row_scores.load()(table))
    except (ValueError, KeyError, AttributeError) as error:
        raise damaged(folder, error) from None
