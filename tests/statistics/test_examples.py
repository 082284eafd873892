import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from vibcli.statistics import Bootstrap, Interval, bootstrap_difference, mcnemar

Floats = NDArray[np.float64]


def ends(interval: Interval | None) -> Floats:
    assert interval is not None
    return np.array(interval)


def crossed(rng: np.random.Generator, seeds: float, examples: float, rest: float) -> Floats:
    """Differences [10, 60] with mean 0 whose sources have these shares in its variance."""
    s, n = 10, 60
    return (
        np.sqrt(seeds * s) * rng.normal(size=(s, 1))
        + np.sqrt(examples * n) * rng.normal(size=(1, n))
        + np.sqrt(rest * s * n) * rng.normal(size=(s, n))
    )


def bootstrap(
    differences: Floats, rng: int | np.random.Generator = 0, resamples: int = 5000
) -> Bootstrap:
    zeros = np.zeros_like(differences)
    return bootstrap_difference(differences, zeros, np.random.default_rng(rng), resamples)


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (0, 5, 2 / 32),
        (1, 9, 2 * (1 + 10) / 1024),
        (9, 1, 2 * (1 + 10) / 1024),
        (2, 8, 2 * (1 + 10 + 45) / 1024),
    ],
)
def test_mcnemar_by_hand(only_a: int, only_b: int, p: float) -> None:
    a = [1] * only_a + [0] * only_b + [1, 1, 1, 0]
    b = [0] * only_a + [1] * only_b + [1, 1, 1, 0]
    assert mcnemar(a, b) == (only_a, only_b, pytest.approx(p))


def test_mcnemar_of_a_large_table_agrees_with_chi_squared() -> None:
    # Agresti (2013, table 11.1): approval ratings, 150 and 86 of 1600 change; z^2 = 17.36
    a = np.repeat([1, 1, 0, 0], [794, 150, 86, 570])
    b = np.repeat([1, 0, 1, 0], [794, 150, 86, 570])
    found = mcnemar(a, b)
    assert found[:2] == (150, 86)
    assert found.p == pytest.approx(stats.chi2.sf((150 - 86) ** 2 / (150 + 86), 1), rel=0.3)


def test_mcnemar_is_symmetric_and_ignores_the_order_of_rows() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 300)) < [[0.8], [0.7]]
    order = rng.permutation(300)
    assert mcnemar(a, b) == mcnemar(a[order], b[order])
    assert mcnemar(b, a).p == mcnemar(a, b).p


@pytest.mark.parametrize(("axis", "name"), [(1, "examples"), (0, "seeds")])
@pytest.mark.parametrize("scores", ["right", "nll"])
def test_one_source_agrees_with_scipys_bootstrap(axis: int, name: str, scores: str) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 8, 150))
    if scores == "right":
        a, b = (a > -1).astype(float), (b > -1.1).astype(float)
    found = bootstrap_difference(a, b, np.random.default_rng(2), 20_000)
    means = (a - b).mean(1 - axis)
    low, high = stats.bootstrap(
        (means,), np.mean, n_resamples=20_000, method="percentile", random_state=rng
    ).confidence_interval
    assert found.mean == pytest.approx((a - b).mean())
    assert ends(getattr(found, name)) == pytest.approx([low, high], abs=0.03 * (high - low))


def test_both_sources_agree_with_drawing_the_rows_and_columns() -> None:
    rng = np.random.default_rng(3)
    differences = crossed(rng, 0.4, 0.3, 0.3)
    means = [
        differences[rng.integers(10, size=10)][:, rng.integers(60, size=60)].mean()
        for _ in range(10_000)
    ]
    low, high = np.quantile(means, [0.025, 0.975])
    expected = pytest.approx([low, high], abs=0.04 * (high - low))
    assert ends(bootstrap(differences, resamples=10_000).both) == expected


def test_spread_is_that_of_the_formula() -> None:
    n = 500
    differences = np.random.default_rng(4).normal(0.1, 2, (6, n))
    low, high = ends(bootstrap(differences, resamples=20_000).examples)
    half = stats.norm.ppf(0.975) * differences.mean(0).std() / math.sqrt(n)
    assert (high - low) / 2 == pytest.approx(half, rel=0.03)


def test_examples_on_which_runs_agree_still_count() -> None:
    differences = np.zeros((3, 400))
    differences[:, :20] = 1
    low, high = ends(bootstrap(differences, resamples=20_000).examples)
    expected = stats.binom(400, 0.05).ppf([0.025, 0.975]) / 400
    assert [low, high] == pytest.approx(list(expected), abs=1.5 / 400)


