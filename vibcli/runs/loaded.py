"""A trained model from a run's folder, for use in Python on raw rows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from numpy.typing import NDArray

from vibcli.device import Machine
from vibcli.errors import DataError
from vibcli.evaluation.codes import codes
from vibcli.runs.rows import prepared
from vibcli.runs.saved_model import SavedModel, load_model
from vibcli.store.listing import find_run
from vibcli.store.records import Run

Rows = Any  # a table, a list of texts or an array of pixels, see `LoadedRun`


class EncodedRows(NamedTuple):
    """Latent distributions of N rows, ``[N, K]``; ``sigma`` is None where z is deterministic."""

    mean: NDArray[np.float32]
    sigma: NDArray[np.float32] | None


class LoadedRun:
    """A model, the preprocessing of its inputs, and the record of its training.

    Rows are raw, as they were in the data that it was trained on: a table with the columns of
    its inputs (a pandas or Arrow table, or a mapping from column to values), of texts also a list
    of strings, of images an array of pixels 0..255, ``[N, H, W]`` or ``[N, H, W, 3]``.
    """

    def __init__(self, saved: SavedModel, device: torch.device) -> None:
        self._saved = saved
        self._device = device

    @property
    def run(self) -> Run:
        """The record: settings, epochs, test metrics, versions."""
        return self._saved.run

    @property
    def model(self) -> torch.nn.Module:
        """The network: encoder, bottleneck, head."""
        return self._saved.model

    def predict(self, rows: Rows, samples: int = 0, seed: int = 0) -> pd.DataFrame:
        """What the model says of each row, as `vib predict` does: a column for each thing said.

        Args:
            rows: N raw rows.
            samples: 0 predicts from the mean of z; n averages over n draws of z.
            seed: of the draws.

        Raises:
            DataError: a column is missing, or rows cannot be read as the model's inputs.
        """
        saved = self._saved
        columns = saved.task.work.predict(
            saved.learner,
            self._prepared(rows),
            self._device,
            samples,
            seed,
            classes=saved.run.data.classes,
        )
        return pd.DataFrame(columns)

    def encode(self, rows: Rows) -> EncodedRows:
        """The latent distribution of each row.

        Raises:
            DataError: as `predict`.
            RunError: the model has no latent to look into.
        """
        x = torch.from_numpy(self._prepared(rows))
        found = list(codes(self._saved.model, x, self._device))
        sigmas = [code.sigma for code in found if code.sigma is not None]
        return EncodedRows(
            torch.cat([code.mean for code in found]).cpu().numpy(),
            torch.cat(sigmas).cpu().numpy() if sigmas else None,
        )

    def _prepared(self, rows: Rows) -> NDArray[Any]:
        table = self._table(rows)
        found = prepared(self._saved, table, "The rows")
        if len(found.x) < len(table):
            raise DataError(f"Fill what is missing in the rows, or remove them: {found.notes[0]}.")
        return found.x

    def _table(self, rows: Rows) -> pa.Table:
        about = self.run.data
        if isinstance(rows, np.ndarray):
            if about.kind != "image":
                raise DataError(f"An array stands for images; this run reads {about.kind} data.")
            return _images(rows)
        if isinstance(rows, pd.DataFrame):
            return pa.Table.from_pandas(rows, preserve_index=False)
        if isinstance(rows, pa.Table):
            return rows
        if isinstance(rows, Mapping):
            return pa.table({name: list(values) for name, values in rows.items()})
        if about.kind != "text":
            raise DataError(f"A list stands for texts; this run reads {about.kind} data.")
        return pa.table({about.inputs[0]: list(rows)})


def load_run(
    reference: str | Path = "latest", results: str | Path = "results", device: str = "auto"
) -> LoadedRun:
    """Load the model of a complete run.

    Args:
        reference: a run: the path of its folder, its id, a unique prefix of it, or ``latest``.
        results: the folder of all runs.
        device: ``auto`` or a PyTorch device.

    Raises:
        RunError: there is no such run, several fit, it is not complete, or a file is damaged.
    """
    target = Machine(device).start()
    return LoadedRun(load_model(find_run(Path(results), str(reference)), target), target)


def _images(pixels: NDArray[Any]) -> pa.Table:
    """Pixels ``[N, H, W]`` or ``[N, H, W, 3]`` as records of PNG images."""
    from io import BytesIO

    from PIL import Image

    if pixels.dtype != np.uint8 or pixels.ndim not in (3, 4):
        raise DataError(
            "Images are pixels 0..255 (uint8), [N, H, W] or [N, H, W, 3], not "
            f"{pixels.dtype} {list(pixels.shape)}."
        )
    records = []
    for picture in pixels:
        file = BytesIO()
        Image.fromarray(picture).save(file, format="PNG")
        records.append({"bytes": file.getvalue(), "path": None})
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    return pa.table({"image": pa.array(records, kind)})
