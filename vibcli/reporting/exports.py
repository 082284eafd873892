"""Tables of predictions in the formats that users ask for."""

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from vibcli.files import finite, write_atomically

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = (".csv", ".tsv", ".jsonl", ".parquet")


def write_predicted(table: "pa.Table", path: Path) -> None:
    """Write a table in the format that the name of ``path`` ends in, atomically."""
    write_atomically(path, lambda temporary: _write(table, temporary))


def _write(table: "pa.Table", path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        from pyarrow import parquet

        parquet.write_table(table, path)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        if suffix == ".jsonl":
            for row in table.to_pylist():
                file.write(json.dumps(finite(row), ensure_ascii=False, default=str) + "\n")
        else:
            write_delimited(table, file, {".csv": ",", ".tsv": "\t"}[suffix])


def write_delimited(table: "pa.Table", file: TextIO, delimiter: str) -> None:
    """Write a header and a line for each row."""
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
