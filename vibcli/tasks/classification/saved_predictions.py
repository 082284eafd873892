"""The predictions of classifiers as they lie on disk, read without PyTorch."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vibcli.tasks.classification.metrics import Ints, Reliability, confusion, reliability
from vibcli.tasks.row_scores import RowScores


class SavedPredictions(NamedTuple):
    """What a run said of the N rows of its test part."""

    rows: NDArray[np.int64]  # [N], in the data set; runs whose rows are equal can be paired
    labels: NDArray[np.int64]  # [N], 0..C-1 in the order of the run's classes
    probabilities: NDArray[np.float64]  # [N, C]
    rates: NDArray[np.float64] | None  # [N], nats; None where z is deterministic

    @property
    def log_probabilities(self) -> NDArray[np.float64]:
        """``[N, C]``; -inf below the smallest probability that can be stored."""
        with np.errstate(divide="ignore"):
            return np.log(self.probabilities)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """``[N]``, whether the most probable class is the label."""
        correct: NDArray[np.bool_] = self.probabilities.argmax(1) == self.labels
        return correct


def row_scores(table: pa.Table) -> RowScores:
    """Whether the most probable class is the label, row by row; errors as `parse`."""
    found = parse(table)
    return RowScores(found.rows, found.correct)


def reliability_of(runs: Iterable[SavedPredictions]) -> list[Reliability]:
    """How right each run is where it is how confident, in bins of equal width."""
    return [reliability(run.log_probabilities, run.labels) for run in runs]


def confusion_of(runs: Iterable[SavedPredictions]) -> list[Ints]:
    """What each run takes the rows of each class for, ``[C, C]``."""
    return [
        confusion(run.probabilities.argmax(1), run.labels, run.probabilities.shape[1])
        for run in runs
    ]


def parse(table: pa.Table) -> SavedPredictions:
    """From the columns that `vibcli.tasks.classification.predict` writes.

    Raises:
        ValueError, KeyError, AttributeError: they are not those.
    """
    columns = {name: table[name].combine_chunks() for name in table.column_names}
    probabilities = {k[2:-1]: v.to_numpy() for k, v in columns.items() if k.startswith("p(")}
    index = {name: i for i, name in enumerate(probabilities)}
    label = columns["label"]
    codes = np.array([index[name] for name in label.dictionary.to_pylist()])
    return SavedPredictions(
        rows=columns["row"].to_numpy(),
        labels=codes[label.indices.to_numpy()],
        probabilities=np.stack(list(probabilities.values()), axis=1),
        rates=columns["rate_nats"].to_numpy() if "rate_nats" in columns else None,
    )
