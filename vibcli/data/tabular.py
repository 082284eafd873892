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

    Raises:
        DataError: a number is missing, infinite or undefined, or a column's type has no use here.
    """
    return {
        split: Features(pa.table({name: _feature(split, name, table[name]) for name in columns}))
        for split, table in tables.items()
    }


@dataclass(frozen=True)
class TabularPreprocessor:
    """How each feature becomes numbers, learnt from the training rows alone.

    ``numbers`` maps a column to its mean and standard deviation, ``categories`` to its values;
    a value not seen in training is all zeros.
    """

    columns: tuple[str, ...]
    numbers: Mapping[str, tuple[float, float]]
    categories: Mapping[str, tuple[str, ...]]

    @property
    def shape(self) -> tuple[int, ...]:
        """``(D,)``."""
        return (len(self.numbers) + sum(map(len, self.categories.values())),)

    @classmethod
    def fit(cls, inputs: Features, rows: Ints, config: RunConfig) -> Self:
        """Learn means, standard deviations and categories from ``rows``."""
        numbers, categories = {}, {}
        for name in inputs.table.column_names:
            column = inputs.table[name].take(pa.array(rows))
            if pa.types.is_floating(column.type):
                values = column.to_numpy()
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
        return cls(tuple(inputs.table.column_names), numbers, categories)

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
                block = ((_as_numbers(name, column) - mean) / deviation)[:, None]
            else:
                values = self.categories[name]
                strings = _as_strings(column).cast(pa.large_string())
                index = pc.index_in(strings, pa.array(values, pa.large_string())).fill_null(-1)
                block = index.to_numpy()[:, None] == np.arange(len(values))
            blocks.append(block.astype(np.float32))
        return np.concatenate(blocks, axis=1)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the D prepared numbers: a column's own, or ``column=value`` of a category."""
        return tuple(
            f"{column}={value}" if value is not None else column
            for column in self.columns
            for value in self.categories.get(column, (None,))
        )

    def inverse(self, x: Array) -> dict[str, list[float] | list[str]]:
        """Columns in the data's own units, from ``[N, D]`` as `transform` makes it.

        Of the values of a category the one with the highest number is taken, the first of equals.
        """
        columns: dict[str, list[float] | list[str]] = {}
        start = 0
        for name in self.columns:
            if name in self.numbers:
                mean, deviation = self.numbers[name]
                columns[name] = (mean + deviation * x[:, start].astype(np.float64)).tolist()
                start += 1
            else:
                values = self.categories[name]
                block = x[:, start : start + len(values)]
                columns[name] = [values[i] for i in block.argmax(1)]
                start += len(values)
        return columns

    def state(self) -> dict[str, Any]:
        """JSON-able content."""
        return {
            "columns": list(self.columns),
            "numbers": {name: list(value) for name, value in self.numbers.items()},
            "categories": {name: list(value) for name, value in self.categories.items()},
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Inverse of `state`."""
        return cls(
            tuple(state["columns"]),
            {name: (mean, deviation) for name, (mean, deviation) in state["numbers"].items()},
            {name: tuple(values) for name, values in state["categories"].items()},
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
    bad = np.flatnonzero(~(np.abs(numbers) <= MAX_NUMBER))  # NaN is not in any range
    if len(bad):
        shown = ", ".join(str(row + 1) for row in bad[:5])
        more = ", ..." if len(bad) > 5 else ""
        raise DataError(
            f"Column '{name}' ({split}) has {len(bad)} values that are missing, infinite, not a "
            f"number or beyond {MAX_NUMBER:g}: row {shown}{more}. Fill or remove them."
        )
    return values


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
    whole = pc.all(pc.equal(column, pc.floor(column))).as_py()
    return column.cast(pa.int64()).cast(pa.string()) if whole else column.cast(pa.string())
