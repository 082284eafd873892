from decimal import Decimal

import datasets
import numpy as np
import pyarrow as pa
import pytest
from samples import WORDS, texts

from vibcli.config.data import DataSpec
from vibcli.data.columns import (
    choose_columns,
    column_numbers,
    encode_labels,
    number_labels,
    plain_labels,
    read_labels,
)
from vibcli.data.raw import Raw
from vibcli.data.tabular import MAX_NUMBER
from vibcli.errors import DataError

N = 40
LABEL = [i % 2 for i in range(N)]
TEXT = texts(N)
NUMBER = [float(i) for i in range(N)]
CATEGORY = [("red", "green", "light blue")[i % 3] for i in range(N)]
IMAGE = [{"bytes": b"", "path": "a.png"}] * N


def raw(class_names=None, **columns):
    return Raw({"train": pa.table(columns)}, class_names or {})


def chosen(data, **settings):
    return choose_columns(data, DataSpec(dataset="data.csv", **settings))


# which columns


@pytest.mark.parametrize(
    ("columns", "kind", "inputs"),
    [
        ({"a": NUMBER}, "tabular", ("a",)),
        ({"a": NUMBER, "b": CATEGORY, "c": LABEL}, "tabular", ("a", "b", "c")),
        ({"a": [i % 3 == 0 for i in range(N)]}, "tabular", ("a",)),
        ({"a": CATEGORY}, "tabular", ("a",)),
        ({"a": TEXT}, "text", ("a",)),
        ({"a": IMAGE}, "image", ("a",)),
        ({"a": IMAGE, "width": LABEL, "mode": CATEGORY}, "image", ("a",)),
        ({"id": NUMBER, "a": TEXT}, "text", ("a",)),
        ({"": LABEL, "a": NUMBER, "Unnamed: 0": LABEL}, "tabular", ("a",)),
        ({"ID": TEXT, "index": LABEL, "a": NUMBER}, "tabular", ("a",)),
    ],
)
def test_input_guessed_where_one_guess_fits(columns, kind, inputs):
    choice = chosen(raw(**columns, label=LABEL))
    assert choice[:3] == (kind, inputs, "label")
    assert choice.notes == (
        "label column guessed: label",
        f"input guessed: {kind} in {', '.join(inputs)}",
    )


@pytest.mark.parametrize(
    "columns",
    [
        {"a": TEXT, "b": TEXT},
        {"a": TEXT, "b": NUMBER},
        {"a": TEXT, "b": CATEGORY},
        {"a": IMAGE, "b": IMAGE},
        {"a": IMAGE, "b": TEXT},
    ],
)
def test_ambiguous_inputs_are_listed(columns):
    with pytest.raises(DataError, match=r"More than one input .* --input: a \(\w+\), b \(\w+\)\."):
        chosen(raw(**columns, label=LABEL))


def test_nothing_beside_the_label():
    with pytest.raises(DataError, match="no column beside the label 'label'"):
        chosen(raw(id=NUMBER, label=LABEL))


@pytest.mark.parametrize("name", ["label", "Labels", "target", "class", "y", "category"])
def test_label_guessed_by_name(name):
    assert chosen(raw(a=NUMBER, **{name: LABEL})).label == name


def test_label_guessed_by_class_names():
    data = raw({"topic": ("x", "y")}, a=TEXT, topic=LABEL)
    assert chosen(data).label == "topic"


def test_ambiguous_labels_are_listed_alone():
    with pytest.raises(DataError, match=r"More than one column .* --label: label, category\."):
        chosen(raw(a=NUMBER, label=LABEL, category=LABEL))


def test_no_label_lists_all_columns():
    with pytest.raises(DataError, match=r"No column looks like the label.*--label: a, b\."):
        chosen(raw(a=NUMBER, b=LABEL))


def test_named_columns_are_taken_without_a_word():
    data = raw(a=NUMBER, b=CATEGORY, c=TEXT, grade=LABEL, label=LABEL)
    choice = chosen(data, inputs=("b", "a"), label="grade")
    assert choice == ("tabular", ("b", "a"), "grade", ())


def test_an_id_column_may_be_named():
    assert chosen(raw(id=NUMBER, a=TEXT, label=LABEL), inputs=("id",)).inputs == ("id",)


