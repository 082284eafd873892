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
    """Walk (1 - a) start + a end for a in ``positions``.

    ``[..., K], [..., K], [S]`` -> ``[S, ..., K]``, ends of the same shape.
    Between independent draws of N(0, I) the midpoint has variance 1/2 per dimension.
    """
    return _weighted(start, end, *_linear(positions))


def spherical_path(start: Tensor, end: Tensor, positions: Tensor) -> Tensor:
    """Walk start cos t + end sin t with t = a pi/2: shapes as `linear_path`.

    If the ends are independent draws of N(0, I), so is every point between them.
    """
    return _weighted(start, end, *_spherical(positions))


def slerp_path(start: Tensor, end: Tensor, positions: Tensor) -> Tensor:
    """Walk the great circle: shapes as `linear_path` (White 2016, section 2.1).

    (sin((1 - a) w) start + sin(a w) end) / sin w, w the angle between the ends. Ends of equal
    norm keep that norm. Parallel ends give the linear walk; opposite ends have no unique great
    circle, and the walk is linear there too.
    """
    angle = torch.cosine_similarity(start, end, dim=-1).clamp(-1, 1).arccos()[..., None]
    sine = angle.sin()
    straight = sine < 1e-4
    a = positions.reshape(-1, *(1,) * start.dim())  # [S, 1, ..., 1]
    weights = ((1 - a) * angle).sin() / sine, (a * angle).sin() / sine  # [S, ..., 1]
    return torch.where(
        straight, linear_path(start, end, positions), weights[0] * start + weights[1] * end
    )


PATHS = {"linear": linear_path, "spherical": spherical_path, "slerp": slerp_path}


def path_variance(mode: str, positions: Tensor, variance: float = 1.0) -> Tensor:
    """Variance per dimension along a walk between independent ends: ``[S]`` -> ``[S]``.

    Var(u z1 + v z2) = variance (u^2 + v^2), u and v the weights of the walk: (1 - a)^2 + a^2 along
    the linear walk and 1 along the spherical one. Slerp has no such formula, for its weights
    depend on the ends.

    Args:
        mode: ``"linear"`` or ``"spherical"``.
        positions: a in 0..1.
        variance: of each end.

    >>> path_variance("linear", torch.tensor([0.0, 0.5])).tolist()
    [1.0, 0.5]
    """
    u, v = WEIGHTS[mode](positions)
    return variance * (u.square() + v.square())


def _linear(positions: Tensor) -> tuple[Tensor, Tensor]:
    return 1 - positions, positions


def _spherical(positions: Tensor) -> tuple[Tensor, Tensor]:
    t = positions * (math.pi / 2)
    return t.cos(), t.sin()


WEIGHTS = {"linear": _linear, "spherical": _spherical}


def _weighted(start: Tensor, end: Tensor, u: Tensor, v: Tensor) -> Tensor:
    shape = (-1, *(1,) * start.dim())  # [S, 1, ..., 1]
    return u.reshape(shape) * start + v.reshape(shape) * end
