import math

import numpy as np
import pytest

from vibcli.data.split import hold_out
from vibcli.errors import DataError

NAMES = tuple("abcdefghij")


def labels(*counts, seed=0):
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))


def split(y, size, rows=None, seed=0, purpose="test"):
    rows = np.arange(len(y)) if rows is None else rows
    return hold_out(rows, y, size, seed, purpose, NAMES)


@pytest.mark.parametrize("counts", [(50, 50), (500, 300, 200), (90, 10), (37, 41, 59)])
@pytest.mark.parametrize("size", [0.1, 0.2, 0.5, 30])
def test_disjoint_complete_sorted_and_stratified(counts, size):
    y = labels(*counts)
    kept, held = split(y, size)
    assert sorted([*kept, *held]) == list(range(len(y)))
    assert np.all(np.diff(kept) > 0)
    assert np.all(np.diff(held) > 0)
    wanted = size if isinstance(size, int) else size * len(y)
    assert abs(len(held) - wanted) < 1
    exact = np.array(counts) * len(held) / len(y)
    assert np.abs(np.bincount(y[held]) - exact).max() <= 1


def test_decided_by_seed_and_purpose():
    y = labels(100, 100)
    drawn = {
        (seed, purpose): tuple(split(y, 0.2, seed=seed, purpose=purpose)[1])
        for seed in range(3)
        for purpose in ("test", "validation")
    }
    assert len(set(drawn.values())) == len(drawn)
    assert drawn[2, "test"] == tuple(split(y, 0.2, seed=2, purpose="test")[1])


def test_large_seeds():
    y = labels(100, 100)
    one, other = (split(y, 0.2, seed=seed)[1] for seed in (2**40, 2**40 + 1))
    assert not np.array_equal(one, other)


def test_only_the_given_rows_are_drawn_from():
    y = labels(100, 100)
    rows = np.flatnonzero(np.arange(200) % 3 == 0)
    kept, held = split(y, 0.25, rows)
    assert sorted([*kept, *held]) == rows.tolist()


def test_every_row_is_held_out_equally_often():
    y = labels(20, 30)
    held = np.concatenate([split(y, 10, seed=seed)[1] for seed in range(400)])
    share = np.bincount(held, minlength=50) / 400
    # 4 of 20 and 6 of 30 rows at a time; 400 draws have a standard deviation of 0.02
    assert np.abs(share - 0.2).max() < 0.08


def test_a_class_with_one_row_is_named():
    with pytest.raises(DataError, match=r"validation part .* class 'c' has 1\. Add rows or remove"):
        split(labels(20, 20, 1), 0.1, purpose="validation")


@pytest.mark.parametrize(
    ("counts", "names", "message"),
    [
        (
            (5, 1, 1),
            "abc",
            r"2 of 3 classes have 1: 'b', 'c'\. Add rows or remove these classes\.$",
        ),
        (
            (5, 5, 1),
            "123",
            r"'3' has 1\. Add .*; or, if the label is a number .* --task regression$",
        ),
        ((1,) * 9, "abcdefghi", r"9 of 9 .*, \.\.\.\. A label .* apart\. Name another --label\.$"),
        ((1,) * 3, ("-1", "0", "1"), r"Name another --label; or, if .* --task regression$"),
        ((5, 1), "01", r"class '1' has 1\. Add rows or remove the class\.$"),  # two are no number
    ],
)
def test_what_to_do_about_rare_classes_is_said(counts, names, message):
    y = labels(*counts)
    with pytest.raises(DataError, match=message):
        hold_out(np.arange(len(y)), y, 0.2, 0, "test", tuple(names))


