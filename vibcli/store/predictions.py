"""The predictions of a run's test rows, as a table.

`vibcli.runs.saved_model.save_predictions` writes them; what the columns are is the task's to say.
"""

import pyarrow as pa

from vibcli.errors import RunError
from vibcli.store.rundir import RunDir


def load_predictions(folder: RunDir) -> pa.Table | None:
    """Read the predictions of a run; None where it has none.

    Raises:
        RunError: the file is damaged.
    """
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(folder.predictions, read_dictionary=["split", "label"]) as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException, ValueError, KeyError) as error:
        raise damaged(folder, error) from None


def damaged(folder: RunDir, error: Exception) -> RunError:
    """What to say of predictions that cannot be read."""
    reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
    return RunError(
        f"The predictions of {folder.id} cannot be read: {folder.predictions} is damaged "
        f"({reason}). Train it again with --fresh."
    )
