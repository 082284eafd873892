"""A data set, a config and a seed -> the arrays that a model trains on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self

import numpy as np

from vibcli.config.data import BY_SEED
from vibcli.config.record import RunConfig
from vibcli.data import image, tabular, text
from vibcli.data.dataset import Array, Dataset, Ints, Labels
from vibcli.data.split import hold_out
from vibcli.errors import DataError

TEST_SEED = 0  # of a held-out test part that is the same for every seed


class Preprocessor(Protocol):
    """Inputs -> arrays, with what was learnt from training rows; stored beside the model."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one prepared input."""
        ...

    @classmethod
    def fit(cls, inputs: Any, rows: Ints, config: RunConfig) -> Self:
        """Learn from ``rows`` of ``inputs``."""
        ...

    def needed(self, inputs: tuple[str, ...]) -> tuple[str, ...]:
        """The columns that it reads, where the data's inputs are called so."""
        ...

    def transform(self, inputs: Any, rows: Ints) -> Array:
        """Prepare ``rows`` of ``inputs``."""
        ...

    def remarks(self, inputs: Any, rows: Ints) -> tuple[str, ...]:
        """What is to be said of ``rows`` because it was fitted on others."""
        ...

    def state(self) -> dict[str, Any]:
        """JSON-able content."""
        ...

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Inverse of `state`."""
        ...


class Modality(NamedTuple):
    """How one kind of data is decoded, stored and prepared."""

    decode: Any
    inputs: Any
    preprocessor: type[Preprocessor]


MODALITIES: dict[str, Modality] = {
    "text": Modality(text.decode, text.Texts, text.TextPreprocessor),
    "image": Modality(image.decode, image.Images, image.ImagePreprocessor),
    "tabular": Modality(tabular.decode, tabular.Features, tabular.TabularPreprocessor),
}


class Part(NamedTuple):
    """Prepared inputs ``[N, ...]``, labels ``[N]`` and where the rows come from."""

    x: Array
    y: Labels
    split: str
    rows: Ints


@dataclass(frozen=True)
class Prepared:
    """The three parts of a run and what made them."""

    train: Part
    validation: Part
    test: Part
    preprocessor: Preprocessor


class RowNumbers(NamedTuple):
    """Row numbers within a split of the data set."""

    split: str
    rows: Ints


def divide(dataset: Dataset, config: RunConfig, seed: int) -> dict[str, RowNumbers]:
    """Decide which rows train, validate and test.

    A test split that the data have is used as it is, otherwise one is held out, by seed or the
    same for every seed. Validation is held out of train, by seed, unless the data have both
    splits. Where the test split is watched it stands in for validation, and all other rows train.

    Raises:
        DataError: a class has too few rows, or none is left to train on.
    """
    splits, names = dataset.splits, dataset.description.classes
    labels = splits["train"].labels
    rows = np.arange(len(labels))
    if "test" in splits:
        test = RowNumbers("test", np.arange(len(splits["test"].labels)))
    else:
        drawn_by = seed if config.test_split == BY_SEED else TEST_SEED
        rows, held = hold_out(rows, labels, config.test, drawn_by, "test", names)
        test = RowNumbers("train", held)
    if config.watch == "test":
        validation = test
    elif "validation" in splits:
        validation = RowNumbers("validation", np.arange(len(splits["validation"].labels)))
    else:
        rows, held = hold_out(rows, labels, config.validation, seed, "validation", names)
        validation = RowNumbers("train", held)
    if config.train_rows and config.train_rows < len(rows):
        _, rows = hold_out(rows, labels, config.train_rows, seed, "training", names)
    if names and len(lost := np.setdiff1d(labels, labels[rows])):
        raise DataError(
            f"None of the {len(rows)} rows to train on is of class '{names[lost[0]]}'. Take more "
            "(--train-rows), hold out less (--validation, --test) or remove the class."
        )
    return {"train": RowNumbers("train", rows), "validation": validation, "test": test}


def prepare(dataset: Dataset, config: RunConfig, seed: int) -> Prepared:
    """Split by ``seed``, learn the preprocessing from the training rows, apply it to all."""
    divided = divide(dataset, config, seed)
    train = divided["train"]
    preprocessor = MODALITIES[dataset.description.kind].preprocessor.fit(
        dataset.splits["train"].inputs, train.rows, config
    )
    parts = {name: part(dataset, preprocessor, rows) for name, rows in divided.items()}
    return Prepared(**parts, preprocessor=preprocessor)


def part(dataset: Dataset, preprocessor: Preprocessor, where: RowNumbers) -> Part:
    """Prepare some rows of a data set."""
    split = dataset.splits[where.split]
    x = preprocessor.transform(split.inputs, where.rows)
    return Part(x, split.labels[where.rows], where.split, where.rows)
