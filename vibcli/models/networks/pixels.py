"""From stored pixels to network input."""

import torch
from torch import Tensor


def to_unit_range(x: Tensor) -> Tensor:
    """Pixels 0..255 (uint8) -> [-1, 1], as in Alemi et al. 2017; other inputs pass unchanged."""
    return x.float() / 127.5 - 1 if x.dtype == torch.uint8 else x
