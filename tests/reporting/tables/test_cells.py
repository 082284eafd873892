import pytest

from vibcli.reporting.tables.cells import interval, number, plus_minus
from vibcli.statistics import Estimate


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (Estimate(0.5, None, None, 1), "50.0"),
        (Estimate(0.5, 0.25, 0.75, 2), "50.0 ± 25.0"),
    ],
)
def test_plus_minus(value: Estimate | None, expected: str) -> None:
    assert plus_minus(value, 100, 1) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (Estimate(48231.55, None, None, 1), "48,232"),
        (Estimate(48231.55, 46997.0, 49466.1, 3), "48,232 ± 1,235"),
        (Estimate(55.2477, 54.2, 56.2921, 3), "55.25 ± 1.04"),
        (Estimate(0.5, -11.5, 12.5, 2), "0.50 ± 12.00"),
        (Estimate(0.0, 0.0, 0.0, 2), "0 ± 0"),
        (Estimate(2e9, 1e9, 3e9, 2), "2.000e+09 ± 1.000e+09"),
    ],
)
def test_without_digits_four_of_the_largest_number_are_significant(
    value: Estimate | None, expected: str
) -> None:
    assert plus_minus(value, 1, None) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (Estimate(-12345.67, -15000.2, -9691.1, 3), "-12,346 [-15,000, -9,691]"),
        (Estimate(-0.2235, -2.62, 2.1731, 3), "-0.224 [-2.620, +2.173]"),
        (Estimate(0.0012344, None, None, 1), "+0.001234"),
        (Estimate(0.0, 0.0, 0.0, 2), "+0 [+0, +0]"),
    ],
)
def test_ends_of_an_interval_end_where_its_mean_does(value: Estimate | None, expected: str) -> None:
    assert interval(value, 1, None) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (Estimate(-0.5, None, None, 1), "-50.0"),
        (Estimate(0.5, -0.25, 1.25, 2), "+50.0 [-25.0, +125.0]"),
        (Estimate(0.0, 0.0, 0.0, 2), "+0.0 [+0.0, +0.0]"),
    ],
)
def test_interval(value: Estimate | None, expected: str) -> None:
    assert interval(value, 100, 1) == expected


def test_number() -> None:
    assert number(0.5, "{:.2%}") == "50.00%"
    assert number(None, "{:.2%}") == "-"
    assert number(0.0, "{:.1f}") == "0.0"
