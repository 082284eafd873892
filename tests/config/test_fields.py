from typing import Any

import pytest
from pydantic import ValidationError

from vibcli.config.fields import (
    DRAWN,
    LATENT,
    RATED,
    ColumnNames,
    Group,
    Strength,
    Unless,
    Whole,
    Widths,
    setting,
)


class Sample(Group):
    """A group of one setting of each kind."""

    widths: Widths = setting((1,), "Widths.", "Panel", min_length=1)
    columns: ColumnNames = setting(None, "Columns.", "Panel", "--column")
    strength: Strength = setting(None, "Strength.", "Panel", ge=0, lt=1)
    whole: Whole = setting(None, "Whole.", "Panel", needs={"widths": Unless([None])}, ge=1)
    name: str = setting("a", "Name.", "Panel", choices=("a", "b"))


def test_unless_holds_all_values_but_those_it_names() -> None:
    unless = Unless(["last", None])
    assert "last" not in unless
    assert None not in unless
    for value in ("accuracy", "", "Last", "las", 0, False, ("last",)):
        assert value in unless
    assert list(unless) == ["last", None]


@pytest.mark.parametrize("value", [None, "", "last", 0])
def test_unless_nothing_is_everything(value: Any) -> None:
    assert value in Unless()
    assert value in Unless([])


def test_what_is_declared_is_on_the_field() -> None:
    fields = Sample.model_fields
    assert fields["columns"].json_schema_extra == {
        "panel": "Panel",
        "flag": "--column",
        "needs": {},
        "choices": (),
    }
    assert fields["name"].json_schema_extra["choices"] == ("a", "b")  # type: ignore[index, call-overload]
    assert fields["whole"].json_schema_extra["needs"] == {"widths": Unless([None])}  # type: ignore[index, call-overload]
    assert (fields["strength"].default, fields["strength"].description) == (None, "Strength.")


def test_declarations_do_not_share_their_needs() -> None:
    shared = {"kind": ("text",)}
    one, other = (setting(1, "", "", needs=shared) for _ in range(2))
    one.json_schema_extra["needs"]["encoder"] = ("mlp",)
    assert other.json_schema_extra["needs"] == shared == {"kind": ("text",)}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("300, 100", (300, 100)),
        (" 7 ", (7,)),
        ("1,2,3", (1, 2, 3)),
        ([4, 5], (4, 5)),
        ((6,), (6,)),
    ],
)
def test_widths_are_lists_of_whole_numbers(typed: Any, meant: tuple[int, ...]) -> None:
    assert Sample(widths=typed).widths == meant


@pytest.mark.parametrize("typed", ["", "1,,2", "1;2", "1.5", "0", "1,-1", (), [], 7, None])
def test_widths_that_are_none_are_refused(typed: Any) -> None:
    with pytest.raises(ValidationError):
        Sample(widths=typed)


@pytest.mark.parametrize(
    ("typed", "meant"), [([], None), ((), None), (["a"], ("a",)), (("a", "b"), ("a", "b"))]
)
def test_no_columns_are_columns_that_were_not_named(typed: Any, meant: Any) -> None:
    assert Sample(columns=typed).columns == meant


@pytest.mark.parametrize("zero", [0, 0.0, -0.0, False])
def test_no_strength_is_off(zero: float) -> None:
    found = Sample(strength=zero, whole=zero)
    assert (found.strength, found.whole) == (None, None)


def test_a_strength_has_bounds_and_none_has_none() -> None:
    found = Sample(strength=0.5, whole=2)
    assert (found.strength, found.whole) == (0.5, 2)
    for wrong in ({"strength": 1}, {"strength": -0.1}, {"whole": -1}, {"whole": 1.5}):
        with pytest.raises(ValidationError):
            Sample(**wrong)


def test_a_group_is_frozen_and_strict_about_names() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Sample().name = "b"
    with pytest.raises(ValidationError, match="extra"):
        Sample(colour=1)  # type: ignore[call-arg]


def test_bottlenecks_by_what_their_code_is() -> None:
    """Width of its own, noise, and a rate: each of these has the one before."""
    assert set(LATENT["bottleneck"]) == {"deterministic", "units", "noisy", "gaussian"}
    assert set(DRAWN["bottleneck"]) == {"noisy", "gaussian"}
    assert set(RATED["bottleneck"]) == {"gaussian"}
