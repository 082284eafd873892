"""The contract of what is trained, whatever it is and wherever its experience comes from."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from vibcli.data.prepare import Part

Terms = dict[str, float]  # what a step measured, a mean over its batch; names end in units
State = dict[str, Tensor]


class Batch(NamedTuple):
    """Rows of one step: inputs ``[B, ...]`` and labels ``[B]``."""

    x: Tensor
    y: Tensor

    @property
    def size(self) -> int:
        """B, which weighs a step's terms."""
        return len(self.y)


class Experience(Protocol):
    """Where steps come from: rows in an order that is drawn anew, or an environment."""

    steps: int  # in an epoch

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch, counted from 1; the same for the same number."""
        ...


class Learner(Protocol):
    """Owns networks and any number of optimizers.

    It draws no order and no noise that it is not given, so a training that goes on from a saved
    state takes the same steps as one that was never interrupted.
    """

    position: float  # epochs trained; the loop sets it before each step

    def begin(self, training: Part) -> None:
        """Before the first step of all: learn what has to be known of the training part."""
        ...

    def start_epoch(self, epoch: int) -> None:
        """Get ready for an epoch, counted from 1."""
        ...

    def step(self, batch: Batch, rng: torch.Generator) -> Terms:
        """One step; where its loss is not finite nothing is updated, and the terms say so."""
        ...

    def at_end_of_epoch(self) -> Terms:
        """What is to be noted of an epoch beside the means of its terms."""
        ...

    def averaged(self) -> AbstractContextManager[None]:
        """For as long as the context lasts, the weights to evaluate with are in place."""
        ...

    def weights(self) -> State:
        """A copy of the weights in place."""
        ...

    def load_weights(self, weights: State) -> None:
        """Put weights in place."""
        ...

    def training_state(self) -> State:
        """Every tensor that the rest of the training depends on."""
        ...

    def load_training_state(self, state: State) -> None:
        """Go on from what `training_state` returned."""
        ...