@pytest.mark.parametrize(
    ("size", "purpose", "advice"),
    [
        (0.05, "validation", r"Take --validation 0\.15 to 0\.85, add rows or remove classes\.$"),
        (2, "training", r"Take --train-rows 3 to 18\.$"),
    ],
)
def test_a_size_that_is_advised_will_do(size, purpose, advice):
    y = labels(7, 7, 7)
    with pytest.raises(DataError, match=advice):
        split(y, size, purpose=purpose)
    for enough in {"validation": (0.15, 0.85), "training": (3, 18)}[purpose]:
        kept, held = split(y, enough, purpose=purpose)
        assert set(y[kept]) == set(y[held]) == {0, 1, 2}


def test_the_one_size_that_will_do_is_advised():
    with pytest.raises(DataError, match=r"Take --test 0\.5, add rows or remove classes\.$"):
        split(labels(2, 2, 2, 2), 0.1)
    assert len(split(labels(2, 2, 2, 2), 0.5)[1]) == 4


@pytest.mark.parametrize("size", [0.01, 0.99, 1, 39])
def test_parts_smaller_than_the_number_of_classes(size):
    with pytest.raises(DataError, match=f"40 rows of 2 classes are too few .* part of {size}"):
        split(labels(20, 20), size)


# labels that are numbers


def split_numbers(n, size, rows=None, seed=0, purpose="test", y=None):
    y = np.linspace(0, 1, n) if y is None else y
    rows = np.arange(n) if rows is None else rows
    return hold_out(rows, y, size, seed, purpose, ())


@pytest.mark.parametrize("n", [2, 3, 10, 101, 442])
@pytest.mark.parametrize("size", [0.1, 0.2, 0.5, 1])
def test_rows_of_numbers_are_disjoint_complete_and_sorted(n, size):
    kept, held = split_numbers(n, size)
    assert sorted([*kept, *held]) == list(range(n))
    assert np.all(np.diff(kept) > 0)
    assert np.all(np.diff(held) > 0)
    assert len(held) == (size if isinstance(size, int) else math.ceil(size * n))


@pytest.mark.parametrize(
    ("n", "size", "held"), [(10, 0.2, 2), (11, 0.2, 3), (10, 1, 1), (10, 9, 9), (3, 0.5, 2)]
)
def test_a_share_of_rows_is_rounded_up(n, size, held):
    assert len(split_numbers(n, size)[1]) == held


def test_rows_of_numbers_are_decided_by_seed_and_purpose_alone():
    rng = np.random.default_rng(0)
    drawn = {
        (seed, purpose): tuple(split_numbers(100, 0.2, seed=seed, purpose=purpose)[1])
        for seed in range(3)
        for purpose in ("test", "validation")
    }
    assert len(set(drawn.values())) == len(drawn)
    again = split_numbers(100, 0.2, seed=2, y=rng.normal(size=100))[1]  # whatever the labels
    assert drawn[2, "test"] == tuple(again)


def test_only_the_given_rows_of_numbers_are_drawn_from():
    rows = np.flatnonzero(np.arange(200) % 3 == 0)
    kept, held = split_numbers(200, 0.25, rows)
    assert sorted([*kept, *held]) == rows.tolist()
    assert len(held) == math.ceil(len(rows) / 4)


def test_every_row_of_numbers_is_held_out_equally_often():
    held = np.concatenate([split_numbers(50, 10, seed=seed)[1] for seed in range(400)])
    share = np.bincount(held, minlength=50) / 400
    assert np.abs(share - 0.2).max() < 0.08  # a standard deviation of 0.02


def test_a_number_that_one_row_has_is_no_rare_class():
    kept, held = split_numbers(30, 0.1, y=np.array([7.5] * 29 + [3.0]))
    assert len(kept) + len(held) == 30


@pytest.mark.parametrize(
    ("n", "size"), [(1, 0.5), (1, 1), (10, 10), (10, 11), (10, 0), (10, 0.99), (0, 0.5)]
)
def test_too_few_rows_of_numbers(n, size):
    message = f"^{n} rows are too few to hold out a training part of {size:g}"
    with pytest.raises(DataError, match=message):
        split_numbers(n, size, purpose="training")
