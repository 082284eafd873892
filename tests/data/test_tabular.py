import decimal
import json

import numpy as np
import pyarrow as pa
import pytest
from samples import config
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from vibcli.data.tabular import MAX_CATEGORIES, Features, TabularPreprocessor, decode
from vibcli.errors import DataError


def make(columns=None, **more):
    table = pa.table({**(columns or {}), **more})
    return decode({"train": table}, table.column_names, None)["train"]


def fitted(data, rows=None):
    rows = np.arange(len(data)) if rows is None else np.asarray(rows)
    return TabularPreprocessor.fit(data, rows, config("tabular"))


def prepared(data, rows=None):
    return fitted(data, rows).transform(data, np.arange(len(data)))


@pytest.mark.parametrize(
    ("column", "numbers"),
    [
        ([1, 2, 3], [1, 2, 3]),
        (pa.array([1, 2, 3], pa.uint8()), [1, 2, 3]),
        (pa.array([0.5, 1.5], pa.float32()), [0.5, 1.5]),
        (np.array([0.5, 1.5], np.float16), [0.5, 1.5]),
        ([True, False], [1, 0]),
        (pa.array([decimal.Decimal("1.25"), decimal.Decimal("-2.00")]), [1.25, -2]),
        (pa.array([2**62, 1]), [2.0**62, 1]),
        (pa.chunked_array([[1], [2, 3]]), [1, 2, 3]),
    ],
)
def test_numbers_and_truth_values_are_read_as_float64(column, numbers):
    read = make(a=column).table["a"]
    assert read.type == pa.float64()
    assert read.to_pylist() == numbers


@pytest.mark.parametrize(
    "column",
    [
        ["x", None, ""],
        pa.array(["x", None, ""], pa.large_string()),
        pa.array(["x", None, ""]).dictionary_encode(),
        pa.chunked_array([["x"], [None, ""]]),
    ],
)
def test_strings_are_categories_and_nothing_is_one_too(column):
    read = make(a=column).table["a"]
    assert read.type == pa.large_string()
    assert read.to_pylist() == ["x", "", ""]


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_numbers_that_are_missing_are_nan(missing):
    read = make(a=pa.array([1.0, missing, 2.0], pa.float64())).table["a"]
    assert read.null_count == 0
    assert np.isnan(read.to_numpy()).tolist() == [False, True, False]


@pytest.mark.parametrize("bad", [float("inf"), float("-inf"), 1e200])
def test_numbers_that_are_none_are_refused_with_their_rows(bad):
    column = pa.array([1.0, bad, 2.0, bad], pa.float64())
    with pytest.raises(DataError, match=r"'a' \(test\) has 2 values .*: row 2, 4\. Fill or remove"):
        decode({"test": pa.table({"a": column})}, ["a"], None)


def test_at_most_five_rows_are_named():
    with pytest.raises(DataError, match=r"has 9 values .*: row 1, 2, 3, 4, 5, \.\.\."):
        make(a=[float("inf")] * 9)


@pytest.mark.parametrize(
    "column", [[[1], [2]], [{"x": 1}, {"x": 2}], pa.nulls(2), pa.array([0, 1], pa.date32())]
)
def test_other_types_are_to_be_left_out(column):
    with pytest.raises(DataError, match=r"'a' holds .*naming the others with --input"):
        make(a=column)


def test_standardised_as_scikit_learn_does_with_the_training_rows():
    rng = np.random.default_rng(0)
    values = rng.normal([5, -1e6, 1e-6], [2, 1e3, 1e-9], (50, 3))
    data = make({f"x{i}": values[:, i] for i in range(3)})
    rows = np.arange(0, 50, 2)
    scaler = StandardScaler().fit(values[rows])
    np.testing.assert_allclose(prepared(data, rows), scaler.transform(values), rtol=2e-5, atol=1e-6)


def test_categories_are_one_hot_as_scikit_learn_does_it():
    rng = np.random.default_rng(0)
    values = rng.choice(["b", "a", "", "ü"], (30, 2))
    encoder = OneHotEncoder(sparse_output=False).fit(values)
    data = make(x=values[:, 0], y=values[:, 1])
    np.testing.assert_array_equal(prepared(data), encoder.transform(values))


