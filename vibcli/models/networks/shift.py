"""Pictures moved about, for training."""

import torch
from torch import Tensor
from torch.nn import functional as F


def shift(x: Tensor, pixels: int, rng: torch.Generator | None) -> Tensor:
    """Move each picture by whole pixels, each way by an amount uniform in -``pixels``..``pixels``.

    What comes in at the edge is 0, black where pixels are 0..255. This tells the network which
    pixels are neighbours: results with it are no longer those of the permutation-invariant
    setting (Simard et al. 2003, section 2, on what such copies are worth).

    Args:
        x: ``[B, C, H, W]``.
        pixels: the most that a picture moves along an axis.
        rng: source of the amounts; ``None`` moves nothing, as in evaluation.

    Returns:
        shaped like ``x``.
    """
    if rng is None or not pixels:
        return x
    count, _, height, width = x.shape
    wide = F.pad(x, (pixels,) * 4)  # [B, C, H + 2p, W + 2p]
    down, right = torch.randint(2 * pixels + 1, (2, count, 1), generator=rng, device=x.device)
    rows = down + torch.arange(height, device=x.device)  # [B, H]
    columns = right + torch.arange(width, device=x.device)  # [B, W]
    batch = torch.arange(count, device=x.device)[:, None, None]
    moved = wide[batch, :, rows[:, :, None], columns[:, None, :]]  # [B, H, W, C]
    return moved.movedim(-1, 1)
