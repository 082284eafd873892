import math

import numpy as np
import pytest
import torch
from scipy import stats

from vibcli.analysis.walks import assumption
from vibcli.analysis.walks.assumption import CodeMoments


def draws(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


NORMAL = CodeMoments(0.0, 1.0, 0.9, 1.1)


def test_moments_agree_with_numpy() -> None:
    z = draws(50, 3) * torch.tensor([1.0, 2.0, 0.1]) + torch.tensor([0.0, 5.0, 0.0])
    found = assumption.code_moments(z)
    variances = np.var(z.numpy(), axis=0, ddof=1)
    assert found.variance == pytest.approx(variances.mean())
    assert (found.least, found.greatest) == pytest.approx((variances.min(), variances.max()))
    assert found.mean == pytest.approx(5 / math.sqrt(3), rel=0.05)


def test_chance_alone_is_no_mean() -> None:
    # uncorrected, the root mean square of these means would be 1 / sqrt(20) = 0.22
    found = [assumption.code_moments(draws(20, 500, seed=seed)).mean for seed in range(20)]
    assert np.mean(np.square(found)) < 0.05**2
    assert min(found) >= 0


@pytest.mark.parametrize("k", [2, 3, 20, 128])
def test_999_of_1000_pairs_of_draws_are_within_the_bounds(k: int) -> None:
    first, last = draws(20_000, k, seed=1), draws(20_000, k, seed=2)
    found = assumption.ends(first[0], last[0])
    cosines = torch.cosine_similarity(first, last, dim=1).abs()
    assert (cosines > found.cosine_bound).double().mean() == pytest.approx(1e-3, abs=1e-3)
    low, high = found.second_moment_bounds
    squares = first.square().mean(1)
    assert ((squares < low) | (squares > high)).double().mean() == pytest.approx(1e-3, abs=1e-3)


def test_the_cosine_of_draws_in_three_dimensions_is_uniform() -> None:
    # Archimedes: the height of a point on a sphere is
    assert assumption.ends(draws(3), draws(3, seed=1)).cosine_bound == pytest.approx(0.999)


def test_in_one_dimension_no_cosine_is_strange() -> None:
    found = assumption.ends(torch.ones(1), torch.ones(1))
    assert (found.cosine, found.cosine_bound) == (1, 1)
    assert not assumption.departures(found, NORMAL)


@pytest.mark.parametrize(
    ("last", "cosine", "stretch"),
    [
        ([3.0, 4.0], 1.0, math.sqrt(2)),
        ([-3.0, -4.0], -1.0, 0.0),
        ([4.0, -3.0], 0.0, 1.0),
        ([8.0, -6.0], 0.0, 1.0),
        ([0.0, 0.0], 0.0, 1.0),
    ],
)
def test_the_middle_is_as_long_as_said(last: list[float], cosine: float, stretch: float) -> None:
    found = assumption.ends(torch.tensor([3.0, 4.0]), torch.tensor(last))
    assert found.cosine == pytest.approx(cosine, abs=1e-6)
    assert found.stretch == pytest.approx(stretch, abs=1e-6)
    if any(last):
        middle = np.add([3, 4], last) / math.sqrt(2)  # cos 45 = sin 45
        ends = math.sqrt((25 + np.square(last).sum()) / 2)
        assert found.stretch == pytest.approx(np.linalg.norm(middle) / ends, abs=1e-6)


def test_two_zero_ends_do_not_divide_by_zero() -> None:
    found = assumption.ends(torch.zeros(4), torch.zeros(4))
    assert (found.cosine, found.stretch, found.second_moments) == (0, 1, (0, 0))


def test_draws_from_the_prior_are_nothing_to_mention() -> None:
    for seed in range(20):
        found = assumption.ends(draws(64, seed=seed), draws(64, seed=seed + 100))
        assert assumption.departures(found, NORMAL) == []


def test_equal_ends_are_said_to_give_141_percent() -> None:
    z = draws(64)
    (said,) = assumption.departures(assumption.ends(z, z), NORMAL)
    assert said.startswith("The spherical walk takes its ends for independent draws of N(0, I). ")
    assert "their cosine is 1.00 (within ±" in said
    assert "the walk's middle is 1.41 times as long as its ends" in said
    assert "z²" not in said


def test_short_ends_are_said_with_what_draws_have() -> None:
    z = draws(64)
    (said,) = assumption.departures(assumption.ends(z / 10, draws(64, seed=5)), NORMAL)
    low, high = stats.chi2.ppf([0.0005, 0.9995], 64) / 64
    assert f"({low:.2g} to {high:.2g} for 999 of 1000 draws)" in said
    assert f"z² is {float(z.square().mean()) / 100:.3g} and " in said
    assert "cosine" not in said


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (CodeMoments(0.0, 0.3, 0.1, 0.9), ["a variance of 0.3 per dimension (0.1 to 0.9), not 1"]),
        (
            CodeMoments(0.7, 1.0, 0.9, 1.1),
            ["a mean of 0.7 (root mean square over dimensions), not 0"],
        ),
        (CodeMoments(0.7, 0.3, 0.1, 0.9), ["a variance of 0.3", ", and a mean of 0.7"]),
        (CodeMoments(0.05, 1.05, 0.9, 1.1), []),
    ],
)
def test_codes_that_are_far_from_the_prior_are_said(codes: CodeMoments, words: list[str]) -> None:
    said = assumption.code_departures(codes, "test")
    assert len(said) == bool(words)
    assert all(word in said[0] for word in words)
    assert not said or said[0].startswith("The encoder's means of the test part have ")
