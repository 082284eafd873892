"""The diagonal Gaussian: draws, rate, log density and the paths between two latents.

Every function is pure. Shapes: ``[..., K]`` means any leading axes and K latent dimensions.
Information is measured in nats.
"""

import math

import torch
from torch import Tensor


def sample(mean: Tensor, sigma: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Draw z = mean + sigma * eps with eps ~ N(0, I), differentiable in mean and sigma.

    The reparameterisation trick (Kingma & Welling 2014, section 2.4).

    Args:
        mean: ``[..., K]``.
        sigma: standard deviation, shaped like ``mean``.
        generator: source of eps; ``None`` takes PyTorch's own.

    Returns:
        z, shaped like ``mean``.

    >>> sample(torch.zeros(2, 3), torch.zeros(2, 3)).tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    eps = torch.randn(mean.shape, generator=generator, device=mean.device, dtype=mean.dtype)
    return mean + sigma * eps


def kl_standard_normal(mean: Tensor, sigma: Tensor) -> Tensor:
    """KL(N(mean, diag sigma^2) || N(0, I)) in nats, summed over the latent dimensions.

    0.5 * sum_k (mean_k^2 + sigma_k^2 - 1 - log sigma_k^2)
    (Kingma & Welling 2014, appendix B).

    Args:
        mean: ``[..., K]``.
        sigma: standard deviation > 0, shaped like ``mean``.

    Returns:
        ``[...]``, one rate for each example.

    >>> round(kl_standard_normal(torch.ones(1), torch.ones(1)).item(), 6)
    0.5
    """
    return 0.5 * (mean.square() + sigma.square() - 1 - 2 * sigma.log()).sum(-1)


def log_standard_normal(z: Tensor) -> Tensor:
    """Log density of z under the prior N(0, I), in nats: ``[..., K]`` -> ``[...]``.

    >>> round(log_standard_normal(torch.zeros(2)).item(), 4)
    -1.8379
    """
    return -0.5 * (z.square().sum(-1) + z.shape[-1] * math.log(2 * math.pi))


def log_normal(z: Tensor, mean: Tensor, sigma: Tensor) -> Tensor:
    """Log density of z under N(mean, diag sigma^2), in nats: ``[..., K]`` each -> ``[...]``.

    >>> z = torch.tensor([3.0, 1.0])
    >>> round(log_normal(z, torch.tensor([1.0, 1.0]), torch.tensor([2.0, 1.0])).item(), 4)
    -3.031
    """
    return log_standard_normal((z - mean) / sigma) - sigma.log().sum(-1)


def linear_path(start: Tensor, end: Tensor, positions: Tensor) -> Tensor:
    """Walk (1 - a) start + a end for a in ``positions``: ``[K], [K], [S]`` -> ``[S, K]``.

    Between independent draws of N(0, I) the midpoint has variance 1/2 per dimension.
    """
    a = positions[:, None]
    return (1 - a) * start + a * end


def spherical_path(start: Tensor, end: Tensor, positions: Tensor) -> Tensor:
    """Walk start cos t + end sin t with t = a pi/2: ``[K], [K], [S]`` -> ``[S, K]``.

    If the ends are independent draws of N(0, I), so is every point between them.
    """
    t = positions[:, None] * (math.pi / 2)
    return start * t.cos() + end * t.sin()


def slerp_path(start: Tensor, end: Tensor, positions: Tensor) -> Tensor:
    """Walk the great circle: ``[K], [K], [S]`` -> ``[S, K]`` (White 2016, section 2.1).

    (sin((1 - a) w) start + sin(a w) end) / sin w, w the angle between the ends. Ends of equal
    norm keep that norm. Parallel ends give the linear walk; opposite ends have no unique great
    circle, and the walk is linear there too.
    """
    cosine = torch.nn.functional.cosine_similarity(start, end, dim=0).clamp(-1, 1)
    angle = torch.arccos(cosine)
    if angle.sin().abs() < 1e-4:
        return linear_path(start, end, positions)
    a = positions[:, None]
    return (((1 - a) * angle).sin() * start + (a * angle).sin() * end) / angle.sin()


PATHS = {"linear": linear_path, "spherical": spherical_path, "slerp": slerp_path}
