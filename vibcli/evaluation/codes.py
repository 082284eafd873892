"""The latent distributions of rows."""

from collections.abc import Iterator

import torch
from torch import Tensor

from vibcli import randomness
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.bottlenecks import Code

BATCH = 128
AT_A_TIME = 32  # draws of z: what they take of memory, and the wait for Ctrl-C, stay small


@torch.inference_mode()
def codes(model: BottleneckLearner, x: Tensor, device: torch.device | str) -> Iterator[Code]:
    """The latent distributions of the rows of ``x``, batch by batch, without gradient."""
    model.eval()
    pixels = randomness.generator(device, 0, "evaluation pixels")
    for batch in torch.split(x, BATCH):
        yield model.encode(model.target.view(batch.to(device), pixels))


def draws(code: Code, samples: int, noise: torch.Generator) -> Iterator[Tensor]:
    """``samples`` latents of each row, some ``[s, B, K]`` at a time; the mean itself where 0."""
    yield code.draw(min(samples, AT_A_TIME), noise)
    if code.sigma is not None:
        for done in range(AT_A_TIME, samples, AT_A_TIME):
            yield code.draw(min(AT_A_TIME, samples - done), noise)


def means(model: BottleneckLearner, x: Tensor, device: torch.device | str) -> Tensor:
    """Means of the codes of the rows of ``x``: ``[N, ...]`` -> ``[N, K]`` on ``device``."""
    return torch.cat([code.mean for code in codes(model, x, device)])
