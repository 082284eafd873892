"""Noise on units, for training."""

import torch
from torch import Tensor


def dropout(h: Tensor, probability: float, rng: torch.Generator | None) -> Tensor:
    """h * m / (1 - p) with m ~ Bernoulli(1 - p) for each unit, so that the mean stays h.

    Srivastava et al. 2014, section 10. `torch.nn.functional.dropout` takes no generator.

    Args:
        h: units, of any shape.
        probability: p, that a unit is dropped; at least 0 and below 1.
        rng: source of m; ``None`` drops nothing, as in evaluation.

    Returns:
        shaped like ``h``.
    """
    if rng is None or not probability:
        return h
    kept = torch.empty_like(h).bernoulli_(1 - probability, generator=rng)
    return h * kept.div_(1 - probability)
