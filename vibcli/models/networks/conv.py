"""Convolutional encoder for images."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import torch
from torch import Tensor, nn

from vibcli.config.record import RunConfig
from vibcli.models.networks.dropout import dropout
from vibcli.models.networks.pixels import to_unit_range


class Conv(nn.Module):
    """3x3 convolutions with ReLU, each but the last followed by 2x2 max pooling, then 4x4 cells.

    Images ``[B, C, H, W]`` -> ``[B, channels[-1] * 16]``. The last maps are averaged into 4 x 4
    cells, so that any image size fits. In training these features are dropped with probability
    ``dropout``; maps are not, whose neighbours would tell what is missing.
    """

    def __init__(self, image_channels: int, channels: Sequence[int], dropout: float = 0.0) -> None:
        super().__init__()
        self.features = channels[-1] * 16
        self.dropout = dropout
        layers: list[nn.Module] = []
        for before, after in pairwise((image_channels, *channels)):
            layers += [
                nn.Conv2d(before, after, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2, ceil_mode=True),
            ]
        self.layers = nn.Sequential(*layers[:-1], nn.AdaptiveAvgPool2d(4), nn.Flatten())

    @classmethod
    def from_config(cls, config: RunConfig, shape: tuple[int, ...]) -> Self:
        """With ``channels`` and ``dropout``, for images ``(C, H, W)``."""
        return cls(shape[0], config.channels, config.dropout or 0.0)

    def forward(self, x: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """``[B, C, H, W]`` -> ``[B, features]``; ``rng`` draws what is dropped."""
        return dropout(self.layers(to_unit_range(x)), self.dropout, rng)
