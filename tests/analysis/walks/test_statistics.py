import math

import numpy as np
import pytest
import torch
from scipy import stats

from vibcli.analysis.walks import statistics as walks
from vibcli.analysis.walks.statistics import LAWS, POSITIONS
from vibcli.models.gaussian import PATHS

MIDDLE = 8  # of the 17 positions
PAIRS, K = 4000, 10


def normal(seed: int, pairs: int = PAIRS, k: int = K) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((pairs, k)))


def uniform(seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).uniform(-1, 1, (PAIRS, K)))


OF_NORMAL = walks.walks_between(normal(1), normal(2), "normal")
OF_UNIFORM = walks.walks_between(uniform(1), uniform(2), "uniform")


@pytest.mark.parametrize(("found", "variance"), [(OF_NORMAL, 1), (OF_UNIFORM, 1 / 3)])
def test_variances_are_as_theory_has_them(found: walks.Pairs, variance: float) -> None:
    a = POSITIONS.numpy()
    theory = {"linear": variance * ((1 - a) ** 2 + a**2), "spherical": np.full(17, variance)}
    for mode, expected in theory.items():
        along = found.walks[mode]
        assert along.expected == pytest.approx(expected.tolist())
        for estimate, value in zip(along.variance, expected, strict=True):
            half = estimate.high - estimate.mean
            assert abs(estimate.mean - value) < 2 * half
            assert half < 0.03 * variance
    assert theory["linear"][MIDDLE] == variance / 2
    assert found.walks["slerp"].expected is None


def test_norms_and_densities_agree_with_scipy() -> None:
    start, end = normal(1).numpy(), normal(2).numpy()
    along = OF_NORMAL.walks["linear"]
    for place in (0, 4, MIDDLE, 16):
        a = place / 16
        z = (1 - a) * start + a * end
        density = stats.multivariate_normal(np.zeros(K)).logpdf(z)
        norm = stats.t.interval(
            0.95, PAIRS - 1, np.linalg.norm(z, axis=1).mean(), stats.sem(np.linalg.norm(z, axis=1))
        )
        assert (along.norm[place].low, along.norm[place].high) == pytest.approx(norm)
        assert along.log_prior_nats is not None
        assert along.log_prior_nats[place].mean == pytest.approx(density.mean())
    # E|z|^2 = K v along the walk, and |z| is chi with K degrees of freedom
    chi = stats.chi(K).mean()
    assert along.norm[MIDDLE].mean == pytest.approx(chi / math.sqrt(2), rel=0.01)
    assert OF_NORMAL.walks["spherical"].norm[MIDDLE].mean == pytest.approx(chi, rel=0.01)


def test_only_the_spherical_walk_of_normal_draws_keeps_their_distribution() -> None:
    # largest difference of the distribution functions, in closed form
    x = math.sqrt(math.log(2))  # where the densities of N(0, 1/2) and N(0, 1) meet
    narrow = stats.norm.cdf(math.sqrt(2) * x) - stats.norm.cdf(x)
    # half the sum of two uniforms is triangular on (-1, 1), their sum / sqrt(2) on wider ends
    expected = {
        ("normal", "linear"): narrow,
        ("normal", "spherical"): 0,
        ("uniform", "linear"): 1 / 8,
        ("uniform", "spherical"): (math.sqrt(2) - 1) ** 2 / 4,
    }
    for (law, mode), distance in expected.items():
        found = (OF_NORMAL if law == "normal" else OF_UNIFORM).walks[mode].middle
        assert found.statistic == pytest.approx(distance, abs=found.critical)
        assert (found.statistic > found.critical) == (distance > 0)
        # a sum of normals is normal, if not of the same variance; one of uniforms is not uniform
        shape = (OF_NORMAL if law == "normal" else OF_UNIFORM).walks[mode].shape
        assert shape is not None
        same = 0 if law == "normal" else (math.sqrt(2) - 1) ** 2 / 4
        assert shape.statistic == pytest.approx(same, abs=shape.critical)
    assert OF_UNIFORM.walks["spherical"].log_prior_nats is None
    assert OF_UNIFORM.walks["slerp"].shape is None


@pytest.mark.parametrize("law", LAWS)
def test_kolmogorov_smirnov_by_hand(law: str) -> None:
    values = np.random.default_rng(0).normal(0.2, 0.5, (20, 10))
    ordered = np.sort(values.ravel())
    cdf = LAWS[law].cdf(ordered)
    n = len(ordered)
    above, below = np.arange(1, n + 1) / n - cdf, cdf - np.arange(n) / n
    found = walks.kolmogorov_smirnov(values, LAWS[law])
    assert found.statistic == pytest.approx(max(above.max(), below.max()))
    assert found.critical == pytest.approx(1.358 / math.sqrt(n), rel=0.02)  # Smirnov's table


def test_ends_are_described_before_the_walk() -> None:
    assert OF_NORMAL.moments.variance == pytest.approx(1, abs=0.02)
    assert OF_UNIFORM.moments.variance == pytest.approx(1 / 3, abs=0.01)
    for found in (OF_NORMAL, OF_UNIFORM):
        assert abs(found.cosine.mean) < 0.02
        assert found.correlation is not None
        assert abs(found.correlation.mean) < 0.02
        assert found.distance.statistic < found.distance.critical


def test_correlated_ends_show() -> None:
    first = normal(1)
    last = 0.6 * first + 0.8 * normal(2)
    found = walks.walks_between(first, last, "normal")
    assert found.correlation is not None
    assert found.correlation.mean == pytest.approx(0.6, abs=0.02)
    assert found.correlation.low < 0.6 < found.correlation.high
    # Var(u z1 + v z2) = u^2 + v^2 + 2 u v 0.6
    assert found.walks["spherical"].variance[MIDDLE].mean == pytest.approx(1.6, abs=0.05)
    assert found.walks["linear"].variance[MIDDLE].mean == pytest.approx(0.8, abs=0.03)


def test_correlation_in_one_dimension_is_pearsons() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(3, 2, (40, 1))
    b = a + rng.normal(0, 1, (40, 1))
    found = walks.correlation(a, b)
    assert found is not None
    assert found.mean == pytest.approx(stats.pearsonr(a[:, 0], b[:, 0]).statistic)


def test_equal_and_opposite_ends() -> None:
    z = normal(1)
    equal = walks.walks_between(z, z, "normal").walks["spherical"]
    assert equal.variance[MIDDLE].mean == pytest.approx(2 * equal.variance[0].mean)
    opposite = walks.walks_between(z, -z, "normal").walks["spherical"]
    assert opposite.norm[MIDDLE].mean == pytest.approx(0, abs=1e-12)


def test_one_pair_has_no_interval_and_no_correlation() -> None:
    found = walks.walks_between(normal(1, 1), normal(2, 1), "normal")
    assert found.correlation is None
    for along in found.walks.values():
        for estimate in (*along.variance, *along.norm):
            assert (estimate.low, estimate.high, estimate.n) == (None, None, 1)


def test_ends_that_never_vary_have_no_correlation() -> None:
    assert walks.correlation(np.ones((5, 2)), np.ones((5, 2))) is None


def test_one_dimension_is_enough() -> None:
    found = walks.walks_between(normal(1, 50, 1), normal(2, 50, 1), "normal")
    assert set(found.walks) == set(PATHS)
    assert math.isfinite(found.walks["slerp"].variance[MIDDLE].mean)
