import inspect
import math
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, optimize, stats
from sklearn import metrics as reference

from vibcli.tasks.regression import metrics

Floats = NDArray[np.float64]

pytestmark = pytest.mark.filterwarnings("error")

OF_TRUTH: list[Callable[..., Floats]] = [metrics.nll, metrics.crps, metrics.pit]


def mixtures(draws: int, rows: int, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """Means, deviations and truth of which some lie far out."""
    rng = np.random.default_rng(seed)
    means = rng.normal(3, 2, (draws, rows))
    deviations = rng.lognormal(0, 0.7, (draws, rows))
    return means, deviations, rng.normal(3, 4, rows)


def distribution(means: Floats, deviations: Floats, x: float) -> float:
    """F(x) of one row."""
    return float(stats.norm.cdf(x, means, deviations).mean())


def within(values: Floats, rows: int) -> bool:
    return values.dtype == np.float64 and values.shape == (rows,)


# errors of the mean


@pytest.mark.parametrize("rows", [2, 7, 400])
def test_errors_agree_with_scikit_learn(rows: int) -> None:
    rng = np.random.default_rng(rows)
    truth = rng.normal(50, 9, rows)
    prediction = truth + rng.normal(1, 4, rows)
    expected = reference.root_mean_squared_error(truth, prediction)
    assert metrics.rmse(prediction, truth) == pytest.approx(expected)
    expected = reference.mean_absolute_error(truth, prediction)
    assert metrics.mae(prediction, truth) == pytest.approx(expected)
    expected = reference.r2_score(truth, prediction)
    assert metrics.r_squared(prediction, truth) == pytest.approx(expected)


def test_errors_by_hand() -> None:
    prediction, truth = np.array([1.0, 2.0, 6.0]), np.array([1.0, 4.0, 4.0])
    assert metrics.rmse(prediction, truth) == pytest.approx(math.sqrt(8 / 3))
    assert metrics.mae(prediction, truth) == pytest.approx(4 / 3)
    assert metrics.r_squared(prediction, truth) == pytest.approx(1 - 8 / 6)
    assert metrics.r_squared(np.full(3, 3.0), truth) == pytest.approx(0)
    assert metrics.r_squared(truth, truth) == 1


@pytest.mark.parametrize("truth", [[0.1, 0.1, 0.1], [7.0]])
def test_r_squared_is_for_truth_that_varies(truth: list[float]) -> None:
    assert metrics.r_squared(np.array(truth), truth) is None
    assert metrics.r_squared(np.array(truth) + 1, truth) is None


@pytest.mark.parametrize("unit", [1e-200, 1e-9, 1e9, 1e200])
def test_r_squared_has_no_unit(unit: float) -> None:
    rng = np.random.default_rng(0)
    truth, prediction = rng.normal(size=(2, 50))
    expected = metrics.r_squared(prediction, truth)
    assert metrics.r_squared(unit * prediction, unit * truth) == pytest.approx(expected)


def test_integers_are_not_rounded_nor_wrapped() -> None:
    assert metrics.mae(np.array([1], np.uint8), np.array([3], np.uint8)) == 2
    assert metrics.rmse(np.array([200], np.uint8), np.array([0], np.uint8)) == 200


# moments of the mixture


@pytest.mark.parametrize("draws", [1, 2, 12])
def test_moments_agree_with_numerical_integration(draws: int) -> None:
    means, deviations, _ = mixtures(draws, 4)
    mean, deviation = metrics.mixture_mean(means), metrics.mixture_deviation(means, deviations)
    assert within(mean, 4)
    assert within(deviation, 4)
    for row in range(4):
        m, s = means[:, row], deviations[:, row]
        ends = (m - 12 * s).min(), (m + 12 * s).max()

        def moment(
            power: int, about: float, m: Floats = m, s: Floats = s, ends: tuple[float, float] = ends
        ) -> float:
            def f(x: float) -> float:
                return float((x - about) ** power * stats.norm.pdf(x, m, s).mean())

            return float(integrate.quad(f, *ends, points=sorted(m), limit=500)[0])

        assert mean[row] == pytest.approx(moment(1, 0))
        assert deviation[row] ** 2 == pytest.approx(moment(2, mean[row]))


def test_the_deviation_of_equal_means_is_the_root_mean_square() -> None:
    assert metrics.mixture_deviation([[5], [5]], [[1], [7]]) == pytest.approx(5)
    assert metrics.mixture_deviation([[5]], [[3]]) == pytest.approx(3)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_the_deviation_neither_overflows_nor_underflows(unit: float) -> None:
    means, deviations = np.array([[-4.0], [4.0]]), np.array([[3.0], [3.0]])
    found = metrics.mixture_deviation(unit * means, unit * deviations)
    assert found == pytest.approx(5 * unit, rel=1e-12)


# NLL


def test_nll_of_a_gaussian_agrees_with_scipy() -> None:
    means, deviations, truth = mixtures(1, 200)
    found = metrics.nll(means, deviations, truth)
    assert within(found, 200)
    assert found == pytest.approx(-stats.norm.logpdf(truth, means[0], deviations[0]))


def test_nll_of_a_mixture_is_of_the_mean_density() -> None:
    means, deviations, truth = mixtures(12, 200)
    density = stats.norm.pdf(truth, means, deviations).mean(0)
    assert metrics.nll(means, deviations, truth) == pytest.approx(-np.log(density))


def test_nll_by_hand() -> None:
    root = math.sqrt(2 * math.pi)
    assert metrics.nll([[2]], [[3]], [2]) == pytest.approx(math.log(3 * root))
    density = (1 + math.exp(-2) / 2) / (2 * root)  # at the mean, and two deviations from it
    assert metrics.nll([[0], [4]], [[1], [2]], [0]) == pytest.approx(-math.log(density))


def test_nll_far_out_is_of_the_nearest_gaussian() -> None:
    # every density underflows
    expected = -stats.norm.logpdf(100) + math.log(2)
    assert metrics.nll([[0], [-5]], [[1], [1]], [100]) == pytest.approx(expected)
    assert metrics.nll([[0]], [[1e-200]], [1]) == math.inf


# CRPS


def integrated(means: Floats, deviations: Floats, y: float) -> float:
    """CRPS of one row as the integral that defines it."""
    low = min((means - 40 * deviations).min(), y)
    high = max((means + 40 * deviations).max(), y)
    bends = sorted(np.concatenate([means + k * deviations for k in (-3, 0, 3)]))

    def area(f: Callable[[float], float], low: float, high: float) -> float:
        inside = [x for x in bends if low < x < high]
        return float(integrate.quad(f, low, high, points=inside or None, limit=1000)[0])

    below = area(lambda x: distribution(means, deviations, x) ** 2, low, y)
    return below + area(lambda x: (1 - distribution(means, deviations, x)) ** 2, y, high)


@pytest.mark.parametrize("draws", [1, 2, 5])
def test_crps_agrees_with_numerical_integration(draws: int) -> None:
    means, deviations, truth = mixtures(draws, 8)
    found = metrics.crps(means, deviations, truth)
    assert within(found, 8)
    expected = [integrated(means[:, i], deviations[:, i], truth[i]) for i in range(8)]
    assert found == pytest.approx(np.array(expected), rel=1e-6)


def test_crps_agrees_with_its_energy_form_by_simulation() -> None:
    means, deviations, truth = mixtures(6, 3)
    rng = np.random.default_rng(1)
    count, rows = 400_000, np.arange(3)

    def simulated() -> Floats:
        picked = rng.integers(6, size=(count, 3))
        return rng.normal(means[picked, rows], deviations[picked, rows])

    x, other = simulated(), simulated()
    terms = np.abs(x - truth) - np.abs(x - other) / 2
    error = terms.std(0) / math.sqrt(count)
    assert (np.abs(terms.mean(0) - metrics.crps(means, deviations, truth)) < 4 * error).all()


def test_crps_by_hand() -> None:
    root = math.sqrt(math.pi)
    assert metrics.crps([[5]], [[2]], [5]) == pytest.approx(2 * (math.sqrt(2) - 1) / root)
    z = 1.5
    expected = z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / root
    assert metrics.crps([[0]], [[1]], [z]) == pytest.approx(expected)
    # two points: the distance 1 to the middle, less a quarter of the distance 2 between them
    assert metrics.crps([[-1], [1]], [[1e-12], [1e-12]], [0]) == pytest.approx(0.5)


def test_crps_goes_to_the_absolute_error() -> None:
    means, _, truth = mixtures(1, 50)
    for deviation in (1e-6, 1e-100, 1e-300):
        found = metrics.crps(means, np.full_like(means, deviation), truth)
        assert found == pytest.approx(np.abs(truth - means[0]), abs=1e-6)


def test_crps_of_points_is_that_of_an_ensemble() -> None:
    means, _, truth = mixtures(7, 20)
    expected = np.abs(means - truth).mean(0) - np.abs(means[:, None] - means).mean((0, 1)) / 2
    found = metrics.crps(means, np.full_like(means, 1e-200), truth)
    assert found == pytest.approx(expected)


def test_crps_far_from_the_label_keeps_its_digits() -> None:
    at_origin = metrics.crps([[0], [1]], [[0.5], [2]], [0.25])
    assert metrics.crps([[2**30], [2**30 + 1]], [[0.5], [2]], [2**30 + 0.25]) == at_origin


# F(y), intervals, calibration


@pytest.mark.parametrize("draws", [1, 12])
def test_pit_is_the_mean_distribution_function(draws: int) -> None:
    means, deviations, truth = mixtures(draws, 100)
    found = metrics.pit(means, deviations, truth)
    assert within(found, 100)
    assert found == pytest.approx(stats.norm.cdf(truth, means, deviations).mean(0))


@pytest.mark.parametrize("level", [1e-6, 0.5, 0.9, 0.999999])
def test_the_interval_of_a_gaussian_is_in_closed_form(level: float) -> None:
    means, deviations, _ = mixtures(1, 50)
    low, high = metrics.central_interval(means, deviations, level)
    assert within(low, 50)
    assert within(high, 50)
    expected = stats.norm.interval(level, means[0], deviations[0])
    assert low == pytest.approx(expected[0], rel=1e-12)
    assert high == pytest.approx(expected[1], rel=1e-9)  # SciPy starts from 1 - 5e-7


@pytest.mark.parametrize("level", [0.01, 0.5, 0.9, 0.9999])
def test_the_interval_of_a_mixture_agrees_with_root_finding(level: float) -> None:
    means, deviations, _ = mixtures(5, 10)
    ends = metrics.central_interval(means, deviations, level)
    for end, p in zip(ends, ((1 - level) / 2, (1 + level) / 2), strict=True):
        for row in range(10):
            m, s = means[:, row], deviations[:, row]
            root = optimize.brentq(
                lambda x, m=m, s=s, p=p: distribution(m, s, x) - p, -100, 100, xtol=1e-12
            )
            assert end[row] == pytest.approx(root, rel=1e-8)


@pytest.mark.parametrize("draws", [2, 12])
def test_equal_draws_make_one_gaussian(draws: int) -> None:
    means, deviations, truth = mixtures(1, 30)
    many = np.repeat(means, draws, 0), np.repeat(deviations, draws, 0)
    for function in OF_TRUTH:
        expected = function(means, deviations, truth)
        assert function(*many, truth) == pytest.approx(expected, rel=1e-12)
    for found, wanted in zip(
        metrics.central_interval(*many, 0.9),
        metrics.central_interval(means, deviations, 0.9),
        strict=True,
    ):
        assert found == pytest.approx(wanted, rel=1e-12)


def test_the_interval_of_deviations_that_differ_much() -> None:
    # the narrow one has a third of the mass, so the middle third of the interval's ends is in it
    deviations = np.array([[1e-8], [1e8], [1e8]])
    low, high = metrics.central_interval(np.zeros((3, 1)), deviations, 0.3)
    assert metrics.pit(np.zeros((3, 1)), deviations, low) == pytest.approx(0.35)
    assert low == -high
    assert abs(float(low[0])) < 1e-7


def test_the_interval_between_gaussians_far_apart_has_the_right_mass() -> None:
    means, deviations = np.array([[-1e6], [1e6]]), np.ones((2, 1))
    low, high = metrics.central_interval(means, deviations, 0.9)
    assert low == pytest.approx(-1e6 + stats.norm.ppf(0.1), rel=1e-12)
    assert high == pytest.approx(1e6 + stats.norm.ppf(0.9), rel=1e-12)
    low, high = metrics.central_interval(means[:, [0, 0]], np.full((2, 2), 1e-300), 0.9)  # points
    assert low == pytest.approx(-1e6, rel=1e-12)
    assert high == pytest.approx(1e6, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("draws", [1, 8])
def test_calibrated_predictions_are_covered(draws: int) -> None:
    rows = 20_000
    means, deviations, _ = mixtures(draws, rows)
    rng = np.random.default_rng(2)
    picked = rng.integers(draws, size=rows), np.arange(rows)
    truth = rng.normal(means[picked], deviations[picked])
    u = metrics.pit(means, deviations, truth)
    assert stats.kstest(u, "uniform").pvalue > 0.01
    for level in (0.1, 0.5, 0.9, 0.99):
        low, high = metrics.central_interval(means, deviations, level)
        share = metrics.coverage(u, level)
        assert share == pytest.approx(((low <= truth) & (truth <= high)).mean(), abs=1e-12)
        assert abs(share - level) < 4 * math.sqrt(level * (1 - level) / rows)
    too_wide = metrics.pit(means, 3 * deviations, truth)
    assert metrics.coverage(too_wide, 0.5) > 0.6


def test_calibration_by_hand() -> None:
    u = np.array([0.5, 0.25, 0.75, 0.9, 1.0])  # distances from the middle 0, 0.5, 0.5, 0.8, 1
    shares = metrics.calibration(u, [0, 0.4, 0.5, 0.7, 0.9, 1])
    assert shares == pytest.approx([0.2, 0.2, 0.6, 0.6, 0.8, 1])
    assert metrics.coverage(u, 0.9) == pytest.approx(0.8)
    assert metrics.calibration([0.5], [0.0, 1.0]) == pytest.approx([1, 1])


# units and magnitudes


@pytest.mark.parametrize("c", [1e-6, 0.3, 1e5])
@pytest.mark.parametrize("draws", [1, 6])
def test_scores_follow_the_unit_of_the_label(draws: int, c: float) -> None:
    means, deviations, truth = mixtures(draws, 40)
    once = metrics.all_metrics(means, deviations, truth, np.ones(40), None)
    scaled = metrics.all_metrics(c * means, c * deviations, c * truth, np.ones(40), None)
    for name in ("rmse", "mae", "crps"):
        assert scaled[name] == pytest.approx(c * once[name], rel=1e-12)
    assert scaled["nll_nats"] == pytest.approx(once["nll_nats"] + math.log(c))
    for name in ("r2", "coverage_90"):
        assert scaled[name] == pytest.approx(once[name])
    for found, wanted in zip(
        metrics.central_interval(c * means, c * deviations, 0.8),
        metrics.central_interval(means, deviations, 0.8),
        strict=True,
    ):
        assert found == pytest.approx(c * wanted, abs=1e-12 * c)


@pytest.mark.parametrize("draws", [1, 3])
@pytest.mark.parametrize("deviation", [1e-300, 1e-20, 1e20, 1e150])
def test_deviations_may_be_huge_or_tiny(draws: int, deviation: float) -> None:
    means = np.arange(draws, dtype=float)[:, None]
    deviations = np.full((draws, 1), deviation)
    truth = np.array([0.5])
    score = metrics.crps(means, deviations, truth)
    low, high = metrics.central_interval(means, deviations, 0.9)
    assert np.isfinite([*score, *low, *high]).all()
    if deviation > 1:
        assert score == pytest.approx(deviation * (math.sqrt(2) - 1) / math.sqrt(math.pi))
        expected = math.log(deviation) + 0.5 * math.log(2 * math.pi)
        assert metrics.nll(means, deviations, truth) == pytest.approx(expected)
        assert metrics.pit(means, deviations, truth) == pytest.approx(0.5)
    else:
        assert metrics.nll(means, deviations, truth)[0] > 1e30


def test_single_precision_is_computed_in_double() -> None:
    means, deviations, truth = (a.astype(np.float32) for a in mixtures(4, 30))
    for function in OF_TRUTH:
        expected = function(*(a.astype(np.float64) for a in (means, deviations, truth)))
        assert function(means, deviations, truth).dtype == np.float64
        assert (function(means, deviations, truth) == expected).all()


# rows at a time


def test_chunks_give_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    means, deviations, truth = mixtures(5, 103)

    def everything() -> list[Floats]:
        found = [f(means, deviations, truth) for f in OF_TRUTH]
        return [*found, *metrics.central_interval(means, deviations, 0.9)]

    whole = everything()
    for block in (1, 5, 50, 514, 515, 516):
        monkeypatch.setattr(metrics, "BLOCK", block)
        for found, expected in zip(everything(), whole, strict=True):
            assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("draws", "rows"), [(400, 20), (3, 200_000), (12, 20_000)])
def test_memory_stays_small(draws: int, rows: int) -> None:
    means, deviations, truth = mixtures(draws, rows)
    for function in (*OF_TRUTH, lambda m, s, _: metrics.central_interval(m, s, 0.9)):
        tracemalloc.start()
        try:
            function(means, deviations, truth)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < 64 * 2**20


# everything


def test_all_metrics_are_the_mean_over_rows() -> None:
    means, deviations, truth = mixtures(6, 80)
    rng = np.random.default_rng(3)
    distortion, rates = rng.uniform(1, 2, 80), rng.uniform(3, 4, 80)
    found = metrics.all_metrics(means, deviations, truth, distortion, rates)
    mean = means.mean(0)
    low, high = metrics.central_interval(means, deviations, 0.9)
    expected = {
        "rmse": reference.root_mean_squared_error(truth, mean),
        "mae": reference.mean_absolute_error(truth, mean),
        "r2": reference.r2_score(truth, mean),
        "nll_nats": metrics.nll(means, deviations, truth).mean(),
        "crps": metrics.crps(means, deviations, truth).mean(),
        "coverage_90": ((low <= truth) & (truth <= high)).mean(),
        "distortion_nats": distortion.mean(),
        "rate_nats": rates.mean(),
        "rate_bits": rates.mean() / math.log(2),
        "rows": 80,
    }
    assert list(found) == list(expected)
    assert found == pytest.approx(expected)
    assert isinstance(found["rows"], int)
    assert all(type(value) is float for name, value in found.items() if name != "rows")


def test_metrics_that_do_not_apply_are_none() -> None:
    found = metrics.all_metrics([[1.0]], [[1.0]], [1.0], [0.5], None)
    assert {name for name, value in found.items() if value is None} == {
        "r2",
        "rate_nats",
        "rate_bits",
    }
    assert found["rows"] == 1
    assert found["coverage_90"] == 1


def test_a_mixture_is_never_worse_than_its_draws_on_average() -> None:
    # Jensen: -log of a mean is at most the mean of -log; the distortion is the latter
    means, deviations, truth = mixtures(6, 80)
    distortion = -stats.norm.logpdf(truth, means, deviations).mean(0)
    assert (metrics.nll(means, deviations, truth) <= distortion + 1e-12).all()


def test_nan_stays_nan() -> None:
    means, deviations, truth = mixtures(3, 10)
    means[1, 4] = np.nan
    found = metrics.all_metrics(means, deviations, truth, np.ones(10), None)
    for name in ("rmse", "mae", "r2", "nll_nats", "crps", "coverage_90"):
        assert math.isnan(found[name] or 0)
    low, high = metrics.central_interval(means, deviations, 0.9)
    assert np.flatnonzero(np.isnan(low)) == [4]
    assert np.flatnonzero(np.isnan(high)) == [4]
    assert np.isnan(metrics.calibration([0.5, np.nan], [0.1, 1.0])).all()


# what is refused

ONES = np.ones((2, 3))


@pytest.mark.parametrize(
    ("means", "deviations", "truth", "message"),
    [
        (np.ones(3), ONES, np.ones(3), r"means: expected the shape \[S, N\].* got \(3,\)"),
        (ONES, np.ones(3), np.ones(3), r"deviations: expected the shape \[S, N\].* got \(3,\)"),
        (ONES, ONES[:1], np.ones(3), r"differ in shape: \(2, 3\) and \(1, 3\)"),
        (ONES, ONES, np.ones(2), "truth: expected 3 rows, got 2"),
        (ONES, ONES, np.ones((3, 1)), r"truth: expected the shape \[N\].* got \(3, 1\)"),
        (np.ones((2, 0)), np.ones((2, 0)), np.ones(0), r"means: .* got \(2, 0\)"),
        (np.ones((0, 3)), np.ones((0, 3)), np.ones(3), r"means: .* got \(0, 3\)"),
        (ONES, ONES * [1, 0, 1], np.ones(3), "deviations: expected numbers above 0, got 0"),
        (ONES, -ONES, np.ones(3), "deviations: expected numbers above 0, got -1"),
    ],
)
def test_bad_distributions_are_refused(
    means: Floats, deviations: Floats, truth: Floats, message: str
) -> None:
    for function in OF_TRUTH:
        with pytest.raises(ValueError, match=message):
            function(means, deviations, truth)
    with pytest.raises(ValueError, match=message):
        metrics.all_metrics(means, deviations, truth, np.ones(3), None)


def test_bad_shapes_are_refused() -> None:
    for function in (metrics.rmse, metrics.mae, metrics.r_squared):
        with pytest.raises(ValueError, match="prediction: expected 3 rows, got 1"):
            function([1], [1, 2, 3])
        with pytest.raises(ValueError, match=r"prediction: .* got \(3, 1\)"):
            function(np.ones((3, 1)), np.ones(3))  # not an error to NumPy: it makes [3, 3]
        with pytest.raises(ValueError, match=r"truth: .* got \(0,\)"):
            function([], [])
    for function in (metrics.mixture_deviation, lambda m, s: metrics.central_interval(m, s, 0.9)):
        with pytest.raises(ValueError, match=r"differ in shape: \(2, 3\) and \(1, 3\)"):
            function(ONES, ONES[:1])
    with pytest.raises(ValueError, match=r"means: .* got \(3,\)"):
        metrics.mixture_mean(np.ones(3))
    with pytest.raises(ValueError, match="distortion: expected 3 rows, got 2"):
        metrics.all_metrics(ONES, ONES, np.ones(3), np.ones(2), None)
    with pytest.raises(ValueError, match="rates: expected 3 rows, got 2"):
        metrics.all_metrics(ONES, ONES, np.ones(3), np.ones(3), np.ones(2))


def test_bad_levels_and_probabilities_are_refused() -> None:
    for level in (-0.1, 0, 1, 90, math.nan):
        with pytest.raises(ValueError, match="level: expected a number between 0 and 1"):
            metrics.central_interval(ONES, ONES, level)
    for level in (-0.1, 90):
        with pytest.raises(ValueError, match="levels: expected numbers between 0 and 1"):
            metrics.coverage([0.5], level)
    with pytest.raises(ValueError, match=r"pit: expected numbers between 0 and 1, got 1\.5"):
        metrics.coverage([0.5, 1.5], 0.9)
    with pytest.raises(ValueError, match=r"pit: .* got \(1, 1\)"):
        metrics.calibration([[0.5]], [0.9])


def test_nothing_that_is_handed_over_changes() -> None:
    given = mixtures(3, 10)
    copies = [a.copy() for a in given]
    metrics.all_metrics(*given, np.ones(10), np.ones(10))
    metrics.central_interval(*given[:2], 0.9)
    assert all((a == b).all() for a, b in zip(given, copies, strict=True))


def test_every_function_explains_itself() -> None:
    for name, function in inspect.getmembers(metrics, inspect.isfunction):
        if function.__module__ == metrics.__name__ and not name.startswith("_"):
            assert function.__doc__
