"""Samples of an autoencoder: draws from the prior, decoded."""

import torch
from torch import Tensor

from vibcli import randomness
from vibcli.evaluation.energy import energy_coefficient
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.tasks.autoencoding.bounds import likelihood_of

COMPARED = 2000  # samples, and rows of data, at most


@torch.inference_mode()
def prior_samples(
    model: BottleneckLearner, count: int, device: torch.device | str, seed: int = 0
) -> Tensor:
    """E[x|z] of ``count`` draws z ~ N(0, I): ``[count, D]``."""
    rng = randomness.generator("cpu", seed, "prior samples")
    z = torch.randn(count, model.bottleneck.latent, generator=rng).to(device)
    return decode_latents(model, z)


@torch.inference_mode()
def decode_latents(model: BottleneckLearner, z: Tensor) -> Tensor:
    """E[x|z] of an autoencoder: latents ``[..., K]`` -> ``[..., D]``."""
    return likelihood_of(model).mean(model.head(z))


@torch.inference_mode()
def sample_energy(
    model: BottleneckLearner, x: Tensor, device: torch.device | str, seed: int = 0
) -> float | None:
    """`energy_coefficient` of prior samples and the rows ``x``, ``[N, ...]`` as prepared.

    None for units, which have no normal prior, for texts, whose samples are probabilities and not
    texts, and where there is one row alone.
    """
    likelihood = likelihood_of(model)
    if model.bottleneck.bounded or likelihood.of_words or len(x) < 2:
        return None
    rng = randomness.generator("cpu", seed, "rows compared")
    rows = torch.randperm(len(x), generator=rng)[:COMPARED]
    data = likelihood.observed(x[rows].to(device))  # grey values, as samples have them
    return energy_coefficient(prior_samples(model, len(rows), device, seed), data)