@pytest.mark.parametrize(
    ("columns", "kind", "inputs"),
    [
        ({"a": CATEGORY}, "text", ("a",)),
        ({"a": TEXT, "b": NUMBER}, "text", ("a",)),
        ({"a": TEXT, "b": NUMBER, "c": CATEGORY}, "tabular", ("b", "c")),
        ({"a": IMAGE, "b": TEXT}, "image", ("a",)),
        ({"a": IMAGE, "b": TEXT}, "text", ("b",)),
    ],
)
def test_kind_decides_between_guesses(columns, kind, inputs):
    assert chosen(raw(**columns, label=LABEL), kind=kind)[:2] == (kind, inputs)


@pytest.mark.parametrize(
    ("columns", "kind"),
    [({"a": TEXT}, "image"), ({"a": TEXT}, "tabular"), ({"a": NUMBER}, "text")],
)
def test_kind_that_no_column_has(columns, kind):
    with pytest.raises(DataError, match=rf"No column can be read as {kind}: a \(\w+\)"):
        chosen(raw(**columns, label=LABEL), kind=kind)


def test_kind_text_with_two_texts_is_still_ambiguous():
    with pytest.raises(DataError, match="More than one input"):
        chosen(raw(a=TEXT, b=TEXT, label=LABEL), kind="text")


def test_kind_of_named_columns():
    data = raw(a=TEXT, b=CATEGORY, c=NUMBER, label=LABEL)
    assert chosen(data, inputs=("a",)).kind == "text"
    assert chosen(data, inputs=("b", "c")).kind == "tabular"
    assert chosen(data, inputs=("a", "b", "c"), kind="text").kind == "text"
    with pytest.raises(DataError, match=r"different kinds: a \(text\), c \(tabular\).*--kind text"):
        chosen(data, inputs=("a", "c"))


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ([WORDS[i % 8] for i in range(N)], "tabular"),  # repeated words
        ([f"town{i}" for i in range(N)], "tabular"),  # single words, but few
        ([f"town{i}" for i in range(300)], "text"),  # too many for categories
        ([None] * N, "tabular"),
        ([None, *TEXT[1:]], "text"),
        (["New York", "Los Angeles", "Rio"] * 20, "tabular"),
    ],
)
def test_strings_are_text_if_they_differ_and_hold_words(column, kind):
    data = Raw({"train": pa.table({"a": pa.array(column, pa.string()), "y": [0] * len(column)})})
    assert chosen(data).kind == kind


@pytest.mark.parametrize(
    ("settings", "typed"), [({"inputs": ("txet",)}, "txet"), ({"label": "txet"}, "txet")]
)
def test_missing_columns_suggest_the_nearest(settings, typed):
    with pytest.raises(DataError, match=f"Unknown column '{typed}'. Did you mean 'text'"):
        chosen(raw(text=TEXT, label=LABEL), **settings)


def test_a_column_cannot_be_input_and_label():
    with pytest.raises(DataError, match="'label' cannot be both input and label"):
        chosen(raw(a=TEXT, label=LABEL), inputs=("a", "label"))


def test_pixels_cannot_be_read_from_text_nor_text_from_pixels():
    data = raw(a=TEXT, b=IMAGE, c=IMAGE, label=LABEL)
    with pytest.raises(DataError, match="'a' holds string, which cannot be read as image"):
        chosen(data, inputs=("a",), kind="image")
    with pytest.raises(DataError, match=r"'b' holds struct.* cannot be read as tabular"):
        chosen(data, inputs=("b",), kind="tabular")
    with pytest.raises(DataError, match="One image column at a time, not 2"):
        chosen(data, inputs=("b", "c"))


# labels


def encoded(labels, class_names=None, **others):
    splits = {"train": labels} | others
    tables = {
        s: pa.table({"label": v if isinstance(v, pa.Array) else pa.array(v)})
        for s, v in splits.items()
    }
    return encode_labels(Raw(tables, {"label": class_names} if class_names else {}), "label")


