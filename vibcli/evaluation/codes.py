"""The latent distributions of rows."""

from collections.abc import Iterator

import torch
from torch import Tensor

from vibcli import randomness
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.bottlenecks import Code

BATCH = 128


@torch.inference_mode()
def codes(model: BottleneckLearner, x: Tensor, device: torch.device | str) -> Iterator[Code]:
    """The latent distributions of the rows of ``x``, batch by batch, without gradient."""
    model.eval()
    pixels = randomness.generator(device, 0, "evaluation pixels")
    for batch in torch.split(x, BATCH):
        yield model.encode(model.target.view(batch.to(device), pixels))


def means(model: BottleneckLearner, x: Tensor, device: torch.device | str) -> Tensor:
    """Means of the codes of the rows of ``x``: ``[N, ...]`` -> ``[N, K]`` on ``device``."""
    return torch.cat([code.mean for code in codes(model, x, device)])
