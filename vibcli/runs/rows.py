"""A saved model and rows for it: parts of the run's own data, or new raw rows."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from vibcli.config.data import Missing
from vibcli.data.columns import column_numbers, plain_labels
from vibcli.data.dataset import Array, Dataset, Ints, Labels
from vibcli.data.files import read_images, read_table, read_text
from vibcli.data.missing import NumbersMissing, settle, typed
from vibcli.data.prepare import MODALITIES, Part, divide, part
from vibcli.data.tabular import TabularPreprocessor
from vibcli.errors import MAX_LISTED, DataError, shortened, unknown
from vibcli.runs.saved_model import SavedModel


class NewRows(NamedTuple):
    """Rows that are kept, prepared for a model: ``x`` is ``[N, ...]``; and what is to be said."""

    table: pa.Table
    x: Array
    notes: tuple[str, ...]


def run_part(saved: SavedModel, dataset: Dataset, name: str) -> Part:
    """``train``, ``validation`` or ``test`` as the run saw it."""
    where = divide(dataset, saved.run.config, saved.run.seed)[name]
    return part(dataset, saved.preprocessor, where)


# of what a model reads, by kind of data
TYPES: dict[str, type[np.generic]] = {
    "text": np.int32,
    "image": np.uint8,
    "tabular": np.float32,
}


def no_rows(saved: SavedModel) -> Part:
    """No training row: what a run's data are where they are not at hand."""
    nothing = np.empty(0, np.int64)
    x = np.empty((0, *saved.preprocessor.shape), TYPES[saved.run.data.kind])
    return Part(x, nothing, "train", nothing)


def new_rows(
    saved: SavedModel, path: Path, missing: Missing | None = None, label: str | None = None
) -> NewRows:
    """Read a table, a text, an image or a folder of images; prepare it as the run's data were.

    A text is a file that ends in ``.txt``; it stands for all of the run's input columns. What is
    done about ``missing`` values is by default what was done in training; where a ``label`` is
    named, rows without one are among them.

    Raises:
        DataError: it cannot be read, or lacks columns that the model needs.
    """
    about = saved.run.data
    if not path.exists():
        needed = "an image, or a folder of images"
        if about.kind != "image":
            columns = saved.preprocessor.needed(about.inputs)
            needed = f"a table with the columns {shortened(columns)}"
        raise DataError(f"There is no file {path}. Give {needed}.")
    if about.kind == "image":
        return prepared(saved, read_images(path), str(path))
    if about.kind == "text" and path.suffix.lower() == ".txt":
        table = read_text(path)
        return NewRows(table, _transformed(saved, table, ("text",), path.name), ())
    raw = read_table(path)
    found = prepared(saved, raw.splits["train"], str(path), missing, label)
    return found._replace(notes=(*raw.notes, *found.notes))


def prepared(
    saved: SavedModel,
    table: pa.Table,
    where: str,
    missing: Missing | None = None,
    label: str | None = None,
) -> NewRows:
    """The inputs of a table's rows as the model reads them; see `new_rows`.

    Raises:
        DataError: a column is missing or cannot be read; ``where`` says whose.
    """
    about, name = saved.run.data, Path(where).name
    if about.kind == "image":
        return NewRows(table, _transformed(saved, table, ("image",), name), ())
    columns = saved.preprocessor.needed(about.inputs)
    if lacking := [column for column in columns if column not in table.column_names]:
        raise DataError(_lacking(where, lacking, table.column_names))
    table = typed(table, _types(saved))
    wanted = missing or saved.run.config.missing
    try:
        settled = settle({name: table}, columns, label, saved.run.config.kind, wanted)
    except NumbersMissing as error:
        raise DataError(
            f"{error} The model was trained on rows that lack none. --missing mean takes the mean "
            "of its training rows, --missing drop leaves such rows out."
        ) from None
    table = settled.tables[name]
    inputs = MODALITIES[about.kind].decode({name: table}, columns, None)[name]
    rows = np.arange(table.num_rows)
    notes = (*settled.notes, *saved.preprocessor.remarks(inputs, rows))
    return NewRows(table, saved.preprocessor.transform(inputs, rows), notes)


def _types(saved: SavedModel) -> dict[str, pa.DataType]:
    """What columns of a table held that may be empty in new rows."""
    if not isinstance(saved.preprocessor, TabularPreprocessor):
        return {}
    return dict.fromkeys(saved.preprocessor.numbers, pa.float64()) | dict.fromkeys(
        saved.preprocessor.categories, pa.large_string()
    )


def _lacking(where: str, lacking: Sequence[str], there: Sequence[str]) -> str:
    """What to say of columns that are not there: each with the nearest that is."""
    near = {name: get_close_matches(name, there, n=1, cutoff=0.5) for name in lacking[:MAX_LISTED]}
    named = [f"'{name}' (nearest: '{n[0]}')" if n else f"'{name}'" for name, n in near.items()]
    more = f" and {len(lacking) - MAX_LISTED} more" if len(lacking) > MAX_LISTED else ""
    there_is, it = ("are no columns", "them") if len(lacking) > 1 else ("is no column", "it")
    return (
        f"{where}: there {there_is} {', '.join(named)}{more}. The model reads {it}. "
        f"Columns that there are: {shortened(there)}."
    )


def _transformed(saved: SavedModel, table: pa.Table, columns: tuple[str, ...], name: str) -> Array:
    about, size = saved.run.data, None
    if about.kind == "image":
        _, height, width = saved.preprocessor.shape
        size = width, height
    inputs = MODALITIES[about.kind].decode({name: table}, columns, size)[name]
    return saved.preprocessor.transform(inputs, np.arange(table.num_rows))


class Labelled(NamedTuple):
    """New rows as a part of data, and what is to be said of them."""

    part: Part
    notes: tuple[str, ...]


def labelled(saved: SavedModel, path: Path, missing: Missing | None = None) -> Labelled:
    """New rows with the labels that the file gives them.

    Raises:
        DataError: there are no labels, or some that the model does not know.
    """
    about = saved.run.data
    label = "label" if about.kind == "image" else about.label
    table, x, notes = new_rows(saved, path, missing, label)
    if label not in table.column_names:
        raise DataError(f"{path}: {unknown('label column', label, table.column_names)}")
    labels: Labels
    if about.classes:
        labels = _labels(plain_labels(path.name, label, table), about.classes, path)
    else:
        labels = column_numbers(path.name, label, table)
    return Labelled(Part(x, labels, path.name, np.arange(len(x))), notes)


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
