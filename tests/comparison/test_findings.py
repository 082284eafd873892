import itertools

import numpy as np
import pytest
from compared import classes
from scipy import stats

from vibcli.comparison.findings import Finding, correct, divided_settings, findings
from vibcli.comparison.measured import Measured
from vibcli.statistics import estimate
from vibcli.tasks.task import Quantity

QUANTITIES = {
    "main": Quantity(1, tested=True),
    "loss": Quantity(-1, tested=True),
    "time": Quantity(-1),
    "rate": Quantity(0),
}


def measured(**differences: list[float]) -> Measured:
    """An experiment whose values are its differences: the other one has 0 everywhere."""
    by_seed = {key: dict(enumerate(values)) for key, values in differences.items()}
    return Measured(by_seed, by_seed)


def found(own: Measured, level: float | None = 0.05) -> dict[str, Finding]:
    return findings(own, QUANTITIES, level)


def test_a_finding_by_an_independent_test() -> None:
    numbers = [0.5, 0.7, -0.1, 0.4, 0.9, 0.6]
    one = found(measured(main=numbers))["main"]
    interval = stats.ttest_1samp(numbers, 0).confidence_interval(0.95)
    exact = stats.permutation_test(
        (numbers, np.zeros(6)),
        lambda x, y, axis: (x - y).mean(axis),
        permutation_type="samples",
        n_resamples=np.inf,
    ).pvalue
    assert one.difference is not None
    assert one.difference[1:3] == pytest.approx(tuple(interval))
    assert one.p == pytest.approx(exact)
    assert one.improvement is not None
    assert one.improvement.probability == pytest.approx(5 / 6)
    assert (one.p_adjusted, one.alike) == (None, False)


def test_the_level_is_that_of_differences_and_values_keep_theirs() -> None:
    numbers = [0.5, 0.7, -0.1, 0.4]
    one = found(measured(main=numbers), 0.0079)["main"]
    assert one.difference == estimate(numbers, 1 - 0.0079)
    assert one.value == estimate(numbers, 0.95)
    assert found(measured(main=numbers), None)["main"].difference == estimate(numbers, 0.95)


def test_what_is_neither_better_nor_tested() -> None:
    all_ = found(measured(loss=[-1.0, -2.0, -3.0], time=[1.0, 2.0], rate=[1.0, 2.0]))
    assert all_["loss"].improvement is not None
    assert all_["loss"].improvement.probability == 1  # a lower loss is better
    assert (all_["time"].p, all_["rate"].p, all_["rate"].improvement) == (None, None, None)
    assert found(measured(loss=[1.0]))["loss"].p is None  # one seed
    alone = found(Measured({"loss": {0: 1.0}}, {}))["loss"]
    assert alone == Finding(estimate([1.0]))


@pytest.mark.parametrize(
    ("differences", "alike"),
    [([1, 2], True), ([-1, -2], True), ([1, -2], False), ([0, 0], False), ([0, 1], False)],
)
def test_differences_are_alike_where_all_have_one_sign(
    differences: list[float], alike: bool
) -> None:
    assert found(measured(main=differences))["main"].alike == alike


def step_down(matrix: np.ndarray) -> np.ndarray:
    """Westfall & Young's algorithm by definition: every flip, |t|, successive maxima."""

    def t(rows: np.ndarray) -> np.ndarray:
        return np.abs(rows.mean(1)) / (rows.std(1, ddof=1) / np.sqrt(rows.shape[1]))

    observed = t(matrix)
    order = np.argsort(-observed)
    flips = [t(matrix * np.array(s)) for s in itertools.product((1, -1), repeat=matrix.shape[1])]
    p = np.empty(len(matrix))
    least = 0.0
    for i, row in enumerate(order):
        rest = order[i:]
        p[row] = least = max(least, np.mean([f[rest].max() >= observed[row] - 1e-9 for f in flips]))
    return p


def test_secondary_quantities_of_all_experiments_are_one_family() -> None:
    rng = np.random.default_rng(0)
    numbers = rng.normal([[0.0], [1.5], [0.4], [0.9]], 1, (4, 7))
    own = [
        measured(main=[0.0] * 7),
        measured(main=numbers[0].tolist(), loss=numbers[1].tolist(), rate=[1.0] * 7),
        measured(main=numbers[2].tolist(), loss=numbers[3].tolist()),
    ]
    rows = [found(Measured(own[0].values, {})), *(found(one) for one in own[1:])]
    assert correct(rows, [Measured(own[0].values, {}), *own[1:]], "main") == 2
    expected = step_down(numbers[[1, 3]])
    got = [rows[i]["loss"].p_adjusted for i in (1, 2)]
    assert got == pytest.approx(expected)
    assert rows[1]["main"].p_adjusted is None  # the primary one is decided by itself
    assert rows[1]["rate"].p_adjusted is None


def test_a_seed_that_an_experiment_lacks_has_no_sign_to_flip() -> None:
    own = measured(loss=[1.0, 2.0, 1.5, 1.0, 2.5, 1.2])
    few = Measured({"loss": {0: 1.0}}, {"loss": {0: 1.0, 1: 1.1, 9: 0.9}})
    rows = [found(own), found(few)]
    assert correct(rows, [own, few], "main") == 2
    assert rows[0]["loss"].p_adjusted == pytest.approx(2 / 2**6)
    assert rows[1]["loss"].p_adjusted is not None
    assert rows[1]["loss"].p_adjusted >= 2 / 2**3


def test_nothing_to_correct() -> None:
    assert correct([{}], [Measured({}, {})], "main") == 0


def test_settings_are_told_apart() -> None:
    members = [classes("a", [0.5], lam=0.1), classes("b", [0.5], lam=0.2)]
    constant, differing = divided_settings(members)
    assert differing == {"lam": {"a": 0.1, "b": 0.2}}
    assert constant["epochs"] == 6
    assert "variant" not in constant
