import math

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats
from torch import Tensor
from torch.distributions import MultivariateNormal, kl_divergence

from vibcli.analysis.latent.normality import (
    covariance,
    energy_effect,
    energy_test,
    gaussian_gap,
    mean_distance,
    moments,
    principal,
    whitened,
)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(n: int, k: int, seed: int = 0) -> Tensor:
    return torch.randn(n, k, generator=rng(seed), dtype=torch.float64)


def skewed(n: int, k: int, seed: int = 0) -> Tensor:
    return normal(n, k, seed).exp()


def test_moments_of_rows_are_those_of_scipy() -> None:
    z = skewed(200, 3)
    found = moments(z)
    assert found.mean.numpy() == pytest.approx(z.numpy().mean(0))
    assert found.variance.numpy() == pytest.approx(z.numpy().var(0))
    assert found.skewness.numpy() == pytest.approx(stats.skew(z.numpy()))
    assert found.kurtosis.numpy() == pytest.approx(stats.kurtosis(z.numpy()))


def test_moments_of_a_mixture_agree_with_quadrature() -> None:
    mean, sigma = skewed(5, 1), 0.2 + normal(5, 1, 1).abs()

    def moment(power: int, centre: float) -> float:
        def integrand(z: float) -> float:
            return (z - centre) ** power * float(stats.norm.pdf(z, mean, sigma).mean())

        return integrate.quad(integrand, -20, 30, limit=400, points=mean[:, 0].tolist())[0]

    centre = moment(1, 0)
    variance = moment(2, centre)
    found = moments(mean, sigma)
    wanted = (
        centre,
        variance,
        moment(3, centre) / variance**1.5,
        moment(4, centre) / variance**2 - 3,
    )
    assert [float(value) for value in found] == pytest.approx(wanted)


def test_a_unit_that_does_not_vary_has_no_shape() -> None:
    z = normal(7, 2)
    z[:, 1] = 0.1  # its mean is not exact
    found = moments(z)
    assert found.skewness.isnan().tolist() == found.kurtosis.isnan().tolist() == [False, True]
    noisy = moments(z, torch.full_like(z, 0.5))
    assert noisy.kurtosis[1] == pytest.approx(0)
    assert noisy.variance[1] == pytest.approx(0.25)


def test_the_covariance_of_a_mixture_is_that_of_many_draws() -> None:
    mean, sigma = skewed(6, 3), 0.2 + normal(6, 3, 1).abs()
    draws = mean[:, None] + sigma[:, None] * torch.randn(6, 100_000, 3, generator=rng())
    wanted = np.cov(draws.flatten(0, 1).T.numpy())
    assert covariance(mean, sigma).numpy() == pytest.approx(wanted, abs=0.02)
    assert covariance(mean).numpy() == pytest.approx(np.cov(mean.T.numpy(), ddof=0))
    assert torch.allclose(covariance(mean, sigma).diagonal(), moments(mean, sigma).variance)


@pytest.mark.parametrize("k", [1, 2, 6])
def test_the_gap_of_a_gaussian_is_that_of_pytorch(k: int) -> None:
    root = normal(k, k, 1)
    matrix = root @ root.T + 0.1 * torch.eye(k)
    mean = normal(1, k)[0]
    prior = MultivariateNormal(torch.zeros(k).double(), torch.eye(k).double())
    wanted = float(kl_divergence(MultivariateNormal(mean, matrix), prior))
    found = gaussian_gap(mean, matrix)
    assert found.total_nats == pytest.approx(wanted)
    assert found.means_nats + found.variances_nats + found.correlations_nats == pytest.approx(
        wanted
    )
    deviation = matrix.diagonal().sqrt()
    _, log_determinant = np.linalg.slogdet(matrix / torch.outer(deviation, deviation))
    assert found.correlations_nats == pytest.approx(-log_determinant / 2)


def test_the_standard_normal_has_no_gap_and_a_singular_one_no_end() -> None:
    assert gaussian_gap(torch.zeros(3), torch.eye(3)) == (0, 0, 0, 0)
    flat = gaussian_gap(torch.ones(2), torch.diag(torch.tensor([1.0, 0.0])))
    assert (flat.total_nats, flat.means_nats, flat.variances_nats) == (math.inf, 1, math.inf)
    copied = gaussian_gap(torch.zeros(2), torch.ones(2, 2))
    assert (copied.variances_nats, copied.correlations_nats) == (0, math.inf)


def test_principal_directions_are_those_of_numpy() -> None:
    z = normal(100, 4) * torch.tensor([1.0, 3.0, 0.5, 2.0])
    found = principal(covariance(z), 2)
    _, _, rows = np.linalg.svd(z.numpy() - z.numpy().mean(0))
    assert np.abs(np.diag(rows[:2] @ found.numpy())) == pytest.approx([1, 1])
    assert principal(covariance(z[:, :1]), 2).shape == (1, 1)


