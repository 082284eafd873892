"""Missing values, against scikit-learn's imputer and cases worked by hand."""

import json

import numpy as np
import pyarrow as pa
import pytest
from samples import config, hub_folder, numbers, read, reviews, write
from sklearn.impute import SimpleImputer

from vibcli.config.data import DataSpec
from vibcli.data.load import load
from vibcli.data.missing import NumbersMissing, gap, refuse_empty, settle, typed
from vibcli.data.prepare import prepare
from vibcli.data.tabular import TabularPreprocessor, decode
from vibcli.errors import DataError

NAN = float("nan")
HOLES = {"age": [20.0, None, 40.0, NAN, 60.0], "town": ["a", "", None, "b", "a"]}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1, None, 3]), [0, 1, 0]),
        (pa.array([1.0, None, NAN]), [0, 1, 1]),
        (pa.array([True, None, False]), [0, 1, 0]),
        (pa.array(["a", None, ""]), [0, 1, 1]),
        (pa.array(["a", None, ""]).dictionary_encode(), [0, 1, 1]),
        (pa.array([" ", "NA", "0"]), [0, 0, 0]),
        (pa.nulls(3), [1, 1, 1]),
        (pa.array([{"bytes": b"x", "path": None}, {"bytes": None, "path": None}, None]), [0, 1, 1]),
    ],
)
def test_what_is_missing(column, expected):
    assert gap(pa.chunked_array([column])).tolist() == [bool(x) for x in expected]
    assert gap(pa.chunked_array([column[:1], column[1:]])).tolist() == [bool(x) for x in expected]


def test_spaces_alone_are_no_text():
    assert gap(pa.chunked_array([[" \n", "a"]]), blank=True).tolist() == [True, False]


def settled(wanted, columns=HOLES, label=None, kind="tabular", **more):
    table = pa.table(columns | more)
    inputs = [name for name in columns if name != label]
    return settle({"train": table}, inputs, label, kind, wanted)


def test_missing_numbers_are_refused_with_their_rows():
    with pytest.raises(
        NumbersMissing, match=r"'age' \(train\) has 2 of 5 values missing: row 2, 4\."
    ):
        settled(None)
    with pytest.raises(
        NumbersMissing, match=r"6 of 6 .*: row 1, 2, 3, 4, 5, \.\.\., and so have b\."
    ):
        settled(None, {"a": pa.array([None] * 6, pa.int64()), "b": [1.0, *[NAN] * 5]})


def test_missing_categories_alone_are_said():
    found = settled(None, {"town": HOLES["town"]})
    assert found.tables["train"].num_rows == 5
    assert found.notes == ()
    assert found.of_categories == (
        "missing categories count as a category of their own: 'town' lacks 2",
    )


def test_drop_keeps_the_rows_that_lack_nothing():
    found = settled("drop", HOLES | {"y": ["p", "q", "p", "q", None]}, label="y")
    assert found.tables["train"]["age"].to_pylist() == [20.0]
    assert found.notes == (
        "--missing drop: 4 of 5 rows are left out ('age' lacks 2, 'town' lacks 2, 'y' lacks 1)",
    )
    with pytest.raises(
        DataError, match=r"leaves none of the 5 rows in the train split: 'b' lacks 3, 'age'"
    ):
        settled("drop", {"age": HOLES["age"], "b": [None, 1.0, None, 2.0, None]})


@pytest.mark.parametrize("wanted", ["mean", "category"])
def test_with_any_wish_rows_without_a_label_are_left_out(wanted):
    found = settled(wanted, HOLES | {"y": ["p", "", "p", None, "q"]}, label="y")
    assert found.tables["train"]["y"].to_pylist() == ["p", "p", "q"]
    assert len(found.notes) == 1  # no number is missing in those


def test_a_label_that_stands_for_none():
    table = pa.table({"x": [1.0, 2.0], "y": [0, -1]})
    found = settle({"test": table}, ["x"], "y", "tabular", "drop", unlabelled=-1)
    assert found.tables["test"]["y"].to_pylist() == [0]


def test_several_texts_are_missing_where_all_are():
    texts = {"title": ["a", "", " "], "body": ["", "b", None]}
    assert settled("drop", texts, kind="text").tables["train"].num_rows == 2
    assert settled(None, texts, kind="text").tables["train"].num_rows == 3  # reading refuses it


@pytest.mark.parametrize("kind", ["text", "image"])
@pytest.mark.parametrize("wanted", ["mean", "category"])
def test_texts_and_images_have_no_mean(kind, wanted):
    with pytest.raises(DataError, match=f"--missing {wanted} is for tables"):
        settled(wanted, {"x": ["a"]}, kind=kind)


def test_empty_columns_are_refused_and_take_the_type_that_they_have_elsewhere():
    with pytest.raises(DataError, match=r"No training row has a value in column 'b', 'c'\."):
        refuse_empty(pa.table({"a": [1], "b": pa.nulls(1), "c": [""]}), ["a", "b", "c"])
    table = typed(pa.table({"b": pa.nulls(2), "a": [1, 2]}), {"b": pa.float64(), "a": pa.string()})
    assert [field.type for field in table.schema] == [pa.float64(), pa.int64()]


# --- what a model reads