@pytest.mark.parametrize(
    ("labels", "classes", "numbers"),
    [
        (["b", "a", "b", "ç"], ("a", "b", "ç"), [1, 0, 1, 2]),
        ([10, 9, -1, 10], ("-1", "9", "10"), [2, 1, 0, 2]),
        ([True, False, True], ("false", "true"), [1, 0, 1]),
        ([1.0, 3.0, 1.0], ("1", "3"), [0, 1, 0]),
        (pa.array(["q", "p"]).dictionary_encode(), ("p", "q"), [1, 0]),
        (pa.array([7, 5], pa.uint8()), ("5", "7"), [1, 0]),
        (pa.array([7, 5], pa.float32()), ("5", "7"), [1, 0]),
        (pa.array(["q", "p"], pa.large_string()), ("p", "q"), [1, 0]),
        (pa.array(["2", "10"]), ("10", "2"), [1, 0]),
    ],
)
def test_labels_become_indices_into_sorted_classes(labels, classes, numbers):
    found, encoded_labels = encoded(labels)
    assert found == classes
    assert encoded_labels["train"].dtype == np.int64
    assert encoded_labels["train"].tolist() == numbers


def test_class_names_keep_their_order_and_classes_without_rows():
    classes, labels = encoded([2, 0, 2], ("low", "mid", "high"), test=[0, 2])
    assert classes == ("low", "mid", "high")
    assert labels["train"].tolist() == [2, 0, 2]
    assert labels["test"].tolist() == [0, 2]


def test_agrees_with_the_class_labels_of_datasets():
    names = ["cat", "dog", "emu"]
    values = ["dog", "cat", "emu", "dog"]
    expected = datasets.ClassLabel(names=names).str2int(values)
    assert encoded(values)[1]["train"].tolist() == expected


@pytest.mark.parametrize(
    ("train", "test", "class_names"),
    [(["a", "b"], ["a", "d"], None), ([0, 1], [0, 3], ("a", "b", "c", "d"))],
)
def test_labels_that_training_never_shows(train, test, class_names):
    with pytest.raises(DataError, match="test split has labels that training never shows: d"):
        encoded(train, class_names, test=test)


@pytest.mark.parametrize(
    ("labels", "class_names", "only"),
    [
        (["x"] * 4, None, "x"),
        ([3, 3], None, "3"),
        ([1, 1], ("a", "b"), "b"),
        ([True], None, "true"),
    ],
)
def test_one_class_only(labels, class_names, only):
    with pytest.raises(DataError, match=rf"'label' has one class only \({only}\)"):
        encoded(labels, class_names)


@pytest.mark.parametrize(
    "labels",
    [
        [0, 1, None, None],
        ["a", "b", "", None],
        [True, None, False, None],
        [1.0, 2.0, float("nan"), None],
    ],
)
def test_missing_labels_are_counted(labels):
    with pytest.raises(DataError, match="2 of 4 rows in the train split have no label"):
        encoded(labels)


@pytest.mark.parametrize("wrong", [-1, 2])
def test_class_labels_outside_the_names(wrong):
    with pytest.raises(DataError, match="train split has rows without a label"):
        encoded([0, 1, wrong], ("a", "b"))


@pytest.mark.parametrize(("value", "shown"), [(3.25, "3.25"), (np.inf, "inf"), (1e300, "1e+300")])
def test_numbers_to_predict_are_no_classes(value, shown):
    numbers = f"values such as {shown.replace('+', '.')}: a number to predict, not a class"
    with pytest.raises(DataError, match=f"{numbers}.*--task regression"):
        encoded([1.0, 2.0, value])


def test_other_types_are_no_classes():
    with pytest.raises(DataError, match=r"holds list.* cannot be a class"):
        encoded([[1], [2]])


def test_a_split_without_the_label_and_one_without_rows():
    with pytest.raises(DataError, match="test split has no column 'label'"):
        plain_labels("test", "label", pa.table({"a": [1]}))
    with pytest.raises(DataError, match="test split has no rows"):
        plain_labels("test", "label", pa.table({"label": pa.array([], pa.int64())}))


# labels that are numbers


def labelled(labels, class_names=None, **others):
    splits = {"train": labels} | others
    tables = {
        s: pa.table({"label": v if isinstance(v, pa.Array) else pa.array(v)})
        for s, v in splits.items()
    }
    return Raw(tables, {"label": class_names} if class_names else {})


