"""A model of a run on disk, and what it said of the test part."""

import json
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import torch
from safetensors import SafetensorError

from vibcli.data.prepare import MODALITIES, Part, Preprocessor
from vibcli.errors import RunError
from vibcli.files import write_atomically, write_text
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.learner import Learner, State
from vibcli.runs.tensors import load_tensors, save_tensors
from vibcli.store.records import Run
from vibcli.store.rundir import RunDir
from vibcli.tasks.find import task_of
from vibcli.tasks.task import Task
from vibcli.tasks.work import RowPredictions


def save_model(folder: RunDir, weights: State, kind: str, preprocessor: Preprocessor) -> None:
    """Write what is needed to use the model on raw input again."""
    content = {"kind": kind, **preprocessor.state()}
    write_text(folder.preprocessing, json.dumps(content, ensure_ascii=False))
    save_tensors(folder.model, weights, {})


class SavedModel(NamedTuple):
    """What was learnt, the preprocessing of its inputs, and the run it comes from."""

    learner: Learner
    preprocessor: Preprocessor
    run: Run

    @property
    def model(self) -> BottleneckLearner:
        """The learner, as one that has a latent to look into.

        Raises:
            RunError: it has none.
        """
        if not isinstance(self.learner, BottleneckLearner):
            raise RunError(f"{self.run.id} has no latent to look into.")
        return self.learner

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.model.parameters()).device

    @property
    def task(self) -> Task:
        """What it has learnt."""
        return task_of(self.run.config)


def load_model(folder: RunDir, device: torch.device) -> SavedModel:
    """Read a complete run's model, in evaluation mode.

    Raises:
        RunError: the run is not complete, or one of its files is damaged.
    """
    run = folder.read()
    if run.status != "complete":
        raise RunError(f"The run {run.id} is {run.status}, so it has no model to use.")
    try:
        content = json.loads(folder.preprocessing.read_text(encoding="utf-8"))
        preprocessor = MODALITIES[content["kind"]].preprocessor.from_state(content)
        weights, _ = load_tensors(folder.model)
        classes = len(run.data.classes)
        work = task_of(run.config).work
        learner = work.build(run.config, preprocessor.shape, classes, run.seed, device)
        learner.load_weights(weights)
        if isinstance(learner, torch.nn.Module):
            learner.eval()
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise RunError(
            f"The model of {run.id} cannot be read: a file in {folder.path} is missing or "
            f"damaged ({reason}). Train it again with --fresh."
        ) from None
    return SavedModel(learner, preprocessor, run)


def save_predictions(
    folder: RunDir, part: Part, outcome: RowPredictions, classes: tuple[str, ...]
) -> None:
    """Write number and label of each row of a part, and what the model says of it."""
    from pyarrow import parquet

    columns: dict[str, Any] = {
        "split": [part.split] * len(part.y),
        "row": part.rows,
        "label": np.asarray(classes, dtype=object)[part.y] if classes else part.y,
    }
    table = pa.table(columns | outcome.columns(classes))
    write_atomically(folder.predictions, lambda path: parquet.write_table(table, path))
