"""Fully connected encoder."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import torch
from torch import Tensor, nn

from vibcli.config.record import RunConfig
from vibcli.models.networks.dropout import dropout
from vibcli.models.networks.pixels import to_unit_range


class MLP(nn.Module):
    """Linear layers with ReLU; 784-1024-1024 is the encoder of Alemi et al. 2017, section 4.1.

    ``[B, ...]`` with ``inputs`` numbers each -> ``[B, widths[-1]]``. Every layer's units are
    dropped with probability ``dropout`` in training, the inputs never.
    """

    def __init__(self, inputs: int, widths: Sequence[int], dropout: float = 0.0) -> None:
        super().__init__()
        self.features = widths[-1]
        self.dropout = dropout
        layers: list[nn.Module] = []
        for before, after in pairwise((inputs, *widths)):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.layers = nn.Sequential(*layers)

    @classmethod
    def from_config(cls, config: RunConfig, shape: tuple[int, ...]) -> Self:
        """With ``widths`` and ``dropout``."""
        return cls(math.prod(shape), config.widths, config.dropout or 0.0)

    def forward(self, x: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """``[B, ...]`` -> ``[B, widths[-1]]``; ``rng`` draws what is dropped."""
        h = to_unit_range(x).flatten(1)
        for layer in self.layers:
            h = layer(h)
            if isinstance(layer, nn.ReLU):
                h = dropout(h, self.dropout, rng)
        return h
