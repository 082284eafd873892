"""Tensors of a run on disk: the checkpoint while it trains, the model when it is done.

Only safetensors and JSON are written and read, never a pickle.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from vibcli.data import MODALITIES, Part, Preprocessor
from vibcli.errors import RunError
from vibcli.evaluation.elbo import Bounds
from vibcli.evaluation.evaluate import Predictions
from vibcli.files import write_atomically, write_text
from vibcli.models import build
from vibcli.models.objectives import Objective
from vibcli.models.objectives.objective import below
from vibcli.store.records import Epoch, Run
from vibcli.store.runs import RunDir

Tensors = dict[str, Tensor]

EPOCHS = TypeAdapter(tuple[Epoch, ...])


class Checkpoint(NamedTuple):
    """Everything a training needs to go on: its epochs so far, its state, the best weights."""

    epochs: tuple[Epoch, ...]
    state: Tensors
    best: Tensors


def save_checkpoint(folder: RunDir, checkpoint: Checkpoint) -> None:
    """Write the checkpoint as one file, so that its parts always belong together."""
    tensors = {f"state.{k}": v for k, v in checkpoint.state.items()}
    tensors |= {f"best.{k}": v for k, v in checkpoint.best.items()}
    epochs = EPOCHS.dump_json(checkpoint.epochs).decode()
    _save_tensors(folder.checkpoint, tensors, {"epochs": epochs})


def load_checkpoint(folder: RunDir) -> Checkpoint | None:
    """Read the checkpoint; None where there is none or it is damaged, so training starts anew."""
    try:
        tensors, metadata = _load_tensors(folder.checkpoint)
        epochs = EPOCHS.validate_json(metadata["epochs"])
    except (OSError, SafetensorError, KeyError, ValueError):
        return None
    return Checkpoint(epochs, below("state.", tensors), below("best.", tensors))


def save_model(folder: RunDir, weights: Tensors, kind: str, preprocessor: Preprocessor) -> None:
    """Write what is needed to use the model on raw input again."""
    content = {"kind": kind, **preprocessor.state()}
    write_text(folder.preprocessing, json.dumps(content, ensure_ascii=False))
    _save_tensors(folder.model, weights, {})


class SavedModel(NamedTuple):
    """A model in evaluation mode, the preprocessing of its inputs, and the run it comes from."""

    model: Objective
    preprocessor: Preprocessor
    run: Run


def load_model(folder: RunDir, device: torch.device) -> SavedModel:
    """Read a complete run's model.

    Raises:
        RunError: the run is not complete, or one of its files is damaged.
    """
    run = folder.read()
    if run.status != "complete":
        raise RunError(f"The run {run.id} is {run.status}, so it has no model to use.")
    try:
        content = json.loads(folder.preprocessing.read_text(encoding="utf-8"))
        preprocessor = MODALITIES[content["kind"]].preprocessor.from_state(content)
        weights, _ = _load_tensors(folder.model)
        classes = len(run.data.classes)
        model = build.model(run.config, preprocessor.shape, classes, run.seed, device)
        model.load_state_dict(weights)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise RunError(
            f"The model of {run.id} cannot be read: a file in {folder.path} is missing or "
            f"damaged ({reason}). Train it again with --fresh."
        ) from None
    model.eval()
    return SavedModel(model, preprocessor, run)


def save_predictions(
    folder: RunDir, part: Part, predictions: Predictions | Bounds, classes: tuple[str, ...]
) -> None:
    """Write row and label of each row of a part, and what `prediction_columns` gives."""
    from pyarrow import parquet

    columns: dict[str, Any] = {
        "split": [part.split] * len(part.y),
        "row": part.rows,
        "label": np.asarray(classes, dtype=object)[part.y],
    }
    table = pa.table(columns | prediction_columns(predictions, classes))
    write_atomically(folder.predictions, lambda path: parquet.write_table(table, path))


def prediction_columns(
    predictions: Predictions | Bounds, classes: tuple[str, ...]
) -> dict[str, Any]:
    """Probability of each class and rate; of an autoencoder distortion, rate and bounds."""
    if isinstance(predictions, Bounds):
        columns: dict[str, Any] = {
            "distortion_nats": predictions.distortion,
            "rate_nats": predictions.rates,
            "elbo_nats": predictions.elbo,
            "iwae_nats": predictions.iwae,
        }
        return {name: values for name, values in columns.items() if values is not None}
    probabilities = np.exp(predictions.log_probabilities)
    columns = {f"p({name})": probabilities[:, i] for i, name in enumerate(classes)}
    if predictions.rates is not None:
        columns["rate_nats"] = predictions.rates
    return columns


def _save_tensors(path: Path, tensors: Tensors, metadata: dict[str, str]) -> None:
    content = save({k: v.contiguous() for k, v in tensors.items()}, metadata)
    write_atomically(path, lambda temporary: temporary.write_bytes(content))


def _load_tensors(path: Path) -> tuple[Tensors, dict[str, str]]:
    with safe_open(path, framework="pt") as file:  # on the CPU: not every device has float64
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return tensors, file.metadata() or {}
