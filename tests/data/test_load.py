"""From what a user names to a data set, on real files."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import (
    config,
    hub_folder,
    image_folder,
    numbers,
    picture,
    read,
    reviews,
    texts,
    write,
)

from vibcli.config.data import DataSpec
from vibcli.data import cache
from vibcli.data.files import READERS
from vibcli.data.load import load
from vibcli.data.prepare import prepare
from vibcli.errors import DataError

FORMATS = [*READERS, ".csv.gz"]
HELD_OUT = "no test split: one is held out, stratified"


def strings(data, split="train"):
    return data.splits[split].inputs.strings.to_pylist()


# formats


@pytest.mark.parametrize("suffix", FORMATS)
def test_texts_in_every_format(tmp_path, suffix):
    path = write(tmp_path / f"reviews{suffix}", reviews())
    data = read(path)
    about = data.description
    assert (about.name, about.source, about.revision) == ("reviews", str(path), None)
    assert (about.kind, about.inputs, about.label) == ("text", ("text",), "label")
    assert about.classes == ("neg", "pos")
    assert about.notes == ("label column guessed: label", "input guessed: text in text", HELD_OUT)
    assert strings(data) == reviews()["text"]
    assert data.splits["train"].labels.tolist() == [0, 1] * 20


@pytest.mark.parametrize("suffix", FORMATS)
def test_numbers_in_every_format(tmp_path, suffix):
    columns = numbers()
    data = read(write(tmp_path / f"people{suffix}", columns))
    assert data.description.kind == "tabular"
    assert data.description.inputs == ("height", "children", "colour")
    assert data.description.classes == ("0", "1")
    table = data.splits["train"].inputs.table
    assert {name: table[name].to_pylist() for name in table.column_names} == {
        name: columns[name] for name in ("height", "children", "colour")
    }


@pytest.mark.parametrize("columns", [reviews(), numbers()], ids=["text", "numbers"])
def test_the_same_rows_have_one_fingerprint_in_every_format(tmp_path, columns):
    prints = {
        read(write(tmp_path / f"data{suffix}", columns)).description.fingerprint
        for suffix in FORMATS
    }
    classes = ("neg", "pos") if "text" in columns else None
    hub = (
        {"train": columns}
        if classes is None
        else {"train": columns | {"label": [classes.index(name) for name in columns["label"]]}}
    )
    prints.add(read(hub_folder(tmp_path / "hub", hub, classes)).description.fingerprint)
    assert len(prints) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"text": ["changed", *reviews()["text"][1:]]},
        {"label": ["pos", *reviews()["label"][1:]]},
        {name: values[::-1] for name, values in reviews().items()},
        {name: values[:-1] for name, values in reviews().items()},
        {"label": [{"neg": "bad", "pos": "good"}[name] for name in reviews()["label"]]},
    ],
)
def test_changed_rows_have_another_fingerprint(tmp_path, change):
    one = read(write(tmp_path / "one.csv", reviews()))
    other = read(write(tmp_path / "other.csv", reviews() | change))
    assert one.description.fingerprint != other.description.fingerprint


@pytest.mark.slow
@settings(
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), min_size=2))
def test_any_text_comes_back_from_every_format(tmp_path, values):
    values = [f"x {value}" for value in values]  # neither empty nor a number
    columns = {"text": values, "label": [i % 2 for i in range(len(values))]}
    prints = set()
    for suffix in FORMATS:
        path = write(tmp_path / f"data{suffix}", columns)
        data = read(path, inputs=("text",), label="label", kind="text")
        assert strings(data) == values
        prints.add(data.description.fingerprint)
    assert len(prints) == 1


# columns


def test_several_text_columns_are_joined(tmp_path):
    columns = {"title": texts(40), "body": texts(40, 100), "stars": [1, 5] * 20}
    data = read(write(tmp_path / "a.csv", columns), inputs=("title", "body"), label="stars")
    joined = [f"{a} {b}" for a, b in zip(columns["title"], columns["body"], strict=True)]
    assert strings(data) == joined
    assert data.description.inputs == ("title", "body")
    assert data.description.classes == ("1", "5")
    assert data.description.notes == (HELD_OUT,)


def test_kind_overrides_the_guess(tmp_path):
    path = write(tmp_path / "a.csv", {"word": ["red", "blue"] * 20, "label": [0, 1] * 20})
    assert read(path).description.kind == "tabular"
    assert read(path, kind="text").description.kind == "text"
    assert strings(read(path, kind="text")) == ["red", "blue"] * 20


def test_numbers_as_text(tmp_path):
    path = write(tmp_path / "a.csv", {"code": [10, 20] * 20, "label": [0, 1] * 20})
    assert strings(read(path, inputs=("code",), kind="text")) == ["10", "20"] * 20


def test_id_columns_of_other_programs_are_left_out(tmp_path):
    columns = {"": list(range(40)), "id": texts(40), **numbers()}
    data = read(write(tmp_path / "a.csv", columns))
    assert data.description.inputs == ("height", "children", "colour")


def test_categories_are_one_hot_and_new_ones_are_zeros(tmp_path):
    columns = {"colour": ["red", "blue"] * 19 + ["grey", "grey"], "label": [0, 1] * 20}
    data = read(write(tmp_path / "a.csv", columns))
    prepared = prepare(data, config("tabular"), 0)
    known = prepared.preprocessor.categories["colour"]
    for got in (prepared.train, prepared.test):
        for x, row in zip(got.x, got.rows, strict=True):
            assert x.tolist() == [float(columns["colour"][row] == name) for name in known]


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["b", "a"], ("a", "b")),
        ([7, 5], ("5", "7")),
        ([True, False], ("false", "true")),
        ([1.0, 0.0], ("0", "1")),
    ],
)
@pytest.mark.parametrize("suffix", FORMATS)
def test_labels_of_any_type(tmp_path, values, classes, suffix):
    path = write(tmp_path / f"a{suffix}", {"x": texts(40), "y": values * 20})
    assert read(path).description.classes == classes
    assert read(path).splits["train"].labels.tolist() == [1, 0] * 20


# images


def test_class_folders(tmp_path):
    data = read(image_folder(tmp_path / "pets", {"dog": 12, "cat": 12}))
    about = data.description
    assert (about.name, about.kind, about.classes) == ("pets", "image", ("cat", "dog"))
    assert about.notes[-1] == HELD_OUT
    split = data.splits["train"]
    assert split.labels.tolist() == [0] * 12 + [1] * 12
    np.testing.assert_array_equal(split.inputs.pixels[0, 0], np.asarray(picture(1000)))


def test_class_folders_in_split_folders(tmp_path):
    counts = {f"{split}/{name}": 4 for split in ("train", "test") for name in ("cat", "dog")}
    data = read(image_folder(tmp_path / "pets", counts))
    assert {name: len(split.labels) for name, split in data.splits.items()} == {
        "train": 8,
        "test": 8,
    }
    assert HELD_OUT not in data.description.notes


def test_image_size(tmp_path):
    folder = image_folder(tmp_path / "pets", {"cat": 12, "dog": 12}, mode="RGB")
    assert read(folder).splits["train"].inputs.pixels.shape == (24, 3, 6, 8)
    assert read(folder, image_size=12).splits["train"].inputs.pixels.shape == (24, 3, 12, 12)


def test_a_class_folder_only_in_test(tmp_path):
    folder = image_folder(tmp_path / "a", {"train/cat": 3, "train/dog": 3, "test/emu": 2})
    with pytest.raises(DataError, match="test split has labels that training never shows: emu"):
        read(folder)


@pytest.mark.parametrize("counts", [{".": 5}, {"cat": 5}])
def test_pictures_of_one_class_only(tmp_path, counts):
    (tmp_path / "pets").mkdir()
    with pytest.raises(DataError, match="one class only"):
        read(image_folder(tmp_path / "pets" / "all", counts))


def test_a_damaged_picture_is_named(tmp_path):
    folder = image_folder(tmp_path / "pets", {"cat": 3, "dog": 3})
    (folder / "dog" / "001.png").write_bytes(b"GIF89a")
    with pytest.raises(DataError, match=r"dog/001\.png cannot be read"):
        read(folder)


# splits


def hub(folder, **splits):
    return hub_folder(folder / "data", splits)


def test_two_official_splits(tmp_path):
    data = read(hub(tmp_path, train=reviews(40), test=reviews(10, 90), validation=reviews(8, 70)))
    assert {name: strings(data, name) for name in data.splits} == {
        "train": texts(40),
        "validation": texts(8, 70),
        "test": texts(10, 90),
    }
    assert data.description.notes == ("label column guessed: label", "input guessed: text in text")


def test_validation_without_test_serves_as_test(tmp_path):
    data = read(hub(tmp_path, train=reviews(40), validation=reviews(10, 90)))
    assert list(data.splits) == ["train", "test"]
    assert strings(data, "test") == texts(10, 90)
    assert "the validation split serves as test" in data.description.notes[-1]


def hidden(rows):
    return reviews(rows, 90) | {"label": [-1] * rows}


def test_a_test_split_with_hidden_labels_gives_way_to_validation(tmp_path):
    data = read(hub(tmp_path, train=reviews(40), validation=reviews(10, 70), test=hidden(6)))
    assert strings(data, "test") == texts(10, 70)
    assert data.description.notes[-2:] == (
        "the test split has no labels and is not used",
        "the validation split serves as test; validation is held out of train",
    )


def test_hidden_labels_without_validation(tmp_path):
    data = read(hub(tmp_path, train=reviews(40), test=hidden(6)), label="label")
    assert list(data.splits) == ["train"]
    assert data.description.notes[-1] == HELD_OUT


def test_other_splits_are_left_out(tmp_path):
    data = read(hub(tmp_path, train=reviews(40), test=reviews(6, 90), unsupervised=hidden(9)))
    assert list(data.splits) == ["train", "test"]


def test_a_single_split_of_another_name_is_the_training_split(tmp_path):
    data = read(hub(tmp_path, test=reviews(40)))
    assert list(data.splits) == ["train"]
    assert len(strings(data)) == 40


def test_several_splits_without_train(tmp_path):
    folder = hub(tmp_path, test=reviews(40), validation=reviews(10))
    with pytest.raises(DataError, match=r"has no train split, only .*test"):
        read(folder)


def test_labels_hidden_in_part_are_an_error(tmp_path):
    part = reviews(6, 90)
    part["label"] = ["neg", "pos", -1, -1, "neg", "pos"]
    part["label"] = [{"neg": 0, "pos": 1, -1: -1}[v] for v in part["label"]]
    with pytest.raises(DataError, match="test split has rows without a label"):
        read(hub(tmp_path, train=reviews(40), test=part))


# bad input: the message says what is wrong


@pytest.mark.parametrize(
    ("columns", "spec", "message"),
    [
        (reviews(), {"inputs": ("txt",)}, r"Unknown column 'txt'\. Did you mean 'text'"),
        (reviews(), {"label": "lable"}, r"Unknown column 'lable'\. Did you mean 'label'"),
        (reviews(), {"inputs": ("label",), "label": "label"}, "both input and label"),
        (reviews() | {"label": ["x"] * 40}, {}, r"one class only \(x\)"),
        (reviews() | {"label": ["x", ""] * 20}, {}, "20 of 40 rows .* have no label"),
        (reviews() | {"text": [*texts(38), "", "  "]}, {}, r"2 of 40 texts .* empty: row 39, 40"),
        (numbers() | {"height": [1.5, "", *range(38)]}, {}, "'height' .* missing.*: row 2"),
        (numbers() | {"height": [1.5, "NaN", *range(38)]}, {}, "'height' .* row 2"),
        (numbers() | {"height": [1.5, "inf", *range(38)]}, {}, "'height' .* infinite.*: row 2"),
        (numbers() | {"born": ["2001-01-01"] * 40}, {}, r"'born' holds date32.*--input"),
        (numbers() | {"empty": [""] * 40}, {}, "No training row has a value in column 'empty'"),
    ],
)
def test_columns_that_cannot_be_used(tmp_path, columns, spec, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path / "data.csv", columns), **spec)


def test_fractions_cannot_be_wanted_as_classes(tmp_path):
    path = write(tmp_path / "data.csv", numbers() | {"label": [i / 3 for i in range(40)]})
    with pytest.raises(DataError, match="a number to predict, not a class"):
        load(DataSpec(dataset=str(path)), label="class")
    assert cache.used() == 0


def test_a_column_that_one_split_lacks(tmp_path):
    with pytest.raises(DataError, match=r"6 of 6 texts in 'text' \(test\) are empty"):
        read(hub(tmp_path, train=reviews(40), test={"label": [0, 1] * 3}))


@pytest.mark.parametrize("suffix", FORMATS)
def test_bad_input_leaves_nothing_in_the_cache(tmp_path, suffix):
    path = write(tmp_path / f"a{suffix}", reviews() | {"label": ["x"] * 40})
    for _ in range(2):
        with pytest.raises(DataError):
            load(DataSpec(dataset=str(path)))
    assert cache.used() == 0


# what the label is read as


MEASURED = numbers() | {"label": [round(i * 0.37 - 3, 2) for i in range(40)]}


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_label_of_fractions_is_a_number_in_every_format(tmp_path, suffix):
    data = read(write(tmp_path / f"people{suffix}", MEASURED))
    about = data.description
    assert (about.kind, about.classes, about.label_kind) == ("tabular", (), "number")
    assert data.splits["train"].labels.tolist() == MEASURED["label"]
    assert about.notes[2:] == (
        "label 'label' is a number of 40 values: regression",
        HELD_OUT.replace(", stratified", ""),
    )


def test_numbers_have_one_fingerprint_in_every_format(tmp_path):
    prints = {
        read(write(tmp_path / f"data{suffix}", MEASURED)).description.fingerprint
        for suffix in FORMATS
    }
    assert len(prints) == 1


@pytest.mark.parametrize("use_cache", [True, False])
def test_what_is_wanted_of_a_label_beats_the_guess(tmp_path, use_cache):
    few = DataSpec(dataset=str(write(tmp_path / "few.csv", numbers())))
    many = DataSpec(
        dataset=str(write(tmp_path / "many.csv", numbers() | {"label": list(range(40))}))
    )
    found = {
        (spec.dataset[-8:], kind): load(spec, use_cache=use_cache, label=kind)
        for spec in (few, many)
        for kind in (None, "class", "number")
    }
    kinds = [data.description.label_kind for data in found.values()]
    assert kinds == ["class", "class", "number", "number", "class", "number"]
    assert [len(data.description.classes) for data in found.values()] == [2, 2, 0, 0, 40, 0]
    assert len({data.description.fingerprint for data in found.values()}) == 4
    for data in found.values():
        told = [note for note in data.description.notes if "is a number of" in note]
        assert len(told) == (data is found["many.csv", None])


def test_texts_and_pictures_have_numbers_as_labels_too(tmp_path):
    stars = [i / 4 for i in range(40)]
    data = read(write(tmp_path / "data.csv", reviews() | {"label": stars}))
    assert (data.description.kind, data.description.label_kind) == ("text", "number")
    assert data.splits["train"].labels.tolist() == stars
    prepared = prepare(data, config("text"), 0)
    assert prepared.train.y.tolist() == [stars[row] for row in prepared.train.rows]


def test_a_test_split_of_numbers_may_hold_what_training_never_shows(tmp_path):
    train = numbers(40) | {"label": [i + 0.5 for i in range(40)]}
    test = numbers(6, seed=1) | {"label": [900.25, -3.0, 4.0, 5.0, 6.0, 7.0]}
    data = read(hub_folder(tmp_path / "data", {"train": train, "test": test}, None))
    assert data.splits["test"].labels.tolist() == test["label"]
    assert data.description.notes == (
        "label column guessed: label",
        "input guessed: tabular in height, children, colour",
        "label 'label' is a number of 40 values: regression",
    )


@pytest.mark.parametrize(
    ("labels", "wanted", "message"),
    [
        (["x", "y"] * 20, "number", "'label' holds string, which is no number to predict"),
        ([3] * 40, "number", r"one number only \(3\)"),
        ([1.5, ""] * 20, "number", "20 of 40 rows in the train split have no label"),
        ([1.5, "inf"] * 20, None, "20 of 40 rows .* infinite"),
        ([1.5, "1e101"] * 20, None, r"20 of 40 rows .* beyond 1e\+100"),
    ],
)
def test_labels_that_are_no_numbers(tmp_path, labels, wanted, message):
    path = write(tmp_path / "data.csv", numbers() | {"label": labels})
    with pytest.raises(DataError, match=message):
        load(DataSpec(dataset=str(path)), label=wanted)
    assert cache.used() == 0


# the real thing


def imdb(shared, **settings):
    return load(DataSpec(dataset="imdb", **settings), shared)


@pytest.mark.slow
def test_imdb(shared):
    data = imdb(shared)
    about = data.description
    assert (about.name, about.kind, about.classes) == ("imdb", "text", ("neg", "pos"))
    assert (about.inputs, about.label, about.notes) == (("text",), "label", ())
    for split in data.splits.values():
        assert len(split.inputs) == 25_000
        assert np.bincount(split.labels).tolist() == [12_500, 12_500]
    again = imdb(shared)
    assert again.description == about

    prepared = prepare(again, config("text"), 0)
    sizes = [len(p.y) for p in (prepared.train, prepared.validation, prepared.test)]
    assert sizes == [22_500, 2_500, 25_000]
    assert prepared.train.x.shape == (22_500, 400)
    assert len(prepared.preprocessor.vocabulary) == 5_000
    assert prepared.train.x.max() == prepared.test.x.max() == 4_999

    # the vocabulary is that of the training part, counted by other means
    inputs = data.splits["train"].inputs
    counts = np.zeros(len(inputs.words), np.int64)
    for row in prepared.train.rows:
        np.add.at(counts, inputs.ids[inputs.offsets[row] : inputs.offsets[row + 1]], 1)
    order = sorted(range(len(counts)), key=lambda i: (-counts[i], inputs.words[i]))[:4_998]
    assert list(prepared.preprocessor.vocabulary[2:]) == [inputs.words[i] for i in order]


@pytest.mark.slow
def test_mnist(shared):
    data = load(DataSpec(dataset="mnist"), shared)
    assert data.description.classes == tuple("0123456789")
    assert data.description.notes == ()
    shapes = {name: split.inputs.pixels.shape for name, split in data.splits.items()}
    assert shapes == {"train": (60_000, 1, 28, 28), "test": (10_000, 1, 28, 28)}
    # counts and mean of the original files (LeCun et al.)
    assert np.bincount(data.splits["train"].labels).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert np.bincount(data.splits["test"].labels).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    pixels = data.splits["train"].inputs.pixels
    assert pixels.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert pixels.std() / 255 == pytest.approx(0.3081, abs=5e-5)


@pytest.mark.slow
def test_the_embedded_digits_are_among_the_real_ones(shared):
    real = load(DataSpec(dataset="mnist"), shared).splits.values()
    known = {image.tobytes() for split in real for image in split.inputs.pixels}
    embedded = load(DataSpec(dataset="mnist-5k")).splits.values()
    images = [image for split in embedded for image in split.inputs.pixels]
    assert len(images) == 5_000
    assert all(image.tobytes() in known for image in images)
