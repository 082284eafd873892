import numpy as np
import pytest

from vibcli.reporting.label_groups import GROUPS, in_groups


def test_classes_stay_as_they_are() -> None:
    groups, names = in_groups(np.array([2, 0, 1, 2]), ["a", "b", "c"])
    assert groups.tolist() == [2, 0, 1, 2]
    assert names == ("a", "b", "c")


def test_numbers_are_grouped_by_their_quantiles() -> None:
    labels = np.random.default_rng(0).lognormal(10, 1, 1000)
    groups, names = in_groups(labels, ())
    assert np.bincount(groups).tolist() == [200] * GROUPS
    assert len(set(names)) == GROUPS
    for group in range(GROUPS - 1):
        assert labels[groups == group].max() < labels[groups == group + 1].min()


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((25, 341), ["25 to 88", "88 to 151", "151 to 215", "215 to 278", "278 to 341"]),
        ((120400, 620400), ["120000 to 220000", "220000 to 320000", None, None, None]),
        ((1013.2, 1013.9), ["1013.2 to 1013.34", None, None, None, "1013.76 to 1013.9"]),
        ((-2e-6, 3e-6), ["-2e-06 to -1e-06", None, None, None, "2e-06 to 3e-06"]),
    ],
)
def test_groups_are_named_with_no_more_digits_than_tell_them_apart(
    ends: tuple[float, float], expected: list[str | None]
) -> None:
    _, names = in_groups(np.linspace(*ends, 101), ())
    assert [name if wanted else None for name, wanted in zip(names, expected, strict=True)] == (
        expected
    )


def test_numbers_that_come_again_and_again_make_fewer_groups() -> None:
    groups, names = in_groups(np.array([0.0] * 60 + list(range(1, 41))), ())
    assert names == ("0 to 0.4", "0.4 to 20.2", "20.2 to 40")
    assert np.bincount(groups).tolist() == [60, 20, 20]


def test_one_number_is_one_group() -> None:
    groups, names = in_groups(np.full(7, 48231.55), ())
    assert groups.tolist() == [0] * 7
    assert names == ("48231.55",)
