"""Fully connected encoder."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from vibcli.networks.pixels import to_unit_range


class MLP(nn.Module):
    """Linear layers with ReLU; 784-1024-1024 is the encoder of Alemi et al. 2017, section 4.1.

    ``[B, ...]`` with ``inputs`` numbers each -> ``[B, widths[-1]]``.
    """

    def __init__(self, inputs: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.features = widths[-1]
        layers: list[nn.Module] = []
        for before, after in pairwise((inputs, *widths)):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """``[B, ...]`` -> ``[B, widths[-1]]``."""
        return self.layers(to_unit_range(x).flatten(1))  # type: ignore[no-any-return]
