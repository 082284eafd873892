"""What is predicted through a bottleneck: the contract that each task fulfils in its own way."""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from vibcli.data.prepare import Part
from vibcli.models.likelihoods import Likelihood


class View(NamedTuple):
    """What a model says at N points of its latent; what does not apply is None.

    Tensors are in double precision and on the CPU.
    """

    probabilities: Tensor | None = None  # [N, C], of classes
    prediction: Tensor | None = None  # [N], of a number, in the label's unit
    deviation: Tensor | None = None  # [N], of it
    values: Tensor | None = None  # [N, D], E[x|z], what is decoded
    entropy: Tensor | None = None  # [N], nats: of the class; of all pixels; of one word


class Target(Protocol):
    """A distortion of outputs, and what the outputs say."""

    @property
    def likelihood(self) -> Likelihood | None:
        """Of the input, where that is what is predicted."""
        ...

    def begin(self, head: nn.Module, part: Part) -> None:
        """Before the first step of all: learn what has to be known of the training part."""
        ...

    def labels(self, part: Part) -> Tensor:
        """The labels of a part as `losses` takes them, ``[N]``."""
        ...

    def view(self, x: Tensor, rng: torch.Generator | None) -> Tensor:
        """Inputs ``[B, ...]`` as the model sees them this time."""
        ...

    def losses(self, outputs: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and distortion of outputs ``[S, B, ...]`` in nats, scalars."""
        ...

    def terms(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """What else is measured of a step's outputs."""
        ...

    def look(self, outputs: Tensor) -> View:
        """What outputs ``[N, ...]`` say."""
        ...
