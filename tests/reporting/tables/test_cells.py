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