def cycle(distinct, rows):
    return [i % distinct for i in range(rows)]


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (cycle(2, 40), "class"),
        (cycle(20, 20), "class"),  # few, though all differ
        (cycle(20, 4000), "class"),
        (cycle(21, 419), "number"),  # more than a twentieth of the rows: 20.95
        (cycle(21, 420), "class"),  # not more: 21
        (cycle(100, 2000), "class"),
        (cycle(100, 1999), "number"),
        (cycle(101, 2020), "number"),  # more than a hundred, whatever the rows
        (cycle(101, 40_000), "number"),
        ([-v for v in cycle(30, 60)], "number"),
        ([float(v) for v in cycle(21, 419)], "number"),
        ([float(v) for v in cycle(21, 420)], "class"),
        ([0.5, 1.0] * 20, "number"),  # a fraction decides, however few there are
        ([1.0] * 39 + [1.0 + 1e-9], "number"),
        ([-1.5, 2.0], "number"),
        ([1.0, 3.0] * 20, "class"),
        (["1.5", "2.5"] * 20, "class"),  # strings are what they say
        ([f"town{i}" for i in range(500)], "class"),
        ([True, False] * 20, "class"),
        (pa.array(cycle(250, 500), pa.uint8()), "number"),
        (pa.array(cycle(250, 500), pa.int64()).dictionary_encode(), "number"),
        (pa.array([0.5, 1.5] * 9, pa.float32()), "number"),
        (pa.array([0.5, 1.5] * 9, pa.float32()).dictionary_encode(), "number"),
        (pa.array([Decimal("0.5"), Decimal("1.0")] * 9), "number"),
    ],
)
def test_what_a_label_is_taken_for_at_the_limits(labels, kind):
    raw_labels = labelled(labels)
    found = read_labels(raw_labels, "label", None)
    if kind == "class":
        assert (found.classes, found.notes) == (encode_labels(raw_labels, "label")[0], ())
        assert found.labels["train"].dtype == np.int64
    else:
        distinct = len(set(raw_labels.splits["train"]["label"].to_pylist()))
        assert found.classes == ()
        assert found.labels["train"].dtype == np.float64
        (note,) = found.notes
        assert note.startswith(f"label 'label' is a number of {distinct} values: regression")


def test_class_names_make_classes_of_any_number_of_integers():
    names = tuple(f"n{i}" for i in range(150))
    assert read_labels(labelled(cycle(150, 300), names), "label", None).classes == names


def test_the_training_part_alone_decides():
    few, many = cycle(3, 300), cycle(150, 300)
    assert read_labels(labelled(many, test=few), "label", None).classes == ()
    with pytest.raises(DataError, match="test split has labels that training never shows"):
        read_labels(labelled(few, test=many), "label", None)
    with pytest.raises(DataError, match=r"values such as 0\.5"):
        read_labels(labelled(few, test=[0.5, 1.0]), "label", None)


def test_rows_without_a_label_count_as_rows_and_not_as_values():
    values = [*cycle(21, 419), None]  # 21 of 420 rows
    with pytest.raises(DataError, match="1 of 420 rows in the train split have no label"):
        read_labels(labelled(values), "label", None)  # as classes
    with pytest.raises(DataError, match=r"1 of 419 rows .* infinite, not a number"):
        read_labels(labelled([*cycle(21, 418), None]), "label", None)  # as numbers


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_does_not_make_a_number(odd):
    with pytest.raises(DataError, match=r"no label|values such as"):
        read_labels(labelled([1.0, 2.0] * 20 + [odd]), "label", None)
    with pytest.raises(DataError, match=r"1 of 41 rows .* infinite, not a number"):
        read_labels(labelled([1.5, 2.0] * 20 + [odd]), "label", None)


def test_a_label_that_is_missing_throughout_is_said_to_be():
    for wanted in (None, "class"):
        with pytest.raises(DataError, match=r"4 of 4 rows .* have no label"):
            read_labels(labelled(pa.array([None] * 4, pa.int64())), "label", wanted)
    with pytest.raises(DataError, match=r"4 of 4 rows .* have no label"):
        read_labels(labelled(pa.array([None] * 4, pa.int64())), "label", "number")


