import pytest

from vibcli.reporting.plots.figure import literal


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a_b", "a_b"), ("_a", " _a"), ("$x$", r"\$x\$"), ("n" * 30, "n" * 23 + "…"), ("", "")],
)
def test_names_are_literal_and_short(name: str, expected: str) -> None:
    assert literal(name) == expected
