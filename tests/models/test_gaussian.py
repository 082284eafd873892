import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch.distributions import Normal, kl_divergence

from vibcli.models import gaussian

POSITIONS = torch.linspace(0, 1, 5, dtype=torch.float64)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=rng, dtype=torch.float64)


def a_code(*shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    return draw(*shape, seed=1), draw(*shape, seed=2).exp()


def test_noise_is_normal() -> None:
    mean, sigma = a_code(1)
    z = gaussian.sample(mean.expand(50_000), sigma.expand(50_000), torch.Generator().manual_seed(0))
    assert stats.kstest(z.numpy(), "norm", args=(mean.item(), sigma.item())).pvalue > 0.01


def test_noise_is_independent_between_rows_and_dimensions() -> None:
    z = gaussian.sample(
        torch.zeros(20_000, 4), torch.ones(20_000, 4), torch.Generator().manual_seed(0)
    )
    assert np.allclose(np.cov(z.numpy().T), np.eye(4), atol=0.03)
    assert abs(np.corrcoef(z[:-1, 0], z[1:, 0])[0, 1]) < 0.03


def test_noise_comes_from_the_generator_alone() -> None:
    before = torch.get_rng_state()
    first, again, other = (
        gaussian.sample(torch.zeros(9), torch.ones(9), torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    )
    assert first.equal(again)
    assert not first.equal(other)
    assert torch.get_rng_state().equal(before)


def test_gradient_flows_through_mean_and_sigma() -> None:
    mean, sigma = (t.requires_grad_() for t in a_code(5, 3))
    z = gaussian.sample(mean, sigma, torch.Generator().manual_seed(0))
    z.sum().backward()
    eps = ((z - mean) / sigma).detach()
    assert mean.grad is not None
    assert sigma.grad is not None
    assert mean.grad.equal(torch.ones_like(mean))
    assert torch.allclose(sigma.grad, eps)


@pytest.mark.parametrize("shape", [(1,), (7,), (5, 3), (2, 5, 3)])
def test_kl_agrees_with_torch_and_is_summed_over_dimensions(shape: tuple[int, ...]) -> None:
    mean, sigma = a_code(*shape)
    expected = kl_divergence(Normal(mean, sigma), Normal(0.0, 1.0)).sum(-1)
    found = gaussian.kl_standard_normal(mean, sigma)
    assert found.shape == shape[:-1]
    assert torch.allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(("mean", "sigma"), [(0.0, 1.0), (0.7, 0.3), (-2.0, 0.05), (1.0, 3.0)])
def test_kl_agrees_with_numeric_integration_in_nats(mean: float, sigma: float) -> None:
    p, q = stats.norm(mean, sigma), stats.norm(0, 1)
    expected, _ = integrate.quad(
        lambda z: p.pdf(z) * (p.logpdf(z) - q.logpdf(z)), mean - 12 * sigma, mean + 12 * sigma
    )
    one = torch.tensor([mean], dtype=torch.float64), torch.tensor([sigma], dtype=torch.float64)
    assert gaussian.kl_standard_normal(*one).item() == pytest.approx(expected, abs=1e-7)


def test_kl_grows_with_the_number_of_equal_dimensions() -> None:
    one = gaussian.kl_standard_normal(torch.ones(1), torch.ones(1)).item()
    assert one == 0.5  # nats; 0.72 bits
    assert gaussian.kl_standard_normal(torch.ones(64), torch.ones(64)).item() == 32


def test_kl_is_zero_at_the_prior_alone() -> None:
    assert gaussian.kl_standard_normal(torch.zeros(4), torch.ones(4)).item() == 0
    assert gaussian.kl_standard_normal(*a_code(200, 1)).min() > 0


@pytest.mark.parametrize("shape", [(1,), (6,), (4, 6)])
def test_log_density_agrees_with_scipy(shape: tuple[int, ...]) -> None:
    z = draw(*shape)
    expected = stats.multivariate_normal(np.zeros(shape[-1])).logpdf(z.numpy())
    assert np.allclose(gaussian.log_standard_normal(z), expected)


@pytest.mark.parametrize("shape", [(1,), (5, 3), (2, 5, 3)])
def test_log_density_of_a_code_agrees_with_scipy(shape: tuple[int, ...]) -> None:
    mean, sigma = a_code(*shape)
    z = 3 * draw(*shape, seed=4)
    expected = stats.norm(mean, sigma).logpdf(z).sum(-1)
    found = gaussian.log_normal(z, mean, sigma)
    assert found.shape == shape[:-1]
    assert np.allclose(found, expected)
    draws = gaussian.log_normal(z.expand(4, *shape), mean, sigma)  # of many draws at once
    assert draws.shape == (4, *shape[:-1])
    assert np.allclose(draws, expected)


def test_kl_is_the_mean_difference_of_the_log_densities() -> None:
    mean, sigma = a_code(3)
    many = (200_000, 3)
    z = gaussian.sample(mean.expand(many), sigma.expand(many), torch.Generator().manual_seed(0))
    difference = gaussian.log_normal(z, mean, sigma) - gaussian.log_standard_normal(z)
    expected = gaussian.kl_standard_normal(mean, sigma).item()
    assert difference.mean().item() == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("mode", gaussian.PATHS)
def test_paths_start_and_end_at_their_ends(mode: str) -> None:
    start, end = draw(7, seed=1), draw(7, seed=2)
    path = gaussian.PATHS[mode](start, end, POSITIONS)
    assert path.shape == (5, 7)
    assert torch.allclose(path[0], start, rtol=0, atol=1e-15)
    assert torch.allclose(path[-1], end, rtol=0, atol=1e-15)


@pytest.mark.parametrize("mode", gaussian.PATHS)
def test_paths_are_reversible(mode: str) -> None:
    start, end = draw(7, seed=1), draw(7, seed=2)
    there, back = (gaussian.PATHS[mode](*ends, POSITIONS) for ends in ((start, end), (end, start)))
    assert torch.allclose(there, back.flip(0))


# each dimension of the ends is one independent draw from the prior
MANY = draw(200_000, seed=3), draw(200_000, seed=4)


def test_linear_midpoint_of_prior_draws_has_half_their_variance() -> None:
    variances = gaussian.linear_path(*MANY, POSITIONS).var(dim=1)
    expected = [(1 - a) ** 2 + a**2 for a in POSITIONS.tolist()]
    assert expected[2] == 0.5
    assert variances.tolist() == pytest.approx(expected, rel=0.02)


def test_spherical_walk_between_prior_draws_stays_in_the_prior() -> None:
    path = gaussian.spherical_path(*MANY, POSITIONS)
    assert path.var(dim=1).tolist() == pytest.approx([1] * 5, rel=0.02)
    for point in path:
        assert stats.kstest(point.numpy(), "norm").pvalue > 0.01


def test_spherical_walk_by_hand() -> None:
    start, end = torch.tensor([2.0, 0.0]), torch.tensor([2.0, 4.0])
    third = gaussian.spherical_path(start, end, torch.tensor([1 / 3]))[0]
    assert third.tolist() == pytest.approx([math.sqrt(3) + 1, 2])  # cos 30, sin 30 degrees


def test_slerp_keeps_the_norm_and_goes_at_constant_speed() -> None:
    start, end = (5 * v / v.norm() for v in (draw(9, seed=1), draw(9, seed=2)))
    path = gaussian.slerp_path(start, end, POSITIONS)
    assert path.norm(dim=1).tolist() == pytest.approx([5] * 5)
    steps = torch.cosine_similarity(path[:-1], path[1:]).arccos()
    whole = torch.cosine_similarity(start, end, dim=0).arccos()
    assert steps.tolist() == pytest.approx([whole.item() / 4] * 4)


def test_slerp_by_hand() -> None:
    start, end = torch.tensor([1.0, 0.0]), torch.tensor([0.5, math.sqrt(3) / 2])  # 60 degrees
    middle = gaussian.slerp_path(start, end, torch.tensor([0.5]))[0]
    assert middle.tolist() == pytest.approx([math.sqrt(3) / 2, 0.5])


def test_slerp_and_spherical_agree_where_the_ends_are_orthogonal_only() -> None:
    start, end = torch.tensor([3.0, 0.0, 0.0]), torch.tensor([0.0, 2.0, 0.0])
    positions = POSITIONS.float()
    slerp, spherical = gaussian.slerp_path, gaussian.spherical_path
    assert torch.allclose(slerp(start, end, positions), spherical(start, end, positions), atol=1e-6)
    end[0] = 1
    assert not torch.allclose(
        slerp(start, end, positions)[2], spherical(start, end, positions)[2], atol=0.1
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("factor", [1.0, 3.0, -1.0, -0.5])
def test_slerp_of_parallel_and_opposite_ends_is_linear(factor: float, dtype: torch.dtype) -> None:
    start = draw(8).to(dtype)
    end = factor * start
    found = gaussian.slerp_path(start, end, POSITIONS.to(dtype))
    expected = gaussian.linear_path(start, end, POSITIONS.to(dtype))
    assert torch.allclose(found, expected, atol=2e-3 if dtype == torch.float32 else 1e-12)


def test_slerp_of_zero_vectors_is_finite_and_meets_its_ends() -> None:
    zero, end = torch.zeros(4), torch.tensor([0.0, 2.0, 0.0, 0.0])
    for ends in ((zero, end), (end, zero), (zero, zero)):
        path = gaussian.slerp_path(*ends, POSITIONS.float())
        assert path.isfinite().all()
        assert torch.allclose(path[0], ends[0], atol=1e-6)
        assert torch.allclose(path[-1], ends[1], atol=1e-6)


@pytest.mark.parametrize("mode", gaussian.PATHS)
def test_many_walks_at_once_are_the_walks_one_by_one(mode: str) -> None:
    start, end = draw(3, 2, 5, seed=1), draw(3, 2, 5, seed=2)
    end[1, 0] = 2 * start[1, 0]  # parallel ends among others
    together = gaussian.PATHS[mode](start, end, POSITIONS)
    assert together.shape == (5, 3, 2, 5)
    for i in range(3):
        for j in range(2):
            alone = gaussian.PATHS[mode](start[i, j], end[i, j], POSITIONS)
            assert torch.allclose(together[:, i, j], alone, rtol=0, atol=1e-12)


def test_variance_of_a_walk_is_that_of_many_walks() -> None:
    start, end = 3 * MANY[0], 3 * MANY[1]
    for mode in gaussian.WEIGHTS:
        expected = gaussian.path_variance(mode, POSITIONS, 9.0)
        found = gaussian.PATHS[mode](start, end, POSITIONS).var(dim=1)
        assert found.tolist() == pytest.approx(expected.tolist(), rel=0.02)
    assert gaussian.path_variance("spherical", POSITIONS).tolist() == pytest.approx([1] * 5)
    assert gaussian.path_variance("linear", POSITIONS)[2] == 0.5
