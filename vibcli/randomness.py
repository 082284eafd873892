"""Independent random streams from one seed, each named by what it is for."""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def derive(seed: int, *purpose: str | int) -> int:
    """Seed of the stream ``purpose``: 63 bits that depend on all the arguments.

    >>> derive(0, "order", 1) == derive(0, "order", 1) != derive(0, "order", 2)
    True
    """
    text = "/".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(device: "torch.device | str", seed: int, *purpose: str | int) -> "torch.Generator":
    """PyTorch generator of the stream ``purpose`` on ``device``."""
    import torch

    return torch.Generator(device).manual_seed(derive(seed, *purpose))
