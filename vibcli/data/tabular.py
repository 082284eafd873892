"""Tables: numbers standardised, categories one-hot."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vibcli.config.record import RunConfig
from vibcli.data.dataset import Array, Ints, load_table, save_table, string_content
from vibcli.errors import DataError

MAX_CATEGORIES = 100
MAX_NUMBER = 1e100  # squares of larger ones overflow
SHOWN = 5  # values that a message names


@dataclass(frozen=True)
class Features:
    """One column a feature: float64 numbers or strings."""

    table: pa.Table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def content(self) -> Iterable[bytes]:
        """Names and values."""
        for name in self.table.column_names:
            yield name.encode()
            column = self.table[name].combine_chunks()
            if pa.types.is_floating(column.type):
                yield column.to_numpy(zero_copy_only=False).tobytes()
            else:
                yield from string_content(column)

    def save(self, folder: Path, split: str) -> None:
        """Write the table."""
        save_table(self.table, folder / f"{split}.arrow")

    @classmethod
    def load(cls, folder: Path, split: str) -> Self:
        """Map the table into memory."""
        return cls(load_table(folder / f"{split}.arrow"))


def decode(
    tables: Mapping[str, pa.Table], columns: Sequence[str], _: tuple[int, int] | None
) -> dict[str, Features]:
    """Read feature columns: numbers and truth values as float64, the rest as categories.

    A number that is missing is not a number (NaN), a category that is missing is the empty one.

    Raises:
        DataError: a number is infinite, or a column's type has no use here.
    """
    return {
        split: Features(pa.table({name: _feature(split, name, table[name]) for name in columns}))
        for split, table in tables.items()
    }


@dataclass(frozen=True)
class TabularPreprocessor:
    """How each feature becomes numbers, learnt from the training rows alone.

    ``numbers`` maps a column to its mean and standard deviation, ``categories`` to its values;
    a value not seen in training is all zeros. A number that is missing is the mean, so 0 once it is
    standardised; a column in ``marked`` is followed by another one that is 1 where it is missing
    and 0 elsewhere.
    """

    columns: tuple[str, ...]
    numbers: Mapping[str, tuple[float, float]]
    categories: Mapping[str, tuple[str, ...]]
    marked: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """``(D,)``."""
        of_categories = sum(map(len, self.categories.values()))
        return (len(self.numbers) + len(self.marked) + of_categories,)

    @classmethod
    def fit(cls, inputs: Features, rows: Ints, config: RunConfig) -> Self:
        """Learn means, standard deviations and categories from ``rows``.

        Those of numbers are of the known ones. With ``missing`` set to ``category`` columns are
        marked of which some of ``rows`` lack a value.
        """
        numbers, categories, marked = {}, {}, []
        for name in inputs.table.column_names:
            column = inputs.table[name].take(pa.array(rows))
            if pa.types.is_floating(column.type):
                known = column.to_numpy()
                values = known[~np.isnan(known)]
                if not len(values):
                    raise DataError(
                        f"None of the {len(known)} rows to train on has a value in column "
                        f"'{name}'. Leave it out by naming the others with --input."
                    )
                if len(values) < len(known) and config.missing == "category":
                    marked.append(name)
                if np.ptp(values) > 0:
                    numbers[name] = (float(values.mean()), float(values.std()) or 1.0)
                else:  # by rounding, the deviation of equal values need not be 0
                    numbers[name] = (float(values[0]), 1.0)
            else:
                categories[name] = tuple(sorted(column.unique().to_pylist()))
                if len(categories[name]) > MAX_CATEGORIES:
                    raise DataError(
                        f"Column '{name}' has {len(categories[name])} different texts, too many "
                        f"for categories (at most {MAX_CATEGORIES}). Leave it out by naming the "
                        "others with --input, or use it alone as text."
                    )
        return cls(tuple(inputs.table.column_names), numbers, categories, tuple(marked))

    def needed(self, inputs: tuple[str, ...]) -> tuple[str, ...]:
        """Those it was fitted on: a packaged data set is known by one name for all."""
        return self.columns

    def transform(self, inputs: Features, rows: Ints) -> Array:
        """float32 ``[N, D]``, in the order of the columns."""
        blocks = []
        for name in self.columns:
            column = inputs.table[name].take(pa.array(rows))
            if name in self.numbers:
                mean, deviation = self.numbers[name]
                standardised = (_as_numbers(name, column) - mean) / deviation
                missing = np.isnan(standardised)
                block = np.where(missing, 0.0, standardised)[:, None]
                if name in self.marked:
                    block = np.column_stack([block, missing])
            else:
                index = self._index(name, column)
                block = index[:, None] == np.arange(len(self.categories[name]))
            blocks.append(block.astype(np.float32))
        return np.concatenate(blocks, axis=1)

    def remarks(self, inputs: Features, rows: Ints) -> tuple[str, ...]:
        """Which categories no training row has shown, and in how many of ``rows``."""
        said = []
        for name in self.categories:
            column = inputs.table[name].take(pa.array(rows))
            if count := int((strange := self._index(name, column) < 0).sum()):
                values = _as_strings(column).filter(pa.array(strange)).unique().to_pylist()
                shown = ", ".join(value or "(missing)" for value in values[:SHOWN])
                more = ", ..." if len(values) > SHOWN else ""
                said.append(
                    f"{count} of {len(rows)} rows have a '{name}' that no training row has, which "
                    f"counts as unknown: {shown}{more}"
                )
        return tuple(said)

    def _index(self, name: str, column: pa.ChunkedArray) -> Ints:
        """Number of each value among the known ones of a category, ``[N]``; -1: unknown."""
        values = pa.array(self.categories[name], pa.large_string())
        strings = _as_strings(column).cast(pa.large_string())
        index: Ints = pc.index_in(strings, values).fill_null(-1).to_numpy()
        return index

    @property
    def names(self) -> tuple[str, ...]:
        """Of the D prepared numbers: a column's own, or ``column=value`` of a category."""
        names = []
        for column in self.columns:
            if column in self.numbers:
                names += [column, f"{column} is missing"][: 1 + (column in self.marked)]
            else:
                names += [f"{column}={value}" for value in self.categories[column]]
        return tuple(names)

    def inverse(self, x: Array) -> dict[str, list[float] | list[str]]:
        """Columns in the data's own units, from ``[N, D]`` as `transform` makes it.

        Of the values of a category the one with the highest number is taken, the first of equals;
        marks of what is missing are left out.
        """
        columns: dict[str, list[float] | list[str]] = {}
        start = 0
        for name in self.columns:
            if name in self.numbers:
                mean, deviation = self.numbers[name]
                columns[name] = (mean + deviation * x[:, start].astype(np.float64)).tolist()
                start += 1 + (name in self.marked)
            else:
                values = self.categories[name]
                block = x[:, start : start + len(values)]
                columns[name] = [values[i] for i in block.argmax(1)]
                start += len(values)
        return columns

    def state(self) -> dict[str, Any]:
        """JSON-able content."""
        content: dict[str, Any] = {
            "columns": list(self.columns),
            "numbers": {name: list(value) for name, value in self.numbers.items()},
            "categories": {name: list(value) for name, value in self.categories.items()},
        }
        return content | ({"marked": list(self.marked)} if self.marked else {})

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Inverse of `state`."""
        return cls(
            tuple(state["columns"]),
            {name: (mean, deviation) for name, (mean, deviation) in state["numbers"].items()},
            {name: tuple(values) for name, values in state["categories"].items()},
            tuple(state.get("marked", ())),  # older files have none
        )


def _feature(split: str, name: str, column: pa.ChunkedArray) -> pa.Array:
    column = column.combine_chunks()
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values = column.cast(pa.float64(), safe=False)
    elif pa.types.is_boolean(kind):
        values = column.cast(pa.uint8()).cast(pa.float64())
    elif is_text(kind) or pa.types.is_dictionary(kind):
        return column.cast(pa.large_string()).fill_null("")
    else:
        raise DataError(
            f"Column '{name}' holds {kind}: not a number, a truth value or a text. Leave it out "
            "by naming the others with --input."
        )
    numbers = values.to_numpy(zero_copy_only=False)
    bad = np.flatnonzero(np.abs(numbers) > MAX_NUMBER)
    if len(bad):
        shown = ", ".join(str(row + 1) for row in bad[:5])
        more = ", ..." if len(bad) > 5 else ""
        raise DataError(
            f"Column '{name}' ({split}) has {len(bad)} values that are infinite or beyond "
            f"{MAX_NUMBER:g}: row {shown}{more}. Fill or remove them."
        )
    return pa.array(numbers) if values.null_count else values


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds strings."""
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _as_numbers(name: str, column: pa.ChunkedArray) -> Array:
    try:
        return np.asarray(column.cast(pa.float64()).to_numpy())
    except pa.ArrowInvalid as error:
        raise DataError(f"Column '{name}' must hold numbers: {error}.") from None


def _as_strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_floating(column.type):
        return column
    known = pc.if_else(pc.is_nan(column), None, column)
    whole = pc.all(pc.equal(known, pc.floor(known))).as_py()
    strings = known.cast(pa.int64()).cast(pa.string()) if whole else known.cast(pa.string())
    return strings.fill_null("")
