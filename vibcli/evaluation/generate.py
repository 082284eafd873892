"""Samples of an autoencoder: draws from the prior, decoded."""

import torch
from torch import Tensor

from vibcli import randomness
from vibcli.evaluation.energy import energy_coefficient
from vibcli.models.bottlenecks import Units
from vibcli.models.likelihoods import Multinomial
from vibcli.models.objectives import Inputs, Objective

COMPARED = 2000  # samples, and rows of data, at most


@torch.inference_mode()
def prior_samples(model: Objective, count: int, device: torch.device, seed: int = 0) -> Tensor:
    """E[x|z] of ``count`` draws z ~ N(0, I): ``[count, D]``."""
    rng = randomness.generator("cpu", seed, "prior samples")
    z = torch.randn(count, model.bottleneck.latent, generator=rng).to(device)
    return decode(model, z)


@torch.inference_mode()
def decode(model: Objective, z: Tensor) -> Tensor:
    """E[x|z] of an autoencoder: latents ``[..., K]`` -> ``[..., D]``."""
    assert isinstance(model.target, Inputs)
    return model.target.likelihood.mean(model.head(z))


@torch.inference_mode()
def sample_energy(model: Objective, x: Tensor, device: torch.device, seed: int = 0) -> float | None:
    """`energy_coefficient` of prior samples and the rows ``x``, ``[N, ...]`` as prepared.

    None for units, which have no normal prior, for texts, whose samples are probabilities and not
    texts, and where there is one row alone.
    """
    target = model.target
    assert isinstance(target, Inputs)
    unfit = isinstance(model.bottleneck, Units) or isinstance(target.likelihood, Multinomial)
    if unfit or len(x) < 2:
        return None
    rng = randomness.generator("cpu", seed, "rows compared")
    rows = torch.randperm(len(x), generator=rng)[:COMPARED]
    data = target.likelihood.observed(x[rows].to(device))  # grey values, as samples have them
    return energy_coefficient(prior_samples(model, len(rows), device, seed), data)
