"""Readers of the real data sets that come inside installed packages and need no network."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import sklearn.datasets

from vibcli.data.dataset import Inputs, Labels
from vibcli.data.image import Images
from vibcli.data.tabular import Features

Read = tuple[Inputs, Labels, tuple[str, ...]]  # the classes last; none of a number

AUTO_MPG = (
    *("cylinders", "displacement", "horsepower", "weight", "acceleration"),
    *("model year", "origin"),
)


def read_mnist_5k(path: Path) -> Read:
    """Digits of 28 by 28 pixels."""
    return _digits(path, 28, 255)


def read_digits(path: Path) -> Read:
    """Digits of 8 by 8 pixels."""
    return _digits(path, 8, 16)


def read_breast_cancer(path: Path) -> Read:
    """Tumours, benign or malignant."""
    return _classes(sklearn.datasets.load_breast_cancer())


def read_wine(path: Path) -> Read:
    """Wines of three growers."""
    return _classes(sklearn.datasets.load_wine())


def read_diabetes(path: Path) -> Read:
    """How far diabetes has progressed a year later (Efron et al. 2004), unscaled measurements."""
    bunch = sklearn.datasets.load_diabetes(scaled=False)
    return Features(_table(bunch.feature_names, bunch.data)), bunch.target.astype(np.float64), ()


def read_auto_mpg(path: Path) -> Read:
    """Miles per gallon of cars of 1970 to 1982 (Quinlan 1993); their names are left out."""
    values = pd.read_csv(path, header=None)
    numbers = values.drop(columns=7).to_numpy(np.float64)  # column 7: the name
    return Features(_table(AUTO_MPG, numbers[:, :-1])), numbers[:, -1], ()


def _digits(path: Path, side: int, top: int) -> Read:
    """Grey images as rows of ``side * side`` values in 0..top, and the label."""
    with gzip.open(path) as file:
        values = pd.read_csv(file, header=None).to_numpy()
    pixels = np.round(values[:, :-1] * (255 / top)).astype(np.uint8)
    images = Images(pixels.reshape(-1, 1, side, side))
    return images, values[:, -1].astype(np.int64), tuple("0123456789")


def _classes(bunch: sklearn.utils.Bunch) -> Read:
    table = _table(bunch.feature_names, bunch.data)
    return Features(table), bunch.target.astype(np.int64), tuple(map(str, bunch.target_names))


def _table(names: "tuple[str, ...] | list[str]", values: np.ndarray) -> pa.Table:
    return pa.table(dict(zip(map(str, names), values.T, strict=True)))
