"""Small data and small models that train in milliseconds."""

import torch
from torch import Tensor

from vibcli import build
from vibcli.config import resolve
from vibcli.objectives import Objective
from vibcli.train import Rows

CPU = torch.device("cpu")
INPUTS, CLASSES = 6, 3


def rows(n: int = 90, seed: int = 0) -> Rows:
    """Three Gaussian clouds, one for each class, that overlap a little."""
    rng = torch.Generator().manual_seed(seed)
    centres = torch.randn(CLASSES, INPUTS, generator=torch.Generator().manual_seed(99))
    y = torch.arange(n) % CLASSES
    return Rows(centres[y] + 0.8 * torch.randn(n, INPUTS, generator=rng), y)


def model(variant: str = "vib", seed: int = 0, **settings: object) -> Objective:
    """A classifier of ``rows``: 6-16-4-3 unless the settings say otherwise."""
    config = resolve(variant, "tabular", {"widths": (16,), "latent": 4, "lr": 1e-2, **settings})
    return build.model(config, (INPUTS,), CLASSES, seed, CPU)


def weights(module: torch.nn.Module) -> dict[str, Tensor]:
    """A copy of all weights."""
    return {name: value.detach().clone() for name, value in module.named_parameters()}
