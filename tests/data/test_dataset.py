import numpy as np
import pyarrow as pa
import pytest

from vibcli.data.dataset import (
    Description,
    Split,
    fingerprint,
    label_kind,
    load_table,
    save_table,
    string_content,
)
from vibcli.data.image import Images
from vibcli.data.tabular import Features
from vibcli.data.text import texts

STRINGS = ["ab", "", "ü c", "d"]
LABELS = np.array([0, 1, 1, 0])


def content(array):
    return b"".join(string_content(array))


@pytest.mark.parametrize(
    "array",
    [
        pa.array(STRINGS, pa.string()),
        pa.array(["x", *STRINGS, "y"], pa.string()).slice(1, 4),
        pa.array(["x", *STRINGS, "y"], pa.large_string()).slice(1, 4),
        pa.array(STRINGS, pa.string_view()),
        pa.array(STRINGS).dictionary_encode().cast(pa.large_string()),
    ],
)
def test_strings_say_the_same_however_they_are_stored(array):
    lengths = np.array([2, 0, 4, 1], np.int64).tobytes()
    assert content(array) == lengths + "abü cd".encode()


@pytest.mark.parametrize(
    "other", [["a", "b", "ü c", "d"], ["ab", "", "ü c", "D"], ["", "ab", "ü c", "d"], STRINGS[:3]]
)
def test_other_strings_say_something_else(other):
    assert content(pa.array(other)) != content(pa.array(STRINGS))


def test_tables_come_back_from_disk(tmp_path):
    table = pa.table({"a": [1.5, 2.5], "b": pa.array(["x", "y"], pa.large_string())})
    save_table(table, tmp_path / "table.arrow")
    assert load_table(tmp_path / "table.arrow").equals(table)


def make_texts(strings=tuple(STRINGS)):
    return texts(pa.array(strings, pa.large_string()))


def make_features(numbers=(1.0, 2.0, 3.0, 4.0), name="a"):
    return Features(pa.table({name: np.array(numbers), "b": pa.array(STRINGS, pa.large_string())}))


def make_images(value=7):
    pixels = np.zeros((4, 1, 2, 3), np.uint8)
    pixels[3, 0, 1, 2] = value
    return Images(pixels)


SAME = [make_texts, make_features, make_images]


def of(inputs, labels=LABELS, kind="text", classes=("a", "b"), split="train"):
    return fingerprint(kind, classes, {split: Split(inputs, labels)})


@pytest.mark.parametrize("make", SAME)
def test_equal_rows_have_equal_fingerprints(make):
    assert of(make()) == of(make())
    assert len(of(make())) == 16
    int(of(make()), 16)


@pytest.mark.parametrize("make", SAME)
@pytest.mark.parametrize(
    "change",
    [
        {"labels": np.array([0, 1, 1, 1])},
        {"labels": LABELS[::-1] ^ 1},
        {"kind": "image"},
        {"classes": ("a", "c")},
        {"classes": ("b", "a")},
        {"split": "test"},
    ],
)
def test_labels_classes_kind_and_split_count(make, change):
    assert of(make(), **change) != of(make())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (make_texts(), make_texts(["ab", "", "ü c", "d "])),
        (make_texts(), make_texts(STRINGS[::-1])),
        (make_features(), make_features((1.0, 2.0, 3.0, np.nextafter(4.0, 5)))),
        (make_features(), make_features((2.0, 1.0, 3.0, 4.0))),
        (make_features(), make_features(name="c")),
        (make_images(), make_images(8)),
        (make_images(), Images(make_images().pixels.reshape(4, 1, 3, 2))),
        (make_images(), Images(make_images().pixels[::-1])),
    ],
)
def test_a_changed_cell_name_shape_or_order_counts(one, other):
    assert of(one) != of(other)


def test_the_order_in_which_splits_come_does_not_count():
    train, test = Split(make_images(1), LABELS), Split(make_images(2), LABELS)
    one = fingerprint("image", "ab", {"train": train, "test": test})
    assert one == fingerprint("image", "ab", {"test": test, "train": train})
    assert one != fingerprint("image", "ab", {"train": test, "test": train})


def number(labels, make=make_texts):
    return of(make(), labels=np.array(labels, np.float64), classes=())


@pytest.mark.parametrize("make", SAME)
def test_numbers_as_labels_count_to_the_last_bit(make):
    one = number([0.5, 1.5, 2.5, 4.0], make)
    assert one == number([0.5, 1.5, 2.5, 4.0], make)
    assert len(one) == 16
    for other in (
        [0.5, 1.5, 2.5, np.nextafter(4.0, 5)],
        [1.5, 0.5, 2.5, 4.0],
        [-0.5, 1.5, 2.5, 4.0],
        [0.5, 1.5, 2.5],
    ):
        assert number(other, make) != one


@pytest.mark.parametrize("make", SAME)
def test_the_same_column_as_classes_and_as_numbers_are_other_data(make):
    assert number(LABELS, make) != of(make(), classes=("0", "1"))
    assert number(LABELS, make) != of(make(), classes=())  # nor are integers floats


@pytest.mark.parametrize(
    ("classes", "kind"), [((), "number"), ([], "number"), (("a", "b"), "class"), (("0",), "class")]
)
def test_a_label_without_classes_is_a_number(classes, kind):
    assert label_kind(classes) == kind
    about = Description("a", "b", None, "tabular", ("x",), "y", tuple(classes), "f00d", ())
    assert about.label_kind == kind