def test_columns_keep_their_order():
    data = make(b=[1.0, 3.0], kind=["q", "p"], a=[0.0, 4.0])
    assert prepared(data).tolist() == [[-1, 0, 1, -1], [1, 1, 0, 1]]
    assert fitted(data).shape == (4,)
    assert prepared(data).dtype == np.float32


@pytest.mark.parametrize("value", [0.0, 5.0, 0.1, -1e-300, 123456.789, 1e99])
def test_a_constant_column_is_centred_and_not_blown_up(value):
    data = make(a=[value] * 7 + [value + 0.5])
    x = fitted(data, range(7)).transform(data, np.arange(8))
    np.testing.assert_allclose(x[:7], 0, atol=abs(value) * 1e-14)
    np.testing.assert_allclose(x[7], (value + 0.5) - value, atol=1e-9 + abs(value) * 1e-14)


def test_numbers_near_the_limit_stay_finite():
    assert np.abs(prepared(make(a=[1e100, -1e100, 0.0]))).max() < 2


def test_a_category_not_seen_in_training_is_all_zeros():
    data = make(a=["p", "q", "r"])
    preprocessor = fitted(data, [0, 2])
    assert preprocessor.transform(data, np.arange(3)).tolist() == [[1, 0], [0, 0], [0, 1]]


def test_as_many_categories_as_allowed_and_one_more():
    names = [f"c{i}" for i in range(MAX_CATEGORIES + 1)]
    data = make(a=names)
    assert fitted(data, range(MAX_CATEGORIES)).shape == (MAX_CATEGORIES,)
    with pytest.raises(DataError, match=r"'a' has 101 different texts.*at most 100.*--input"):
        fitted(data)


# new rows that their file's format gives another type


def test_categories_that_a_new_file_gives_as_numbers():
    preprocessor = fitted(make(a=["1", "10", "2"]))
    new = make(a=[10, 1, 3])
    assert preprocessor.transform(new, np.arange(3)).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_numbers_that_a_new_file_gives_as_text():
    preprocessor = fitted(make(a=[1.0, 3.0]))
    assert preprocessor.transform(make(a=["5", "1"]), np.arange(2)).tolist() == [[3], [-1]]
    with pytest.raises(DataError, match=r"'a' must hold numbers: .*'five'"):
        preprocessor.transform(make(a=["5", "five"]), np.arange(2))


def test_saved_and_loaded(tmp_path):
    data = make(a=[1.0, 2.0], b=["x", None])
    data.save(tmp_path, "train")
    again = Features.load(tmp_path, "train")
    assert again.table.equals(data.table)
    assert list(again.content()) == list(data.content())


def test_state_round_trip():
    rng = np.random.default_rng(0)
    data = make(a=rng.normal(size=20), b=rng.choice(["x", "ü"], 20), c=rng.normal(size=20))
    preprocessor = fitted(data, range(10))
    again = TabularPreprocessor.from_state(json.loads(json.dumps(preprocessor.state())))
    assert again == preprocessor
    rows = np.array([19, 3, 3])
    np.testing.assert_array_equal(again.transform(data, rows), preprocessor.transform(data, rows))


def test_inverse_gives_the_table_back():
    rng = np.random.default_rng(0)
    data = make(
        a=rng.normal(5, 2, 20),
        b=rng.choice(["x", "ü", ""], 20),
        c=[7.0] * 20,
        d=rng.normal(size=20),
    )
    preprocessor = fitted(data)
    columns = preprocessor.inverse(preprocessor.transform(data, np.arange(20)))
    assert list(columns) == ["a", "b", "c", "d"]
    for name, values in columns.items():
        expected = data.table[name].to_pylist()
        assert values == (expected if name == "b" else pytest.approx(expected, abs=1e-5))


def test_inverse_takes_the_likeliest_category():
    preprocessor = fitted(make(a=["p", "q", "r"]))
    assert preprocessor.inverse(np.array([[0.2, 0.5, 0.3], [0, 0, 0]])) == {"a": ["q", "p"]}


def test_prepared_numbers_have_names():
    data = make(height=[1.0, 2.0], colour=["red", "green"], width=[1.0, 3.0])
    preprocessor = fitted(data)
    assert preprocessor.names == ("height", "colour=green", "colour=red", "width")
    assert len(preprocessor.names) == preprocessor.shape[0]
