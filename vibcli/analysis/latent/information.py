"""How much a noisy latent holds about its input, from the mixture of all rows.

p(z|x_i) = N(mean_i, diag sigma_i^2) for rows i = 1..N; the aggregate posterior is their mixture
p(z) = 1/N sum_i p(z|x_i), always of all the N rows, and the prior q(z) is N(0, I). With
KL_k the divergence of the marginal p(z_k) from q(z_k) and TC = KL(p(z) || prod_k p(z_k)),

    rate = I(X;Z) + gap = I(X;Z) + TC + sum_k KL_k

(Hoffman & Johnson 2016, "ELBO surgery"; Chen et al. 2018, "Isolating sources of disentanglement",
eq. 2). X is here one of the N rows, each as likely as the others. Everything is in nats and
computed in double precision on the CPU.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vibcli.models import gaussian

DRAWS = 4096
BLOCK = 2**17  # densities at once, so that they stay in the processor's cache


class MonteCarlo(NamedTuple):
    """A mean over draws and its standard error, taking the draws as independent."""

    mean: float
    error: float


class Draws(NamedTuple):
    """z = mean + sigma * eps of the rows ``rows`` ``[M]``, with ``eps`` ``[M, K]``."""

    rows: Tensor
    eps: Tensor


class Densities(NamedTuple):
    """Log densities of M draws: of the row it is from, and of the sum over all others."""

    own: Tensor  # [M], log p(z_m|x_i), i the row that z_m is drawn from
    others: Tensor  # [M], log sum_{j != i} p(z_m|x_j)
    rows: int  # N

    @property
    def mixture(self) -> Tensor:
        """log p(z) = log 1/N sum_j p(z|x_j), ``[M]``."""
        return torch.logaddexp(self.own, self.others) - math.log(self.rows)

    @property
    def leave_one_out(self) -> Tensor:
        """log 1/(N-1) sum_{j != i} p(z|x_j), ``[M]``."""
        return self.others - math.log(self.rows - 1)


class Information(NamedTuple):
    """What the latent of N rows holds, in nats.

    ``mutual_nats`` is I(X;Z) of the rows at hand, at most ``cap_nats`` = log N. Of the
    distribution that they are a sample of it is a lower bound, InfoNCE with the known
    conditional; ``upper_nats`` is the leave-one-out upper bound, both in expectation over samples.
    """

    rows: int
    draws: int
    rate_nats: float
    mutual_nats: MonteCarlo
    upper_nats: MonteCarlo
    cap_nats: float
    gap_nats: MonteCarlo
    total_correlation_nats: MonteCarlo
    dimensionwise_nats: MonteCarlo
    residual_nats: MonteCarlo  # I(X;Z) + gap - rate, 0 but for the draws
    marginal_nats: tuple[float, ...]  # [K], KL(p(z_k) || N(0, 1))

    @property
    def saturated(self) -> bool:
        """Whether the rate is above what the rows could tell."""
        return self.rate_nats > self.cap_nats


def draw_mixture(mean: Tensor, count: int, generator: torch.Generator) -> Draws:
    """At least ``count`` draws of the mixture, as many of each row; of more rows, ``count``.

    Args:
        mean: ``[N, K]``.
        count: rows are not drawn more than once where there are so many, else all equally often.
        generator: of the rows and of eps, on the CPU.
    """
    rows = torch.randperm(len(mean), generator=generator)[:count]
    rows = rows.repeat(-(-count // len(rows)))
    eps = torch.randn((len(rows), mean.shape[1]), generator=generator, dtype=torch.float64)
    return Draws(rows, eps)


def log_densities(draws: Draws, mean: Tensor, sigma: Tensor) -> Densities:
    """Log densities of draws under all N rows, in nats.

    The density of the row itself comes from eps, without rounding. Means are centred, so that
    rounding matters only where sigma is below 1e-7 of their spread.

    Args:
        draws: M of them.
        mean: ``[N, K]``.
        sigma: ``[N, K]``, above 0.
    """
    mean, sigma = (mean - mean.mean(0)).double(), sigma.double()
    z = mean[draws.rows] + sigma[draws.rows] * draws.eps
    own = gaussian.log_standard_normal(draws.eps) - sigma.log().sum(1)[draws.rows]
    return Densities(own, _log_sums(z, mean, sigma, without=draws.rows), len(mean))


def _log_sums(z: Tensor, mean: Tensor, sigma: Tensor, without: Tensor | None = None) -> Tensor:
    """log sum_j N(z; mean_j, sigma_j^2) of each z: ``[M, K], [N, K], [N, K]`` -> ``[M]``.

    log N(z; ...) is the product of (z^2, z, 1) with (-1/(2 sigma^2), mean/sigma^2, c), so that
    all pairs are one matrix product. ``without`` ``[M]`` leaves out one j of each z.
    """
    precision = sigma**-2
    constant = (gaussian.log_standard_normal(mean / sigma) - sigma.log().sum(1))[:, None]
    weights = torch.cat([-precision / 2, mean * precision, constant], 1).T.contiguous()
    powers = torch.cat([z.square(), z, torch.ones_like(z[:, :1])], 1)  # [M, 2K + 1]
    # a wide product takes longer to read the weights than to leave the cache
    size = max(1, BLOCK * min(mean.shape[1], 32) // len(mean))
    sums = []
    for start in range(0, len(z), size):
        logs = powers[start : start + size] @ weights  # [B, N]
        if without is not None:
            logs[torch.arange(len(logs)), without[start : start + size]] = -math.inf
        sums.append(logs.logsumexp(1))
    return torch.cat(sums)


def log_marginal(z: Tensor, mean: Tensor, sigma: Tensor) -> Tensor:
    """Log density of the mixture's marginal in one dimension: ``[M], [N], [N]`` -> ``[M]``.

    Where sigma is not so small that it would take more points than M, the density is computed at
    points an eighth of the smallest sigma apart, and log p(z) between them by a cubic spline,
    whose error is below 1e-4 nats.
    """
    from scipy.interpolate import CubicSpline

    centre = mean.mean()
    z, mean, sigma = (z - centre).double(), (mean - centre).double(), sigma.double()
    low, high = float(z.min()), float(z.max())
    nodes = 8 * (high - low) / float(sigma.min()) + 4
    at = torch.linspace(low, high, math.ceil(nodes), dtype=z.dtype) if nodes < len(z) else z
    logs = _log_sums(at[:, None], mean[:, None], sigma[:, None]) - math.log(len(mean))
    if at is z:
        return logs
    return torch.from_numpy(CubicSpline(at.numpy(), logs.numpy())(z.numpy()))


def information(
    mean: Tensor, sigma: Tensor, generator: torch.Generator, draws: int = DRAWS
) -> Information:
    """Rate, I(X;Z) with its bounds, marginal gap and total correlation of N rows.

    I(X;Z) is the mean over draws z ~ p(z|x_i) of log p(z|x_i) - log 1/N sum_j p(z|x_j). It is
    that of the N rows, and cannot exceed log N; the upper bound leaves out j = i (both in Poole
    et al. 2019, "On variational bounds of mutual information"). The gap, KL(p(z) || q(z)), TC
    and KL_k are means over the same draws, so that the decomposition holds draw by draw.
    ``residual_nats`` compares with the rate in closed form; log p(z) is in I(X;Z) and in the gap
    with opposite signs, so the residual tells of the draws and the densities of the row and of
    the prior, not of that of the mixture.

    In expectation I(X;Z) of a sample is below that of its distribution, and its gap above: by as
    much as the upper bound is above I(X;Z), at most. So is TC, but for the bias of the marginals
    p(z_k), which is small where there are many more rows than one dimension needs.

    Args:
        mean: ``[N, K]``.
        sigma: ``[N, K]``, above 0.
        generator: of the draws, on the CPU.
        draws: M, at least.

    Raises:
        ValueError: fewer than two rows, or values that are not finite or not above 0.

    >>> far = torch.tensor([[-100.0], [100.0]])
    >>> found = information(far, torch.ones(2, 1), torch.Generator().manual_seed(0))
    >>> round(found.mutual_nats.mean / math.log(2), 6)
    1.0
    """
    if len(mean) < 2:
        raise ValueError(f"mean: expected two rows or more, got {len(mean)}.")
    if not (mean.isfinite().all() and sigma.isfinite().all() and (sigma > 0).all()):
        raise ValueError("mean and sigma: expected finite numbers, and sigma above 0.")
    mean, sigma = mean.double().cpu(), sigma.double().cpu()
    drawn = draw_mixture(mean, draws, generator)
    joint = log_densities(drawn, mean, sigma)
    mixture = joint.mixture  # [M]
    z = mean[drawn.rows] + sigma[drawn.rows] * drawn.eps
    marginals = torch.stack(
        [log_marginal(z[:, k], mean[:, k], sigma[:, k]) for k in range(mean.shape[1])], 1
    )  # [M, K]
    prior = gaussian.log_standard_normal(z[..., None])  # [M, K]
    rate = float(gaussian.kl_standard_normal(mean, sigma).mean())
    return Information(
        rows=len(mean),
        draws=len(drawn.rows),
        rate_nats=rate,
        mutual_nats=_mean(joint.own - mixture),
        upper_nats=_mean(joint.own - joint.leave_one_out),
        cap_nats=math.log(len(mean)),
        gap_nats=_mean(mixture - prior.sum(1)),
        total_correlation_nats=_mean(mixture - marginals.sum(1)),
        dimensionwise_nats=_mean((marginals - prior).sum(1)),
        residual_nats=_mean(joint.own - prior.sum(1) - rate),
        marginal_nats=tuple((marginals - prior).mean(0).tolist()),
    )


def _mean(values: Tensor) -> MonteCarlo:
    return MonteCarlo(float(values.mean()), float(values.std()) / math.sqrt(len(values)))
