"""Small data and small models that train in milliseconds."""

import torch
from torch import Tensor
from vibcli.config.variants import VARIANTS
from vibcli.models.objectives import Objective

from vibcli.config.record import resolve
from vibcli.models import build
from vibcli.runs.loop import Rows

CPU = torch.device("cpu")
INPUTS, CLASSES = 6, 3

AUTOENCODERS = [name for name, variant in VARIANTS.items() if variant.predicts_input]
CLASSIFIERS = [name for name in VARIANTS if name not in AUTOENCODERS]


def rows(n: int = 90, seed: int = 0) -> Rows:
    """Three Gaussian clouds, one for each class, that overlap a little."""
    rng = torch.Generator().manual_seed(seed)
    centres = torch.randn(CLASSES, INPUTS, generator=torch.Generator().manual_seed(99))
    y = torch.arange(n) % CLASSES
    return Rows(centres[y] + 0.8 * torch.randn(n, INPUTS, generator=rng), y)


def pixels(n: int = 90, size: int = 4, seed: int = 0) -> Rows:
    """Grey pictures of a bright row, one for each class, and noise."""
    rng = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % CLASSES
    x = 120 * torch.rand(n, 1, size, size, generator=rng)
    x[torch.arange(n), 0, y] += 130
    return Rows(x.to(torch.uint8), y)


def model(variant: str = "vib", seed: int = 0, **settings: object) -> Objective:
    """A model of ``rows``: 6-16-4, then 3 or 16-6, unless the settings say otherwise."""
    config = resolve(variant, "tabular", {"widths": (16,), "latent": 4, "lr": 1e-2, **settings})
    return build.model(config, (INPUTS,), CLASSES, seed, CPU)


def picture_model(variant: str = "vae", seed: int = 0, **settings: object) -> Objective:
    """A model of ``pixels``: 16-8-3, then 3 or 8-16."""
    config = resolve(variant, "image", {"widths": (8,), "latent": 3, "lr": 1e-2, **settings})
    return build.model(config, (1, 4, 4), CLASSES, seed, CPU)


def weights(module: torch.nn.Module) -> dict[str, Tensor]:
    """A copy of all weights."""
    return {name: value.detach().clone() for name, value in module.named_parameters()}
