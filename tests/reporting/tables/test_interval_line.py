from collections.abc import Sequence

import pytest
from printing import NASTY, printed
from rich.text import Text

from vibcli.reporting.tables.interval_line import Drawn, interval_lines

ENDS = ("worse", "better")


def drawn(*of: Drawn, margin: float | None = None, width: int = 25) -> list[str]:
    return [line.plain for line in interval_lines(of, margin, ENDS, width)]


def test_places_by_hand() -> None:
    # 22 columns for -0.1 to 2.1 are 21 steps: 0 at 0.95, 1 at 10.5 (even), 2 at 20.05
    line, places = drawn(Drawn("b", 1.0, 0.0, 2.0), width=25)
    assert line == "b  " + " ├────────●─────────┤ "
    assert places == "   " + " 0            better >"


def test_the_margin_is_shaded_and_named() -> None:
    # -1.1 to 1.1 in 23 columns: -1 at 1, 0 at 11, 1 at 21
    line, places = drawn(Drawn("b", 0.5, 0.2, 0.8), margin=1.0, width=26)
    assert line == "b  " + " ░░░░░░░░░░│░├──●──┤░░ "
    assert places == "   " + "< worse    0   better >"
    wide = drawn(Drawn("b", 0.5, 0.2, 0.8), margin=1.0, width=63)[1]
    assert wide == "   < worse                       0                     better >"
    # where there is room beside what the sides mean
    small = drawn(Drawn("b", 0.0, -1.0, 1.0), margin=0.2, width=63)
    assert "-0.2" in small[1]
    assert "+0.2" in small[1]
    assert small[0].count("░") == 0  # the interval lies over it
    assert "┼" not in small[0]  # and its mean over 0


def columns(line: str) -> dict[str, int]:
    return {mark: line.index(mark) for mark in "├●┤" if mark in line}


@pytest.mark.parametrize(
    ("low", "mean", "high", "zero"),
    [
        (0.0, 1.0, 2.0, "left"),
        (-2.0, -1.0, 0.0, "right"),
        (1.0, 2.0, 3.0, "left"),
        (-3.0, -2.0, -1.0, "right"),
        (-1.0, 0.5, 1.0, "inside"),
    ],
)
def test_zero_is_always_there(low: float, mean: float, high: float, zero: str) -> None:
    line, places = drawn(Drawn("b", mean, low, high), width=63)
    at = places.index("0")
    marks = columns(line)
    assert marks["├"] < marks["●"] < marks["┤"]
    if zero == "left":
        assert at <= marks["├"]
        assert "better >" in places
    elif zero == "right":
        assert at >= marks["┤"]
        assert "< worse" in places
    else:
        assert line[at] == "┼"
        assert marks["├"] < at < marks["┤"]
    assert (line[at] == "│") == (low > 0 or high < 0)


def test_columns_are_in_proportion() -> None:
    line, places = drawn(Drawn("b", 2.0, 1.0, 4.0), width=203)
    marks = columns(line)
    zero = places.index("0")
    step = (marks["┤"] - zero) / 4
    assert marks["├"] - zero == pytest.approx(step, abs=1)
    assert marks["●"] - zero == pytest.approx(2 * step, abs=1)


@pytest.mark.parametrize("value", [0.0, 5.0, -5.0, 1e-12, 1e12])
@pytest.mark.parametrize("margin", [None, 0.0, 2.0])
def test_a_point_is_its_mean(value: float, margin: float | None) -> None:
    line, places = drawn(Drawn("b", value, value, value), margin=margin, width=60)
    assert line.count("●") == 1
    assert not columns(line).keys() & {"├", "┤"}
    assert max(len(line), len(places)) <= 60
    assert "0" in places


def test_a_wide_margin_and_a_small_interval_and_the_other_way_round() -> None:
    narrow = drawn(Drawn("b", 0.001, 0.0005, 0.0015), margin=10.0, width=60)[0]
    assert narrow.count("░") > 40
    assert narrow.count("●") == 1
    wide = drawn(Drawn("b", 0.0, -1000.0, 1000.0), margin=0.5, width=60)[0]
    assert columns(wide).keys() == {"├", "●", "┤"}


def test_all_are_on_one_scale_and_their_names_beside_each_other() -> None:
    first, second, places = drawn(
        Drawn("a", -1.0, -2.0, 0.0), Drawn("longer", 1.0, 0.0, 2.0), width=60
    )
    assert (first[:8], second[:8]) == ("a       ", "longer  ")
    assert columns(first)["┤"] == columns(second)["├"] == places.index("0")


@pytest.mark.parametrize("names", [("x" * 200,), ("y-" * 50, "b"), (NASTY, "[bold]"), ("",)])
@pytest.mark.parametrize("width", [78, 40])
def test_long_names_and_brackets_leave_room(names: Sequence[str], width: int) -> None:
    lines = interval_lines([Drawn(n, 0.5, -1.0, 2.0) for n in names], 0.3, ENDS, width)
    shown = printed(Text("\n").join(lines), width=width).splitlines()
    assert len(shown) == len(names) + 1
    for name, line in zip(names, shown, strict=False):
        assert line.startswith(name[: width // 3])
        assert columns(line).keys() == {"├", "●", "┤"}


@pytest.mark.parametrize(("margin", "shown"), [(988.7, "-989"), (12345.0, "-12,345")])
def test_large_margins_have_no_powers_of_ten(margin: float, shown: str) -> None:
    places = drawn(Drawn("b", -9 * margin, -10 * margin, -8 * margin), margin=margin, width=78)[1]
    assert shown in places
    assert "e+" not in places