@pytest.mark.parametrize("radius", [0.0, 0.3, 1.0, 10.0, 1e3])
@pytest.mark.parametrize("k", [1, 2, 20, 300])
def test_the_mean_distance_to_a_normal(k: int, radius: float) -> None:
    law = stats.ncx2(k, radius**2) if radius else stats.chi2(k)
    wanted, _ = integrate.quad(lambda p: math.sqrt(law.ppf(p)), 0, 1, limit=200)
    found = mean_distance(torch.tensor([radius**2], dtype=torch.float64), k)
    assert float(found) == pytest.approx(wanted, rel=1e-6)


def test_the_mean_distance_in_one_dimension_is_the_folded_normal_s() -> None:
    y = torch.linspace(-6, 6, 25, dtype=torch.float64)
    found = mean_distance(y.square(), 1).numpy()
    assert found == pytest.approx(stats.foldnorm.mean(y.abs().numpy()), rel=1e-8)


def effect(z: np.ndarray) -> float:
    """A second way to the same number: sums over pairs, E|y - Z| by Kummer's function."""
    n, k = z.shape
    gamma = math.sqrt(2) * math.exp(special.gammaln((k + 1) / 2) - special.gammaln(k / 2))
    across = np.mean([gamma * special.hyp1f1(-0.5, k / 2, -(y @ y) / 2) for y in z])
    within = sum(np.linalg.norm(a - b) for a in z for b in z) / (n * (n - 1))
    return 1 - (within + math.sqrt(2) * gamma) / (2 * across)


@pytest.mark.parametrize(("n", "k"), [(20, 1), (30, 3), (5, 8)])
def test_the_effect_agrees_with_a_sum_over_pairs(n: int, k: int) -> None:
    z = skewed(n, k)
    assert energy_effect(z) == pytest.approx(effect(z.numpy()), abs=1e-7)


def test_the_effect_of_a_shift_agrees_with_quadrature() -> None:
    # E|Y - Z| = E|d + sqrt(2) g|, E|Y - Y'| = E|Z - Z'| = sqrt(2) E|g|
    across = math.sqrt(2) * stats.foldnorm.mean(1.5 / math.sqrt(2))
    wanted = 1 - 2 / math.sqrt(math.pi) / across
    found = [energy_effect(normal(n, 1) + 1.5) for n in (500, 4000)]
    assert found == pytest.approx([wanted] * 2, rel=0.1)


def test_the_effect_does_not_grow_with_the_rows() -> None:
    small = [energy_effect(normal(50, 5, seed)) for seed in range(100)]
    assert abs(np.mean(small)) < 3 * np.std(small) / 10
    assert abs(energy_effect(normal(3000, 5))) < np.std(small)
    assert 0.9 < energy_effect(torch.full((50, 3), 1e6)) <= 1


def test_whitened_rows_are_standard_in_the_space_they_span() -> None:
    z = normal(50, 3) @ normal(3, 5, 1) + 4
    white = whitened(z)
    assert white.shape == (50, 3)
    assert np.cov(white.T.numpy()) == pytest.approx(np.eye(3), abs=1e-9)
    assert white.mean(0).numpy() == pytest.approx(np.zeros(3), abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("fitted", [False, True])
def test_p_is_uniform_where_the_null_hypothesis_holds(fitted: bool) -> None:
    root = normal(2, 2, 99) if fitted else torch.eye(2).double()
    found = [
        energy_test(normal(25, 2, seed) @ root + fitted, rng(seed), fitted, simulations=39)
        for seed in range(150)
    ]
    p = np.array([test.p for test in found if test is not None])
    assert len(p) == 150
    # p takes the values 1/40, 2/40, ..., 1
    assert (
        stats.kstest(p - np.random.default_rng(0).uniform(0, 1 / 40, 150), "uniform").pvalue > 0.01
    )
    assert 0.01 < (p <= 0.1).mean() < 0.2


def test_the_two_null_hypotheses_differ() -> None:
    z = 3 * normal(200, 2) + 1
    assert energy_test(z, rng(), fitted=False, simulations=99).p == 0.01  # type: ignore[union-attr]
    assert energy_test(z, rng(), fitted=True, simulations=99).p > 0.05  # type: ignore[union-attr]


@pytest.mark.parametrize("k", [1, 3, 30])
def test_skewed_rows_are_not_normal(k: int) -> None:
    found = energy_test(skewed(300, k), rng(), fitted=True, simulations=99)
    assert found is not None
    assert (found.p, found.rows, found.dimensions, found.simulations) == (0.01, 300, k, 99)
    assert found.effect > found.null


@pytest.mark.parametrize(
    ("n", "k", "fitted"), [(3, 1, False), (3, 1, True), (5, 3, True), (9, 40, True)]
)
def test_too_few_rows_tell_nothing(n: int, k: int, fitted: bool) -> None:
    assert energy_test(normal(n, k), rng(), fitted) is None


def test_rows_that_do_not_vary_tell_nothing_of_a_normal_distribution() -> None:
    assert energy_test(torch.full((20, 2), 0.1), rng(), fitted=True) is None


def test_the_seed_decides() -> None:
    z = normal(30, 2)
    one, same = (energy_test(z, rng(5), False, simulations=19) for _ in range(2))
    assert one == same
