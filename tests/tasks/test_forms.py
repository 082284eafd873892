import pytest

from vibcli.tasks.forms import alike, written


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        ("{:.4g}", 0.0, "0"),
        ("{:.4g}", 12.34567, "12.35"),
        ("{:.4g}", 9999.4, "9999"),
        ("{:.4g}", 9999.5, "10,000"),
        ("{:.4g} nats", -48231.55, "-48,232 nats"),
        ("{:.4g}", 1e9, "1e+09"),
        ("{:.4g}", 1.23456e-5, "1.235e-05"),
        ("{:.4g}", float("inf"), "inf"),
        ("{:.2f}", 48231.553, "48231.55"),
        ("{:.2%}", 0.5, "50.00%"),
    ],
)
def test_a_number_in_any_unit_is_written_without_a_power_of_ten(
    form: str, value: float, expected: str
) -> None:
    assert written(form, value) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0.0, 0.0), ["+0", "+0"]),
        ((0.0, -0.5), ["+0.0000", "-0.5000"]),
        ((-0.2235, -2.62, 2.1731), ["-0.224", "-2.620", "+2.173"]),
        ((9.9996, 1.0), ["+10.00", "+1.00"]),
        ((999.96, 1.0), ["+1000", "+1"]),
        ((48231.55, 9.8), ["+48,232", "+10"]),
        ((1e9, -1.0), ["+1.000e+09", "-1.000e+00"]),
        ((1e-5, 2e-7), ["+1.000e-05", "+2.000e-07"]),
        ((1e-4, 2e-7), ["+0.0001000", "+0.0000002"]),
        ((float("nan"), 2.0), ["+nan", "+2.000"]),
        ((), []),
    ],
)
def test_numbers_in_any_unit_end_at_one_place(
    values: tuple[float, ...], expected: list[str]
) -> None:
    assert alike("{:+.4g}", *values) == expected


def test_numbers_of_a_known_unit_are_written_as_they_are_to_be() -> None:
    assert alike("{:+.2f} points", 0.5, -12.345) == ["+0.50 points", "-12.35 points"]
