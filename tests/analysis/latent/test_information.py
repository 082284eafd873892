import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import Tensor

from vibcli.analysis.latent.information import (
    Draws,
    Information,
    MonteCarlo,
    draw_mixture,
    information,
    log_densities,
    log_marginal,
)
from vibcli.models import gaussian


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def codes(n: int, k: int, spread: float = 1.0, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = rng(seed)
    mean = spread * torch.randn(n, k, generator=generator, dtype=torch.float64)
    return mean, 0.3 + torch.rand(n, k, generator=generator, dtype=torch.float64)


def measured(mean: Tensor, sigma: Tensor, draws: int = 4096, seed: int = 1) -> Information:
    return information(mean, sigma, rng(seed), draws)


def near(value: MonteCarlo, truth: float, errors: float = 4) -> bool:
    return abs(value.mean - truth) < errors * value.error + 1e-9


def mixture(mean: Tensor, sigma: Tensor, z: float) -> float:
    return float(stats.norm.pdf(z, mean.numpy(), sigma.numpy()).mean())


@pytest.mark.parametrize(("n", "k"), [(2, 1), (7, 3), (300, 2), (40, 60)])
def test_densities_are_those_of_scipy(n: int, k: int) -> None:
    mean, sigma = codes(n, k)
    drawn = draw_mixture(mean, 50, rng(3))
    found = log_densities(drawn, mean, sigma)
    z = (mean[drawn.rows] + sigma[drawn.rows] * drawn.eps).numpy()
    logs = stats.norm.logpdf(z[:, None], mean.numpy(), sigma.numpy()).sum(-1)  # [M, N]
    own = logs[np.arange(len(z)), drawn.rows.numpy()]
    assert found.own.numpy() == pytest.approx(own)
    everything = np.logaddexp.reduce(logs, 1)
    assert found.mixture.numpy() == pytest.approx(everything - math.log(n))
    others = np.where(np.arange(n) == drawn.rows.numpy()[:, None], -np.inf, logs)
    wanted = np.logaddexp.reduce(others, 1) - math.log(n - 1)
    assert found.leave_one_out.numpy() == pytest.approx(wanted)


@pytest.mark.parametrize(("n", "count", "each"), [(5, 5, 1), (5, 12, 3), (50, 20, None)])
def test_rows_are_drawn_equally_often(n: int, count: int, each: int | None) -> None:
    drawn = draw_mixture(torch.zeros(n, 2), count, rng())
    times = torch.bincount(drawn.rows, minlength=n)
    if each is None:
        assert (int(times.max()), len(drawn.rows)) == (1, count)
    else:
        assert set(times.tolist()) == {each}


@pytest.mark.parametrize(("n", "spread"), [(2, 3.0), (5, 1.0), (30, 0.2)])
def test_one_dimension_agrees_with_quadrature(n: int, spread: float) -> None:
    mean, sigma = codes(n, 1, spread)

    def log_p(z: float) -> float:
        return math.log(mixture(mean[:, 0], sigma[:, 0], z) + 1e-300)

    def gap(z: float) -> float:
        return mixture(mean[:, 0], sigma[:, 0], z) * (log_p(z) - stats.norm.logpdf(z))

    def entropy(z: float) -> float:
        return -mixture(mean[:, 0], sigma[:, 0], z) * log_p(z)

    wanted_gap, wanted_entropy = (
        integrate.quad(f, -15, 15, limit=500, points=sorted(mean[:, 0].tolist())[:50])[0]
        for f in (gap, entropy)
    )
    given = float(stats.norm.entropy(0, sigma.numpy()).mean())
    found = measured(mean, sigma)
    assert near(found.gap_nats, wanted_gap)
    assert near(found.mutual_nats, wanted_entropy - given)
    assert found.total_correlation_nats.mean == pytest.approx(0, abs=1e-4)
    assert found.marginal_nats[0] == pytest.approx(found.gap_nats.mean, abs=1e-4)
    assert found.rate_nats == pytest.approx(wanted_gap + wanted_entropy - given, abs=1e-6)


def test_total_correlation_of_two_dimensions_agrees_with_quadrature() -> None:
    mean = torch.tensor([[-1.0, -1.5], [1.0, 1.5], [0.5, 0.0]], dtype=torch.float64)
    sigma = torch.tensor([[0.5, 0.6], [0.4, 0.7], [1.0, 0.5]], dtype=torch.float64)

    def integrand(a: float, b: float) -> float:
        each = stats.norm.pdf((a, b), mean.numpy(), sigma.numpy())  # [N, 2]
        joint, marginals = each.prod(1).mean(), each.mean(0)
        return float(joint * math.log(joint / marginals.prod()))

    wanted, _ = integrate.dblquad(integrand, -5, 5, -5, 5, epsabs=1e-4)
    found = measured(mean, sigma, 20_000).total_correlation_nats
    assert near(found, wanted)
    assert found.error < 0.02 * wanted


@pytest.mark.parametrize("r", [0.0, 0.5, -0.9])
def test_total_correlation_of_a_correlated_gaussian(r: float) -> None:
    # the sum of z's covariance: means have the rest of what sigma^2 = 1/2 leaves
    target = torch.tensor([[1.0, r * 0.5], [r * 0.5, 1.0]], dtype=torch.float64)
    root = torch.linalg.cholesky(target - 0.5 * torch.eye(2))
    mean = torch.randn(4000, 2, generator=rng(), dtype=torch.float64) @ root.T
    found = measured(mean, torch.full_like(mean, math.sqrt(0.5)), 8000)
    wanted = -0.5 * math.log(1 - (r * 0.5) ** 2)
    assert found.total_correlation_nats.mean == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("snr", [0.1, 1.0, 8.0])
def test_the_information_of_a_gaussian_channel_lies_between_the_bounds(snr: float) -> None:
    mean = math.sqrt(snr) * torch.randn(3000, 3, generator=rng(), dtype=torch.float64)
    found = measured(mean, torch.ones_like(mean))
    truth = 3 * 0.5 * math.log1p(snr)
    low, high = found.mutual_nats, found.upper_nats
    assert low.mean - 4 * low.error - 0.05 < truth < high.mean + 4 * high.error + 0.05
    assert high.mean - low.mean < 0.02 + 0.2 * snr


@pytest.mark.parametrize("n", [2, 3, 100])
@pytest.mark.parametrize("k", [1, 5])
def test_far_codes_tell_exactly_which_row_it_is(n: int, k: int) -> None:
    mean = 1e3 * torch.arange(n, dtype=torch.float64)[:, None].expand(n, k)
    found = measured(mean, torch.full((n, k), 0.5))
    assert found.mutual_nats.mean == pytest.approx(math.log(n), abs=1e-12)
    assert found.cap_nats == math.log(n)
    assert found.upper_nats.mean > 1e5
    assert found.saturated


def test_codes_that_are_all_the_same_tell_nothing() -> None:
    found = measured(torch.ones(50, 4), torch.full((50, 4), 0.7))
    for value in (found.mutual_nats, found.upper_nats, found.total_correlation_nats):
        assert value.mean == pytest.approx(0, abs=1e-5)
    assert near(found.gap_nats, found.rate_nats)
    assert not found.saturated


@pytest.mark.parametrize(("n", "k"), [(2, 1), (30, 3), (500, 10), (20, 100)])
@pytest.mark.parametrize("spread", [0.1, 1.0, 5.0])
def test_the_decomposition_holds(n: int, k: int, spread: float) -> None:
    mean, sigma = codes(n, k, spread)
    found = measured(mean, sigma, 2000)
    mutual, gap, together, apart = (
        value.mean
        for value in (
            found.mutual_nats,
            found.gap_nats,
            found.total_correlation_nats,
            found.dimensionwise_nats,
        )
    )
    assert found.rate_nats == pytest.approx(float(gaussian.kl_standard_normal(mean, sigma).mean()))
    assert near(found.residual_nats, 0)
    assert mutual + gap - found.rate_nats == pytest.approx(found.residual_nats.mean, abs=1e-9)
    assert together + apart == pytest.approx(gap, abs=1e-9)
    assert sum(found.marginal_nats) == pytest.approx(apart)
    assert mutual <= math.log(n) + 1e-12
    assert found.upper_nats.mean >= mutual - 1e-9


@pytest.mark.parametrize("smallest", [0.5, 0.02, 1e-4])
def test_marginals_between_points_agree_with_scipy(smallest: float) -> None:
    mean, sigma = (x[:, 0] for x in codes(200, 1, 2.0))
    sigma[0] = smallest
    z = mean[torch.arange(3000) % 200] + 0.5 * torch.randn(3000, generator=rng(), dtype=mean.dtype)
    z[:50] = mean[0] + smallest * torch.randn(50, generator=rng(), dtype=mean.dtype)
    wanted = [math.log(mixture(mean, sigma, float(one))) for one in z]
    assert log_marginal(z, mean, sigma).numpy() == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("sigma", [1e-3, 1e-6])
def test_a_tiny_sigma_loses_no_digits(sigma: float) -> None:
    # pairs of rows one sigma apart: half of the rows' identity is lost in part
    base = torch.randn(40, 3, generator=rng(), dtype=torch.float64) + 5
    mean = torch.cat([base, base + sigma / math.sqrt(3)])
    found = measured(mean, torch.full_like(mean, sigma))
    scaled = measured(torch.cat([base * 1e3, base * 1e3 + 1 / math.sqrt(3)]), torch.ones_like(mean))
    assert found.mutual_nats.mean == pytest.approx(scaled.mutual_nats.mean, abs=1e-2)


def test_the_seed_decides_and_the_error_shrinks() -> None:
    mean, sigma = codes(50, 2)
    one, same, other = (measured(mean, sigma, 1000, seed) for seed in (1, 1, 2))
    assert one == same
    assert one.mutual_nats != other.mutual_nats
    many = measured(mean, sigma, 16_000)
    assert many.mutual_nats.error == pytest.approx(one.mutual_nats.error / 4, rel=0.2)
    values = [measured(mean, sigma, 200, seed).mutual_nats for seed in range(40)]
    assert np.std([v.mean for v in values]) < 1.3 * values[0].error


def test_float32_codes_are_measured_in_double_precision() -> None:
    mean, sigma = (x.float() for x in codes(100, 3))
    assert measured(mean, sigma) == measured(mean.double(), sigma.double())


@pytest.mark.parametrize(
    ("mean", "sigma", "message"),
    [
        (torch.zeros(1, 2), torch.ones(1, 2), "two rows"),
        (torch.zeros(0, 2), torch.ones(0, 2), "two rows"),
        (torch.zeros(3, 2), torch.zeros(3, 2), "above 0"),
        (torch.full((3, 2), math.nan), torch.ones(3, 2), "finite"),
        (torch.zeros(3, 2), torch.full((3, 2), math.inf), "finite"),
    ],
)
def test_codes_that_cannot_be_measured(mean: Tensor, sigma: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        information(mean, sigma, rng())


def test_a_row_that_is_all_there_is_has_no_others() -> None:
    found = log_densities(
        Draws(torch.tensor([0]), torch.zeros(1, 2)), torch.ones(1, 2), torch.ones(1, 2)
    )
    assert found.others.tolist() == [-math.inf]
    assert found.mixture.tolist() == found.own.tolist()
