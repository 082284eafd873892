from typing import Any

import pytest

from vibcli.errors import VibError
from vibcli.store.query import OPERATORS, as_text, condition, in_order

VALUES: dict[str, Any] = {
    "lam": 0.1,
    "epochs": 10,
    "share": 0.9,
    "name": "vib",
    "day": "2026-01-05",
    "widths": [64, 32],
    "off": None,
}


def holds(text: str) -> bool:
    return condition(text, lambda name: name).holds(VALUES)


@pytest.mark.parametrize(
    "text",
    [
        *("lam=0.1", "lam==1e-1", " lam = .1 ", "lam!=0.2", "lam>0.09", "lam>=0.1", "lam<=0.1"),
        *("epochs=10.0", "epochs<11", "share=90%", "share>=89.9%", "share<1"),
        *("name=vib", "name!=vi", "name~ib", "name>via", "day>2026-01", "day<2026-02"),
        *("widths=64,32", "widths~32", "off=none", "off=NONE", "lam!=none", "off!=3", "never=none"),
    ],
)
def test_what_holds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        *("lam=0.2", "lam>0.1", "lam<0.1", "lam!=0.1", "epochs>10", "share>90%", "name=VIB"),
        *("name~x", "off=0", "off<1", "off>1", "off~n", "off!=none", "lam=none", "never>0"),
    ],
)
def test_what_does_not_hold(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize("text", ["", "lam", "=1", "lam 0.1", "a b=1", "[lam]=1", "f(x)=1", "a'=1"])
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(VibError, match="is no condition"):
        holds(text)


@pytest.mark.parametrize("typed", ["x", "", "1,5", "10 epochs"])
def test_a_number_is_compared_with_numbers(typed: str) -> None:
    with pytest.raises(VibError, match="'lam' is a number and cannot be compared with"):
        holds(f"lam>{typed}")


def test_the_value_may_hold_signs() -> None:
    found = condition("name=a>=b", str)
    assert (found.name, found.sign, found.typed) == ("name", "=", "a>=b")
    assert all(condition(f"x{sign}1", str).sign == sign for sign in OPERATORS)


RUNS = [{"a": 2, "b": "x"}, {"a": None, "b": "y"}, {"a": 10, "b": "x"}, {"a": "n", "b": "z"}, {}]


@pytest.mark.parametrize(
    ("keys", "down", "expected"),
    [
        (["a"], [False], [0, 2, 3, 1, 4]),
        (["a"], [True], [3, 2, 0, 1, 4]),
        (["b"], [False], [0, 2, 1, 3, 4]),  # equals as they were
        (["b"], [True], [3, 1, 0, 2, 4]),
        (["b", "a"], [False, True], [2, 0, 1, 3, 4]),
        ([], [], [0, 1, 2, 3, 4]),
    ],
)
def test_numbers_come_before_text_and_nothing_comes_last(
    keys: list[str], down: list[bool], expected: list[int]
) -> None:
    ordered = in_order(range(len(RUNS)), lambda i: RUNS[i], keys, down)
    assert ordered == expected


def test_values_as_they_are_typed() -> None:
    assert [as_text(v) for v in (0.1, 1e-5, 3, "a", [64, 32], ("a", 0.5))] == [
        *("0.1", "1e-05", "3", "a", "64,32", "a,0.5"),
    ]
