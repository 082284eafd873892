"""The contract of an encoder."""

from typing import TYPE_CHECKING, Protocol, Self

import torch
from torch import Tensor

if TYPE_CHECKING:
    from vibcli.config.record import RunConfig


class Encoder(Protocol):
    """Inputs ``[B, ...]`` -> features ``[B, F]``."""

    features: int  # F

    @classmethod
    def from_config(cls, config: "RunConfig", shape: tuple[int, ...]) -> Self:
        """The encoder that ``config`` describes, for inputs of this shape."""
        ...

    def __call__(self, x: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """``rng`` draws what is dropped, in training."""
        ...
