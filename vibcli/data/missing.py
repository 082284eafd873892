"""Values that are missing: which they are, what is done about them, and what is said of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vibcli.config.data import Missing
from vibcli.config.kinds import Kind
from vibcli.data.raw import is_image
from vibcli.data.tabular import is_text
from vibcli.errors import DataError

Mask = NDArray[np.bool_]  # [N], of the rows of a table
SHOWN = 5  # rows, or columns, that a message names
ADVICE = (
    "Say what to do: --missing mean takes the mean of the training rows, --missing category marks "
    "them too, --missing drop leaves such rows out."
)


class NumbersMissing(DataError):
    """Numbers are missing, and nothing was said of what to do about it."""


class Settled(NamedTuple):
    """Tables by split, of the rows that are kept, and what is to be said of what is missing.

    What is said of categories is true of data to train on alone: in new rows the empty one may be
    unknown.
    """

    tables: dict[str, pa.Table]
    notes: tuple[str, ...]
    of_categories: tuple[str, ...]


def settle(
    tables: Mapping[str, pa.Table],
    columns: Sequence[str],
    label: str | None,
    kind: Kind,
    wanted: Missing | None,
    unlabelled: int | None = None,
) -> Settled:
    """Leave out the rows that are not to be used; refuse or describe what is missing in others.

    Without a wish numbers that are missing are refused. With ``drop`` no row that lacks an input is
    kept, with any wish none without a label, a text or an image. Numbers that stay missing are for
    the preprocessing to fill; a category that is missing is one of its own.

    Args:
        tables: rows by split.
        columns: the inputs.
        label: the label's column, None where there is none to be read.
        kind: of the data.
        wanted: what the user wants to be done.
        unlabelled: a label that stands for none.

    Raises:
        NumbersMissing: numbers are missing and nothing is wanted.
        DataError: nothing is left of a split, or a mean is wanted of what has none.
    """
    if kind != "tabular" and wanted in ("mean", "category"):
        raise DataError(
            f"--missing {wanted} is for tables: a missing {kind} has nothing in its place. "
            "--missing drop leaves such rows out."
        )
    kept, dropped, filled, named = {}, Count(), Count(), Count()
    for split, table in tables.items():
        gaps = dict(_input_gaps(table, columns, kind))
        if kind == "tabular" and wanted is None:
            _refuse_numbers(split, table, gaps)
        lost = dict(gaps) if wanted == "drop" else {}
        if label is not None and label in table.column_names and wanted is not None:
            lost[label] = _label_gap(table[label], unlabelled)
        out = np.logical_or.reduce([*lost.values(), np.zeros(len(table), bool)])
        dropped.add(out, lost)
        if out.all() and len(table):
            raise DataError(
                f"--missing drop leaves none of the {len(table)} rows in the {split} split: "
                f"{dropped.columns()}. Leave such columns out by naming the others with --input."
            )
        kept[split] = table.filter(pa.array(~out)) if out.any() else table
        for name, gap in gaps.items() if kind == "tabular" else ():
            stays = {name: gap & ~out}
            (named if is_string(table[name].type) else filled).add(stays[name], stays)
    of_categories = f"missing categories count as a category of their own: {named.columns()}"
    return Settled(
        kept,
        tuple(_told(dropped, filled, wanted)),
        (of_categories,) if named.by_column else (),
    )


def refuse_empty(table: pa.Table, columns: Sequence[str]) -> None:
    """Refuse columns of which nothing can be learnt.

    Raises:
        DataError: no row has a value.
    """
    if len(table) and (empty := [name for name in columns if gap(table[name]).all()]):
        names = ", ".join(f"'{name}'" for name in empty[:SHOWN])
        raise DataError(
            f"No training row has a value in column {names}. Leave it out by naming the others "
            "with --input."
        )


def typed(table: pa.Table, types: Mapping[str, pa.DataType]) -> pa.Table:
    """The table with the type that a column has elsewhere, where it is empty here."""
    for place, name in enumerate(table.column_names):
        if name in types and pa.types.is_null(table[name].type):
            table = table.set_column(place, name, table[name].cast(types[name]))
    return table


class Count:
    """How many rows, of how many, lack something, and how many in which column."""

    def __init__(self) -> None:
        self.rows = self.of = 0
        self.by_column: dict[str, int] = {}

    def add(self, rows: Mask, gaps: Mapping[str, Mask]) -> None:
        """Count those of a table."""
        self.rows += int(rows.sum())
        self.of += len(rows)
        for name, gap in gaps.items():
            if count := int(gap.sum()):
                self.by_column[name] = self.by_column.get(name, 0) + count

    def columns(self) -> str:
        """The columns that lack most, with how many values."""
        most = sorted(self.by_column.items(), key=lambda item: -item[1])
        more = f" and {len(most) - SHOWN} more columns" if len(most) > SHOWN else ""
        return ", ".join(f"'{name}' lacks {count}" for name, count in most[:SHOWN]) + more


def is_string(kind: pa.DataType) -> bool:
    """Whether values of this type are categories."""
    return is_text(kind) or (pa.types.is_dictionary(kind) and is_text(kind.value_type))


def gap(column: pa.ChunkedArray, blank: bool = False) -> Mask:
    """Where a column holds nothing: null, not a number, or no letter; ``blank``: spaces alone."""
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if is_text(column.type):
        plain = pc.utf8_trim_whitespace(column) if blank else column
        missing = pc.equal(plain, pa.scalar("", column.type)).fill_null(True)
    elif pa.types.is_floating(column.type):
        missing = pc.is_null(column, nan_is_null=True)
    elif is_image(column.type):
        record = pc.and_(*(pc.is_null(pc.struct_field(column, name)) for name in ("bytes", "path")))
        missing = pc.or_(pc.is_null(column), record)
    else:
        missing = pc.is_null(column)
    found: Mask = missing.to_numpy(zero_copy_only=False)
    return found


def _input_gaps(table: pa.Table, columns: Sequence[str], kind: Kind) -> Iterator[tuple[str, Mask]]:
    """Where inputs hold nothing; several texts are one, which lacks where they all do."""
    there = [name for name in columns if name in table.column_names]
    if kind == "text":
        lacking = [gap(table[name], blank=True) for name in there]
        if lacking:
            yield ", ".join(there), np.logical_and.reduce(lacking)
        return
    for name in there:
        yield name, gap(table[name])


def _label_gap(column: pa.ChunkedArray, unlabelled: int | None) -> Mask:
    missing = gap(column)
    if unlabelled is not None:
        same = pc.equal(column.combine_chunks(), unlabelled).fill_null(False)
        missing = missing | same.to_numpy(zero_copy_only=False)
    return missing


def _refuse_numbers(split: str, table: pa.Table, gaps: Mapping[str, Mask]) -> None:
    lacking = {n: g for n, g in gaps.items() if g.any() and not is_string(table[n].type)}
    if not lacking:
        return
    name, first = next(iter(lacking.items()))
    rows = np.flatnonzero(first)
    shown = ", ".join(str(row + 1) for row in rows[:SHOWN]) + (", ..." if len(rows) > SHOWN else "")
    others = f", and so have {', '.join(list(lacking)[1:])}" if len(lacking) > 1 else ""
    raise NumbersMissing(
        f"Column '{name}' ({split}) has {len(rows)} of {len(first)} values missing: row "
        f"{shown}{others}."
    )


def _told(dropped: Count, filled: Count, wanted: Missing | None) -> Iterator[str]:
    if dropped.rows:
        yield (
            f"--missing {wanted}: {dropped.rows} of {dropped.of} rows are left out "
            f"({dropped.columns()})"
        )
    if filled.by_column:
        marked = ", and columns of their own mark them" if wanted == "category" else ""
        yield f"missing numbers take the mean of the training rows{marked}: {filled.columns()}"
