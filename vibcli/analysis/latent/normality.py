"""How normal a latent is: moments, distance to N(0, I) and an energy test.

All of it is computed in double precision. Distances are in nats.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

SIMULATIONS = 199
ROWS = 1000  # of a sample that is tested
RANK = 1e-10  # smallest eigenvalue of a covariance, relative to the largest
CONSTANT = 1e-14  # variance that is rounding, relative to the mean square
STEP = 0.5  # of the quadrature of a mean distance
PRODUCT = "use_mm_for_euclid_dist"


class Moments(NamedTuple):
    """Of each unit ``[K]``; a unit that does not vary has no skewness nor excess kurtosis: nan."""

    mean: Tensor
    variance: Tensor
    skewness: Tensor
    kurtosis: Tensor


class GaussianGap(NamedTuple):
    """KL(N(m, S) || N(0, I)) in nats, and what of it means, variances and correlations cause."""

    total_nats: float
    means_nats: float
    variances_nats: float
    correlations_nats: float


class EnergyTest(NamedTuple):
    """Energy test that rows are drawn from a normal distribution.

    ``effect`` is 0 where they are and at most 1, whatever the number of rows; draws of the null
    hypothesis reach ``null`` once in twenty times.
    """

    effect: float
    null: float
    p: float
    rows: int
    dimensions: int
    simulations: int


def moments(mean: Tensor, sigma: Tensor | None = None) -> Moments:
    """Moments of the mixture of N(mean_i, diag sigma_i^2), or of the rows where sigma is None.

    With d_i = mean_i - m the central moments are E[d^2 + s^2], E[d^3 + 3 d s^2] and
    E[d^4 + 6 d^2 s^2 + 3 s^4]: exact, without draws.

    Args:
        mean: ``[N, K]``.
        sigma: ``[N, K]`` or None.
    """
    mean = mean.double()
    noise = torch.zeros(()) if sigma is None else sigma.double().square()
    centre = mean.mean(0)
    d = mean - centre
    variance = (d**2 + noise).mean(0)
    third = (d**3 + 3 * d * noise).mean(0)
    fourth = (d**4 + 6 * d**2 * noise + 3 * noise**2).mean(0)
    varies = variance > CONSTANT * (mean**2 + noise).mean(0)
    scale = torch.where(varies, variance, math.nan)
    return Moments(centre, variance, third / scale**1.5, fourth / scale**2 - 3)


def covariance(mean: Tensor, sigma: Tensor | None = None) -> Tensor:
    """Covariance ``[K, K]`` of the mixture: that of the means and the mean of sigma^2.

    Divided by N, as for `moments`.
    """
    d = (mean - mean.mean(0)).double()
    of_means = d.T @ d / len(d)
    return of_means if sigma is None else of_means + sigma.double().square().mean(0).diag()


def gaussian_gap(mean: Tensor, covariance: Tensor) -> GaussianGap:
    """KL(N(m, S) || N(0, I)) = 1/2 (m'm + tr S - K - log det S) in nats.

    Any p(z) with these moments is as far from N(0, I) as N(m, S) is and farther by KL(p(z) ||
    N(m, S)), its negentropy: what of the distance is neither mean nor covariance.
    It is the sum of 1/2 m'm, of 1/2 sum_k (S_kk - 1 - log S_kk) and of -1/2 log det R, R the
    correlations. The last is the total correlation of N(m, S). All but the means' part is
    infinite where S is singular.

    Args:
        mean: m, ``[K]``.
        covariance: S, ``[K, K]``.

    >>> round(gaussian_gap(torch.ones(2), torch.eye(2)).total_nats, 6)
    1.0
    """
    mean, covariance = mean.double(), covariance.double()
    variance = covariance.diagonal()
    means = float(mean.square().sum() / 2)
    variances = correlations = math.inf
    if (variance > 0).all():
        variances = float((variance - 1 - variance.log()).sum() / 2)
        deviation = variance.sqrt()
        eigenvalues = torch.linalg.eigvalsh(covariance / deviation / deviation[:, None])
        if eigenvalues[0] > RANK * eigenvalues[-1]:
            correlations = float(-eigenvalues.log().sum() / 2)
    return GaussianGap(means + variances + correlations, means, variances, correlations)


def principal(covariance: Tensor, count: int) -> Tensor:
    """The ``count`` directions of largest variance, or K if there are fewer: ``[K, count]``."""
    _, vectors = torch.linalg.eigh(covariance)
    directions: Tensor = vectors.flip(1)[:, :count]
    return directions


def mean_distance(squared: Tensor, dimensions: int) -> Tensor:
    """E|y - Z| with Z ~ N(0, I) in K dimensions, of |y|^2: ``[n]`` -> ``[n]``.

    E sqrt(W) = 1/(2 sqrt(pi)) int_0^inf (1 - E exp(-t W)) t^(-3/2) dt, where W = |y - Z|^2 has
    E exp(-t W) = (1 + 2t)^(-K/2) exp(-t |y|^2 / (1 + 2t)). In u = log t the trapezoid rule is
    exact to 1e-8. (Szekely & Rizzo 2005 give a series, whose terms cancel where |y| is large.)
    """
    end = 40 + math.log1p(float(squared.max()))
    u = torch.arange(-end, end, STEP, dtype=torch.float64)
    t = u.exp()
    log_transform = -dimensions / 2 * torch.log1p(2 * t) - squared[:, None] * (t / (1 + 2 * t))
    weights = (-u / 2).exp() * (STEP / (2 * math.sqrt(math.pi)))
    distances: Tensor = -torch.expm1(log_transform) @ weights
    return distances


def energy_effect(z: Tensor) -> float:
    """Distance of the rows' distribution from N(0, I), between 0 and 1: ``[n, K]``.

    H = (2 E|Y - Z| - E|Y - Y'| - E|Z - Z'|) / (2 E|Y - Z|), Y and Y' rows, Z and Z' ~ N(0, I),
    all independent: the energy distance over its largest possible value. It is 0 if and only if
    the distributions are equal (Szekely & Rizzo 2013, "Energy statistics"). Pairs of a row with
    itself are left out, so the estimate has hardly a bias and may be below 0.
    """
    z = z.double()
    n, dimensions = z.shape
    across = float(mean_distance(z.square().sum(1), dimensions).mean())
    gamma = math.lgamma((dimensions + 1) / 2) - math.lgamma(dimensions / 2)
    within_prior = 2 * math.exp(gamma)
    within = float(torch.cdist(z, z, compute_mode=PRODUCT).sum()) / (n * (n - 1))
    return (2 * across - within - within_prior) / (2 * across)


def whitened(z: Tensor) -> Tensor:
    """Rows with mean 0 and covariance I, in the space that they span: ``[n, K]`` -> ``[n, r]``."""
    d = (z - z.mean(0)).double()
    eigenvalues, vectors = torch.linalg.eigh(d.T @ d / (len(d) - 1))
    kept = eigenvalues > max(RANK * eigenvalues[-1], CONSTANT * z.square().mean())
    white: Tensor = d @ vectors[:, kept] / eigenvalues[kept].sqrt()
    return white


def energy_test(
    z: Tensor, generator: torch.Generator, fitted: bool, simulations: int = SIMULATIONS
) -> EnergyTest | None:
    """Test of multivariate normality.

    (Szekely & Rizzo 2005, "A new test for multivariate normality", with an effect in place of
    the statistic, which grows with n.)

    Null hypothesis: the rows are independent draws of N(0, I) or, ``fitted``, of a normal
    distribution with any mean and covariance; rows are then whitened by their own before they
    are compared with N(0, I), in the space that they span. p is the share of simulated samples
    of the null hypothesis, of the same size and treated alike, with an effect as large, the rows
    counted among them.

    Args:
        z: ``[n, K]``, independent rows.
        generator: of the simulations, on the CPU.
        fitted: which null hypothesis.
        simulations: how many.

    Returns:
        None where there are fewer than four rows or, ``fitted``, fewer than three more than
        dimensions, or where nothing varies.
    """
    treat = whitened if fitted else Tensor.double
    rows = treat(z)
    n, dimensions = rows.shape
    if n < 4 or not dimensions or (fitted and dimensions > n - 3):
        return None
    effect = energy_effect(rows)
    simulated = torch.tensor(
        [
            energy_effect(treat(torch.randn(n, dimensions, generator=generator)))
            for _ in range(simulations)
        ]
    )
    p = (1 + int((simulated >= effect).sum())) / (1 + simulations)
    return EnergyTest(effect, float(simulated.quantile(0.95)), p, n, dimensions, simulations)
