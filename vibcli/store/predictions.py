"""The predictions of a run's test rows, as a table.

`vibcli.runs.saved_model.save_predictions` writes them; what the columns are is the task's to say.
"""

import pyarrow as pa

from vibcli.errors import RunError
from vibcli.store.rundir import RunDir

WORDS = ("split", "label")  # columns of few different values


def load_predictions(folder: RunDir) -> pa.Table | None:
    """Read the predictions of a run; None where it has none.

    Column ``row`` counts the rows of the data set's split that ``split`` names: ``test``, or
    ``train`` where the test part was held out of it. Foreign files may lack ``split``.

    Raises:
        RunError: the file is damaged.
    """
    from pyarrow import parquet

    try:
        names = parquet.read_schema(folder.predictions).names
        words = [name for name in WORDS if name in names]
        with parquet.ParquetFile(folder.predictions, read_dictionary=words) as file:
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
