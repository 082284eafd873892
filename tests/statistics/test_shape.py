import math

import numpy as np
import pytest
from scipy import stats

from vibcli.statistics import Shape, shape

# Grubbs (1969, table I): of 8 observations the two-sided critical value at 1% is 2.274
EIGHT = [0.1, -0.2, 0.0, 0.15, -0.1, 0.2, 0.05]


def apart(value: float) -> float:
    numbers = np.array([*EIGHT, value])
    return float(abs(value - numbers.mean()) / numbers.std(ddof=1))


def test_one_far_off_is_found_by_grubbs_table() -> None:
    found = [value for value in np.linspace(0.2, 2, 400) if shape([*EIGHT, value]).odd == 7]
    assert apart(found[0]) == pytest.approx(2.274, abs=0.005)
    assert shape([-9.0, *EIGHT]).odd == 0


def test_skewness_is_that_of_dagostinos_test() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        numbers = rng.exponential(1, 12)
        assert shape(numbers).skewed == (stats.skewtest(numbers).pvalue < 0.01)
    assert shape(-rng.exponential(1, 40)).skewed
    assert not shape(np.linspace(-1, 1, 40)).skewed


@pytest.mark.parametrize("numbers", [[1.0], [1.0, 9.0], [0.5] * 8, [0.0, 0.0, 0.0]])
def test_too_few_and_equal_ones_have_no_shape(numbers: list[float]) -> None:
    assert shape(numbers) == Shape(None, False)


def test_normal_differences_seldom_warn() -> None:
    rng = np.random.default_rng(1)
    found = [shape(rng.normal(0.3, 2, 8)) for _ in range(2000)]
    assert np.mean([one.odd is not None for one in found]) == pytest.approx(0.01, abs=0.007)
    assert np.mean([one.skewed for one in found]) < 0.025


def test_bad_differences_are_refused() -> None:
    for bad in ([], [1.0, math.nan]):
        with pytest.raises(ValueError, match="differences"):
            shape(bad)
