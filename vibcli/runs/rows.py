"""A saved model and rows for it: parts of the run's own data, or new raw rows."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from vibcli.config.data import DataSpec
from vibcli.data import MODALITIES, Dataset, Part, divide, load, part
from vibcli.data.columns import column_numbers, plain_labels
from vibcli.data.dataset import Array, Ints, Labels, label_kind
from vibcli.data.files import read_images, read_table, read_text
from vibcli.errors import DataError, RunError, unknown
from vibcli.runs.saved_model import SavedModel
from vibcli.runs.session import Session


class NewRows(NamedTuple):
    """Rows of a file, prepared for a model: ``x`` is ``[N, ...]``."""

    table: pa.Table
    x: Array


def run_data(saved: SavedModel, session: Session) -> Dataset:
    """The data set that a run was made on.

    Raises:
        RunError: the data have changed since.
    """
    wanted = saved.run.config.model_dump(include=set(DataSpec.model_fields))
    wanted["revision"] = saved.run.data.revision  # a branch may have moved on since
    spec, label = DataSpec(**wanted), label_kind(saved.run.data.classes)
    dataset = load(spec, session.data_dir, session.use_cache, label)
    now, then = dataset.description.fingerprint, saved.run.data.fingerprint
    if now != then:
        raise RunError(
            f"The data of {saved.run.id} have changed since it was trained (fingerprint {then}, "
            f"now {now})."
        )
    return dataset


def run_part(saved: SavedModel, dataset: Dataset, name: str) -> Part:
    """``train``, ``validation`` or ``test`` as the run saw it."""
    where = divide(dataset, saved.run.config, saved.run.seed)[name]
    return part(dataset, saved.preprocessor, where)


def new_rows(saved: SavedModel, path: Path) -> NewRows:
    """Read a table, a text, an image or a folder of images; prepare it as the run's data were.

    A text is a file that ends in ``.txt``; it stands for all of the run's input columns.

    Raises:
        DataError: it cannot be read, or lacks a column that the model needs.
    """
    about = saved.run.data
    if about.kind == "image":
        table = read_images(path)
    elif about.kind == "text" and path.suffix.lower() == ".txt":
        table = read_text(path)
        return NewRows(table, _transformed(saved, table, ("text",), path.name))
    else:
        table = read_table(path).splits["train"]
    return NewRows(table, prepared(saved, table, str(path)))


def prepared(saved: SavedModel, table: pa.Table, where: str) -> Array:
    """The inputs of a table's rows as the model reads them, ``[N, ...]``.

    Raises:
        DataError: a column is missing or cannot be read; ``where`` says whose.
    """
    if saved.run.data.kind == "image":
        return _transformed(saved, table, ("image",), Path(where).name)
    columns = saved.preprocessor.needed(saved.run.data.inputs)
    for name in columns:
        if name not in table.column_names:
            raise DataError(f"{where}: {unknown('column', name, table.column_names)}")
    return _transformed(saved, table, columns, Path(where).name)


def _transformed(saved: SavedModel, table: pa.Table, columns: tuple[str, ...], name: str) -> Array:
    about, size = saved.run.data, None
    if about.kind == "image":
        _, height, width = saved.preprocessor.shape
        size = width, height
    inputs = MODALITIES[about.kind].decode({name: table}, columns, size)[name]
    return saved.preprocessor.transform(inputs, np.arange(table.num_rows))


def labelled(saved: SavedModel, path: Path) -> Part:
    """New rows with the labels that the file gives them.

    Raises:
        DataError: there are no labels, or some that the model does not know.
    """
    about = saved.run.data
    table, x = new_rows(saved, path)
    label = "label" if about.kind == "image" else about.label
    if label not in table.column_names:
        raise DataError(f"{path}: {unknown('label column', label, table.column_names)}")
    labels: Labels
    if about.classes:
        labels = _labels(plain_labels(path.name, label, table), about.classes, path)
    else:
        labels = column_numbers(path.name, label, table)
    return Part(x, labels, path.name, np.arange(len(x)))


def _labels(column: pa.Array, classes: tuple[str, ...], path: Path) -> Ints:
    index = {name: i for i, name in enumerate(classes)}
    if pa.types.is_integer(column.type) and not any(n.lstrip("-").isdigit() for n in classes):
        # the classes have names, but the file gives their numbers
        index = {str(i): i for i in range(len(classes))}
    values = [str(value) for value in column.to_pylist()]
    if strange := sorted(set(values) - set(index)):
        raise DataError(
            f"{path} has labels that the model does not know: {', '.join(strange[:5])}. "
            f"It knows {', '.join(classes[:10])}."
        )
    return np.array([index[value] for value in values], np.int64)