def test_more_sources_and_a_higher_level_widen_the_interval() -> None:
    differences = crossed(np.random.default_rng(5), 0.4, 0.3, 0.3)
    found = bootstrap(differences)
    widths = [np.ptp(ends(i)) for i in (found.examples, found.seeds, found.both)]
    assert widths[2] > max(widths[:2])
    narrow = bootstrap_difference(
        differences, np.zeros_like(differences), np.random.default_rng(0), level=0.5
    )
    assert np.ptp(ends(narrow.both)) < 0.5 * widths[2]


def test_swapping_mirrors_and_the_generator_decides() -> None:
    a, b = np.random.default_rng(6).random((2, 4, 50))
    forth, again = (bootstrap_difference(a, b, np.random.default_rng(0)) for _ in range(2))
    back = bootstrap_difference(b, a, np.random.default_rng(0))
    assert forth == again
    assert forth != bootstrap_difference(a, b, np.random.default_rng(1))
    for name in ("examples", "seeds", "both"):
        assert ends(getattr(back, name)) == pytest.approx(-ends(getattr(forth, name))[::-1])


def test_order_of_seeds_and_examples_matters_no_more_than_chance() -> None:
    rng = np.random.default_rng(7)
    differences = crossed(rng, 0.4, 0.3, 0.3)
    shuffled = differences[rng.permutation(10)][:, rng.permutation(60)]
    before, after = ends(bootstrap(differences).both), ends(bootstrap(shuffled).both)
    assert after == pytest.approx(before, abs=0.08 * np.ptp(before))


def test_equal_experiments_have_intervals_without_width() -> None:
    found = bootstrap(np.zeros((3, 5)))
    assert found == (0, (0, 0), (0, 0), (0, 0))


def test_one_seed_or_one_example_cannot_be_resampled() -> None:
    one_seed, one_example = bootstrap(np.eye(1, 9)), bootstrap(np.arange(4.0)[:, None])
    assert one_seed.seeds is one_seed.both is None
    assert one_seed.examples is not None
    assert one_example.examples is one_example.both is None
    assert one_example.seeds is not None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shares", "coverage"),
    [
        # a percentile interval is one of Student's with too small a quantile
        ((1.0, 0.0, 0.0), 2 * stats.t.cdf(stats.norm.ppf(0.975) * math.sqrt(0.9), 9) - 1),
        ((0.0, 1.0, 0.0), 0.95),
    ],
)
def test_both_covers_as_documented_with_ten_seeds(
    shares: tuple[float, float, float], coverage: float
) -> None:
    rng = np.random.default_rng(8)
    found = [bootstrap(crossed(rng, *shares), rng, 300) for _ in range(300)]
    covered = sum(low <= 0 <= high for low, high in (ends(f.both) for f in found))
    assert stats.binomtest(covered, 300, coverage).pvalue > 0.01


@pytest.mark.slow
def test_both_is_wide_enough_where_sources_mix() -> None:
    rng = np.random.default_rng(9)
    found = [bootstrap(crossed(rng, 0.4, 0.3, 0.3), rng, 300) for _ in range(300)]
    covered = {
        name: np.mean([ends(getattr(f, name))[0] <= 0 <= ends(getattr(f, name))[1] for f in found])
        for name in Bootstrap._fields[1:]
    }
    assert covered["both"] >= 0.94
    assert max(covered["examples"], covered["seeds"]) < 0.93  # each sees half of the chance


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([], [], "correct_a: expected values"),
        ([1, 0], [1], "differ in shape"),
        ([1, 0], [1, 2], "expected 0 and 1, got 2"),
        ([1, 0], [1, math.nan], "expected finite numbers"),
    ],
)
def test_mcnemar_refuses_bad_rows(a: Any, b: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mcnemar(a, b)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([[]], [[]], "a: expected values along 2 axes"),
        ([1.0, 0.0], [1.0, 0.0], "along 2 axes"),
        ([[1.0, 0.0]], [[1.0]], "differ in shape"),
        ([[1.0]], [[math.nan]], "b: expected finite numbers"),
    ],
)
def test_bootstrap_refuses_bad_scores(a: Any, b: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bootstrap_difference(a, b, np.random.default_rng(0))


def test_there_is_something_to_resample_with() -> None:
    with pytest.raises(ValueError, match="resamples: expected 1"):
        bootstrap(np.ones((2, 2)), resamples=0)