@pytest.mark.parametrize("labels", [cycle(3, 9), cycle(150, 300), [1.0, 2.0] * 5])
def test_what_is_wanted_is_not_guessed(labels):
    numbers = read_labels(labelled(labels), "label", "number")
    assert (numbers.classes, numbers.notes) == ((), ())
    assert numbers.labels["train"].tolist() == labels
    classes = read_labels(labelled(labels), "label", "class")
    assert (len(classes.classes), classes.notes) == (len(set(labels)), ())


@pytest.mark.parametrize(
    ("labels", "numbers"),
    [
        ([3, 1, 2], [3, 1, 2]),
        ([0.25, -1e99, 1e-300], [0.25, -1e99, 1e-300]),
        (pa.array([7, 255], pa.uint8()), [7, 255]),
        (pa.array([2**62, 1], pa.int64()), [2.0**62, 1]),
        (pa.array([2**53 + 1, 1], pa.int64()), [2.0**53, 1]),  # what a float64 has of it
        (pa.array([0.5, 0.1], pa.float32()), [0.5, float(np.float32(0.1))]),
        (pa.array([1.5, 2.5], pa.float32()).dictionary_encode(), [1.5, 2.5]),
        (pa.array([Decimal("12.50"), Decimal("-3.25")]), [12.5, -3.25]),
        (pa.array([MAX_NUMBER, -MAX_NUMBER]), [1e100, -1e100]),
    ],
)
def test_numbers_are_those_of_the_column(labels, numbers):
    found = column_numbers("train", "label", labelled(labels).splits["train"])
    assert found.dtype == np.float64
    assert found.tolist() == numbers


def test_numbers_in_several_pieces_are_one_column():
    table = pa.table({"label": pa.chunked_array([[1.5], [2.5, 3.5], [4.0]])})
    assert column_numbers("train", "label", table).tolist() == [1.5, 2.5, 3.5, 4.0]


@pytest.mark.parametrize("bad", [None, np.nan, np.inf, -np.inf, 1.0000001e100, -2e100])
def test_labels_that_are_no_number_to_predict_are_counted(bad):
    with pytest.raises(DataError, match=r"2 of 5 rows in the test split have no label \('label'\)"):
        column_numbers("test", "label", pa.table({"label": [1.0, bad, 2.0, bad, 3.0]}))


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (["1", "2"], "string"),
        ([True, False], "bool"),
        ([[1.0], [2.0]], "list"),
        (pa.array([None, None], pa.null()), "null"),
        (pa.array(["a", "b"]).dictionary_encode(), "string"),
        (pa.array([1, 2], pa.timestamp("s")), "timestamp"),
    ],
)
def test_columns_of_another_type_are_no_numbers(labels, shown):
    with pytest.raises(DataError, match=f"'label' holds {shown}.* --task classification"):
        read_labels(labelled(labels), "label", "number")


def test_a_split_without_the_number_and_one_without_rows():
    with pytest.raises(DataError, match="test split has no column 'label'"):
        column_numbers("test", "label", pa.table({"a": [1.5]}))
    with pytest.raises(DataError, match="test split has no rows"):
        column_numbers("test", "label", pa.table({"label": pa.array([], pa.float64())}))
    both = Raw({"train": pa.table({"label": [1.5, 2.5]}), "test": pa.table({"a": [1.5]})})
    with pytest.raises(DataError, match="test split has no column 'label'"):
        number_labels(both, "label")


@pytest.mark.parametrize("only", [3.0, 0.0, -2.5])
def test_one_number_only(only):
    with pytest.raises(DataError, match=rf"'label' holds one number only \({only:g}\)"):
        number_labels(labelled([only] * 5), "label")


def test_one_number_only_counts_in_training_alone():
    found = number_labels(labelled([1.0, 2.0], test=[7.0, 7.0], validation=[9.0]), "label")
    assert {name: labels.tolist() for name, labels in found.items()} == {
        "train": [1.0, 2.0],
        "test": [7.0, 7.0],  # a number that training never shows is no mistake
        "validation": [9.0],
    }