def holes(seed: int, rows: int = 60):
    """Three columns of numbers, two of which lack some, and a category that does."""
    rng = np.random.default_rng(seed)
    values = rng.normal(5, 2, (rows, 3))
    values[rng.random((rows, 3)) < (0.3, 0.1, 0.0)] = NAN
    values[:2] = 1.0  # something is known
    values[-1, 2] = NAN  # where no training row is
    towns = rng.choice(["a", "b", ""], rows).tolist()
    return values, pa.table({**dict(zip("xyz", values.T, strict=True)), "town": towns})


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("wanted", ["mean", "category"])
def test_missing_numbers_are_filled_and_marked_as_scikit_learn_does(seed, wanted):
    values, table = holes(seed)
    data = decode({"train": table}, table.column_names, None)["train"]
    rows = np.arange(40)
    fitted = TabularPreprocessor.fit(data, rows, config("tabular", missing=wanted))
    found = fitted.transform(data, np.arange(60))
    names = list(fitted.names)
    means, deviations = np.nanmean(values[:40], 0), np.nanstd(values[:40], 0)
    imputer = SimpleImputer(add_indicator=True).fit(values[:40])
    imputer.indicator_.set_params(error_on_new=False)
    expected = imputer.transform(values)
    for i, name in enumerate("xyz"):
        own = (expected[:, i] - means[i]) / deviations[i]
        assert found[:, names.index(name)] == pytest.approx(own, abs=1e-5)
    marked = [f"{'xyz'[i]} is missing" for i in imputer.indicator_.features_]
    assert [name for name in names if name.endswith("missing")] == marked * (wanted == "category")
    for i, name in enumerate(marked if wanted == "category" else ()):
        assert found[:, names.index(name)].tolist() == expected[:, 3 + i].tolist()
    assert found.shape[1:] == fitted.shape == (len(names),)
    again = TabularPreprocessor.from_state(json.loads(json.dumps(fitted.state())))
    assert again == fitted
    # back in the data's units, without the marks
    columns = fitted.inverse(found)
    assert list(columns) == [*"xyz", "town"]
    assert columns["x"] == pytest.approx(expected[:, 0], rel=1e-5)
    assert columns["town"] == table["town"].to_pylist()


def test_files_of_older_versions_mark_nothing():
    state = {"columns": ["a"], "numbers": {"a": [1.0, 2.0]}, "categories": {}}
    old = TabularPreprocessor.from_state(state)
    assert (old.marked, old.shape, old.names) == ((), (1,), ("a",))
    assert old.state() == state


def test_nothing_is_known_of_a_column_in_the_training_rows():
    data = decode({"train": pa.table({"a": [1.0, NAN, NAN]})}, ["a"], None)["train"]
    with pytest.raises(DataError, match="None of the 2 rows to train on has a value in column 'a'"):
        TabularPreprocessor.fit(data, np.array([1, 2]), config("tabular", missing="mean"))


def test_categories_that_training_does_not_show_are_counted():
    data = decode(
        {"train": pa.table({"a": ["x", "y", "z", "z", ""], "n": [1.0] * 5})}, ["a", "n"], None
    )
    fitted = TabularPreprocessor.fit(data["train"], np.array([0, 1]), config("tabular"))
    assert fitted.remarks(data["train"], np.array([0, 1])) == ()
    (said,) = fitted.remarks(data["train"], np.arange(5))
    assert said.startswith("3 of 5 rows have a 'a' that no training row has")
    assert said.endswith("unknown: z, (missing)")
    assert fitted.transform(data["train"], np.array([2]))[0].tolist() == [0, 0, 0]


# --- data sets


def test_rows_without_text_or_label_are_left_out_of_every_split(tmp_path):
    columns = reviews()
    columns["text"][3], columns["label"][5] = " ", ""
    path = write(tmp_path / "data.csv", columns)
    with pytest.raises(DataError, match=r"have no label .*--missing drop"):
        read(path)
    data = read(path, missing="drop")
    assert len(data.splits["train"].labels) == 38
    assert "--missing drop: 2 of 40 rows are left out ('text' lacks 1, 'label' lacks 1)" in (
        data.description.notes
    )


def test_a_column_may_be_empty_in_one_split(tmp_path):
    train, test = numbers(40), numbers(10) | {"height": [None] * 10, "colour": [None] * 10}
    data = read(hub_folder(tmp_path / "d", {"train": train, "test": test}), missing="mean")
    prepared = prepare(data, config("tabular", missing="mean"), 0)
    assert not prepared.test.x[:, 0].any()


def test_the_mean_is_that_of_the_training_rows(tmp_path):
    columns = numbers(40)
    columns["height"][0] = ""
    data = read(write(tmp_path / "data.csv", columns), missing="mean")
    for seed in (0, 1):
        prepared = prepare(data, config("tabular", missing="mean"), seed)
        known = [h for i in prepared.train.rows if (h := columns["height"][i]) != ""]
        assert prepared.preprocessor.numbers["height"][0] == pytest.approx(np.mean(known))
        assert len(prepared.train.rows) < 40


def test_what_is_missing_is_in_the_identity_only_if_something_is_done(tmp_path):
    whole, path = numbers(40), tmp_path / "data.csv"
    before = read(write(path, whole)).description.fingerprint
    settings = config("tabular").settings
    assert "missing" not in settings
    ids = {config("tabular", missing=m).digest(before) for m in (None, "drop", "mean", "category")}
    assert len(ids) == 4
    # rows that are whole are the same whatever is wished
    assert load(DataSpec(dataset=str(path), missing="drop")).description.fingerprint == before


def test_packaged_data_are_whole():
    with pytest.raises(DataError, match="'wine' comes ready to use and takes no --missing"):
        load(DataSpec(dataset="wine", missing="mean"))
