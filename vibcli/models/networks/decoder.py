"""From a latent to what is predicted of the input."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


class Decoder(nn.Module):
    """Linear layers with ReLU between them: latents ``[..., K]`` -> outputs ``[..., D]``."""

    def __init__(self, latent: int, widths: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.outputs = outputs
        layers: list[nn.Module] = []
        for before, after in pairwise((latent, *widths)):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear((latent, *widths)[-1], outputs))

    def forward(self, z: Tensor) -> Tensor:
        """``[..., K]`` -> ``[..., D]``."""
        outputs: Tensor = self.layers(z)
        return outputs
