"""Which columns are inputs, which is the label, and what kind of data they are."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vibcli.config.data import DataSpec
from vibcli.config.kinds import Kind
from vibcli.data.dataset import Ints, LabelKind, Labels
from vibcli.data.raw import Raw, is_image
from vibcli.data.tabular import MAX_CATEGORIES, MAX_NUMBER, is_text
from vibcli.errors import DataError, unknown

LABEL_NAMES = ("label", "labels", "target", "class", "y", "category", "sentiment")
INDEX_NAMES = ("", "id", "idx", "index", "unnamed: 0", "__index_level_0__")
SAMPLE = 2000
UNLABELLED = " --missing drop leaves those without out."
MANY, SEVERAL = 100, 20  # integers of which a label is a number, not a class


class Choice(NamedTuple):
    """The columns to use; ``notes`` says what was guessed."""

    kind: Kind
    inputs: tuple[str, ...]
    label: str
    notes: tuple[str, ...]


def choose_columns(raw: Raw, spec: DataSpec) -> Choice:
    """Take the columns that the user named and guess the rest where only one guess fits.

    Raises:
        DataError: a column is missing, or more than one guess fits.
    """
    table = raw.splits["train"]
    names = table.column_names
    for name in (*(spec.inputs or ()), *([spec.label] if spec.label else [])):
        if name not in names:
            raise DataError(unknown("column", name, names))
    notes = []
    label = spec.label
    if label is None:
        label = _guess_label(raw)
        notes.append(f"label column guessed: {label}")
    if spec.inputs and label in spec.inputs:
        raise DataError(f"Column '{label}' cannot be both input and label.")
    if spec.inputs:
        inputs = spec.inputs
        kind = spec.kind or _kind(table, inputs)
    else:
        kind, inputs = _guess_inputs(table, label, spec.kind)
        notes.append(f"input guessed: {kind} in {', '.join(inputs)}")
    _check(table, kind, inputs)
    return Choice(kind, inputs, label, tuple(notes))


class ReadLabels(NamedTuple):
    """Labels by split; ``classes`` say what integers stand for, none where labels are numbers."""

    classes: tuple[str, ...]
    labels: Mapping[str, Labels]
    notes: tuple[str, ...]


def read_labels(raw: Raw, label: str, wanted: LabelKind | None) -> ReadLabels:
    """The label column as classes or as numbers.

    Where nothing is ``wanted`` it is taken for a number if it holds fractions, more than 100
    different integers, or more than 20 that are more than a twentieth of the rows.

    Raises:
        DataError: see `encode_labels` and `number_labels`.
    """
    many, fractions = _many_values(raw, label) if wanted is None else (0, False)
    if wanted == "number" or many:
        note = f"label '{label}' is a number of {many} values: regression"
        if not fractions:
            note += "; --task classification takes each for a class"
            if many == raw.splits["train"].num_rows:
                note += ". No two rows have the same: if it tells rows apart, name another --label"
        return ReadLabels((), number_labels(raw, label), (note,) if many else ())
    classes, labels = encode_labels(raw, label)
    return ReadLabels(classes, labels, ())


def number_labels(raw: Raw, label: str) -> dict[str, NDArray[np.float64]]:
    """Labels of every split as float64.

    Raises:
        DataError: as `column_numbers`; or all that training shows are equal.
    """
    hint = " Choose another --label, or classify: --task classification"
    labels = {
        split: column_numbers(split, label, table, hint) for split, table in raw.splits.items()
    }
    if np.ptp(labels["train"]) == 0:
        raise DataError(
            f"Column '{label}' holds one number only ({labels['train'][0]:.10g}); there is "
            "nothing to predict."
        )
    return labels


def column_numbers(split: str, label: str, table: pa.Table, hint: str = "") -> NDArray[np.float64]:
    """The label column as float64; ``hint`` says what to do where it holds something else.

    Raises:
        DataError: there is no such column or no row; a label is missing, infinite or no number.
    """
    column = _label_column(split, label, table)
    if not _is_number(column.type):
        raise DataError(
            f"Column '{label}' holds {column.type}, which is no number to predict.{hint}"
        )
    numbers = np.array(column.cast(pa.float64(), safe=False).to_numpy(False))  # may be written to
    if bad := int((~(np.abs(numbers) <= MAX_NUMBER)).sum()):  # NaN is not in any range
        raise DataError(
            f"{bad} of {len(numbers)} rows in the {split} split have no label ('{label}'), or "
            f"one that is infinite, not a number or beyond {MAX_NUMBER:g}.{UNLABELLED}"
        )
    return numbers


def _many_values(raw: Raw, label: str) -> tuple[int, bool]:
    """How many values a label has that is to be taken for a number, else 0; any fractions?"""
    column = _label_column("train", label, raw.splits["train"])
    if label in raw.class_names or not _is_number(column.type):
        return 0, False
    numbers = column.drop_null().cast(pa.float64(), safe=False)
    numbers = numbers.filter(pc.is_finite(numbers))
    distinct = len(numbers.unique())
    fractions = pc.any(pc.not_equal(numbers, pc.floor(numbers))).as_py()
    many = distinct > MANY or (distinct > SEVERAL and distinct > len(column) / 20)
    return (distinct if fractions or many else 0), bool(fractions)


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _label_column(split: str, label: str, table: pa.Table) -> pa.Array:
    """The label column, its dictionary undone.

    Raises:
        DataError: there is none, or there are no rows.
    """
    if label not in table.column_names:
        raise DataError(f"The {split} split has no column '{label}'.")
    if table.num_rows == 0:
        raise DataError(f"The {split} split has no rows.")
    column = table[label].combine_chunks()
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def encode_labels(raw: Raw, label: str) -> tuple[tuple[str, ...], dict[str, Ints]]:
    """Labels as integers, and what the integers stand for.

    Raises:
        DataError: missing labels, one class only, a continuous label, or a label that occurs in
            another split but not in training.
    """
    columns = {split: plain_labels(split, label, table) for split, table in raw.splits.items()}
    used = sorted(columns["train"].unique().to_pylist())
    named = raw.class_names.get(label)
    classes = named or tuple(map(str, used))
    values = list(range(len(named))) if named else used
    labels = {}
    for split, column in columns.items():
        found = set(column.unique().to_pylist())
        if named and not found <= set(values):
            raise DataError(f"The {split} split has rows without a label ('{label}').{UNLABELLED}")
        if strange := sorted(found - set(used))[:5]:
            raise DataError(
                f"The {split} split has labels that training never shows: "
                f"{', '.join(named[v] if named else str(v) for v in strange)}. "
                "Add training rows for them or remove them."
            )
        index = pc.index_in(column, pa.array(values, column.type))
        labels[split] = index.to_numpy().astype(np.int64)
    if len(used) < 2:
        only = classes[values.index(used[0])]
        raise DataError(f"Column '{label}' has one class only ({only}); two or more are needed.")
    return classes, labels


def plain_labels(split: str, label: str, table: pa.Table) -> pa.Array:
    """The label column as integers or strings.

    Raises:
        DataError: there is none, some are missing, or they are no classes.
    """
    column = _label_column(split, label, table)
    kind = column.type
    if pa.types.is_floating(kind):
        numbers = pc.if_else(pc.is_nan(column), None, column).cast(pa.float64())
        column = numbers.cast(pa.int64(), safe=False)
        odd = numbers.filter(pc.not_equal(column.cast(pa.float64(), safe=False), numbers))
        if len(odd):
            raise DataError(
                f"Column '{label}' holds values such as {odd[0].as_py()}: a number to predict, "
                "not a class. Choose another --label, or predict it: --task regression"
            )
    elif pa.types.is_boolean(kind) or is_text(kind):
        column = column.cast(pa.string())
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
    elif not pa.types.is_integer(kind):
        raise DataError(f"Column '{label}' holds {kind}, which cannot be a class.")
    if column.null_count:
        raise DataError(
            f"{column.null_count} of {len(column)} rows in the {split} split have no label "
            f"('{label}').{UNLABELLED}"
        )
    return column


def only_label_name(names: Sequence[str]) -> str | None:
    """The one column that is called as labels are; None where there is none, or several."""
    fitting = [name for name in names if name.lower() in LABEL_NAMES]
    return fitting[0] if len(fitting) == 1 else None


def _guess_label(raw: Raw) -> str:
    names = raw.splits["train"].column_names
    fitting = [name for name in names if name.lower() in LABEL_NAMES]
    if not fitting and len(raw.class_names) == 1:
        fitting = list(raw.class_names)
    if len(fitting) == 1:
        return str(fitting[0])
    problem = "More than one column could be" if fitting else "No column looks like"
    raise DataError(f"{problem} the label. Name it with --label: {', '.join(fitting or names)}.")


def _guess_inputs(table: pa.Table, label: str, wanted: Kind | None) -> tuple[Kind, tuple[str, ...]]:
    rest = [n for n in table.column_names if n != label and n.lower() not in INDEX_NAMES]
    if not rest:
        raise DataError(f"There is no column beside the label '{label}' to learn from.")
    kinds = {name: _column_kind(table[name]) for name in rest}
    listed = ", ".join(f"{name} ({kind})" for name, kind in kinds.items())
    found = set(kinds.values())
    if found == {"image", "tabular"}:  # numbers beside an image are its particulars
        found = {"image"}
    kind = wanted or (found.pop() if len(found) == 1 else None)
    fitting = tuple(name for name in rest if kinds[name] == kind)
    if wanted == "text" and not fitting:
        fitting = tuple(name for name in rest if is_text(table[name].type))
    if kind and (len(fitting) == 1 or (fitting and kind == "tabular")):
        return kind, fitting
    if wanted and not fitting:
        raise DataError(f"No column can be read as {wanted}: {listed}.")
    raise DataError(
        f"More than one input is possible. Name the column or columns with --input: {listed}."
    )


def _kind(table: pa.Table, inputs: Sequence[str]) -> Kind:
    kinds = {_column_kind(table[name]) for name in inputs}
    if len(kinds) == 1:
        return kinds.pop()
    raise DataError(
        "The --input columns are of different kinds: "
        + ", ".join(f"{name} ({_column_kind(table[name])})" for name in inputs)
        + ". Choose one kind, or read them all as text with --kind text."
    )


def _column_kind(column: pa.ChunkedArray) -> Kind:
    """Strings are text if they mostly differ or mostly hold several words, else categories."""
    if is_image(column.type):
        return "image"
    if not is_text(column.type):
        return "tabular"
    sample = column.slice(0, SAMPLE).drop_null()
    if len(sample) == 0:
        return "tabular"
    distinct = len(sample.unique())
    spaces = pc.mean(pc.count_substring(sample, " ")).as_py()
    varied = distinct > MAX_CATEGORIES or distinct > 0.5 * len(sample)
    return "text" if varied and (spaces >= 1 or distinct > MAX_CATEGORIES) else "tabular"


def _check(table: pa.Table, kind: Kind, inputs: Sequence[str]) -> None:
    for name in inputs:
        column = table[name].type
        if (kind == "image") != is_image(column):
            raise DataError(f"Column '{name}' holds {column}, which cannot be read as {kind}.")
    if kind == "image" and len(inputs) > 1:
        raise DataError(f"One image column at a time, not {len(inputs)}.")
