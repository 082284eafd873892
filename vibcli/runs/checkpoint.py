"""Everything that a training needs to go on, in one file, so that its parts belong together."""

from typing import NamedTuple

from pydantic import TypeAdapter
from safetensors import SafetensorError

from vibcli.models.bottleneck_learner import below
from vibcli.models.learner import State
from vibcli.runs.tensors import load_tensors, save_tensors
from vibcli.store.records import Epoch
from vibcli.store.rundir import RunDir

EPOCHS = TypeAdapter(tuple[Epoch, ...])


class Checkpoint(NamedTuple):
    """The epochs so far, the training's state, the best weights."""

    epochs: tuple[Epoch, ...]
    state: State
    best: State


def save_checkpoint(folder: RunDir, checkpoint: Checkpoint) -> None:
    """Write the checkpoint."""
    tensors = {f"state.{k}": v for k, v in checkpoint.state.items()}
    tensors |= {f"best.{k}": v for k, v in checkpoint.best.items()}
    epochs = EPOCHS.dump_json(checkpoint.epochs).decode()
    save_tensors(folder.checkpoint, tensors, {"epochs": epochs})


def load_checkpoint(folder: RunDir) -> Checkpoint | None:
    """Read the checkpoint; None where there is none or it is damaged, so training starts anew."""
    try:
        tensors, metadata = load_tensors(folder.checkpoint)
        epochs = EPOCHS.validate_json(metadata["epochs"])
    except (OSError, SafetensorError, KeyError, ValueError):
        return None
    return Checkpoint(epochs, below("state.", tensors), below("best.", tensors))
