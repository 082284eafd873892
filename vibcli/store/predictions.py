"""The predictions of runs as they lie on disk, read without torch.

`vibcli.runs.saved.save_predictions` writes them.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vibcli.errors import RunError
from vibcli.evaluation.metrics import Reliability, reliability
from vibcli.store.runs import RunDir


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


def load_predictions(folder: RunDir) -> SavedPredictions | None:
    """Read the predictions of a run; None where it has none.

    Raises:
        RunError: the file is damaged.
    """
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(folder.predictions, read_dictionary=["split", "label"]) as file:
            return _parse(file.read())
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException, ValueError, KeyError, AttributeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise RunError(
            f"The predictions of {folder.id} cannot be read: {folder.predictions} is damaged "
            f"({reason}). Train it again with --fresh."
        ) from None


def reliability_of(runs: Iterable[SavedPredictions]) -> list[Reliability]:
    """How right each run is where it is how confident, in bins of equal width."""
    return [reliability(run.log_probabilities, run.labels) for run in runs]


def _parse(table: pa.Table) -> SavedPredictions:
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
