"""Tables in a single file (CSV, TSV, JSON lines, Parquet), and images in files."""

import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from vibcli.data.raw import Raw
from vibcli.errors import DataError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
SPLIT_FOLDERS = {"train": "train", "val": "validation", "validation": "validation", "test": "test"}
SPLIT_FILES = SPLIT_FOLDERS | {"dev": "validation", "valid": "validation"}
DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 1 << 16  # bytes in which the delimiter is looked for
BLOCK = 1 << 24  # bytes that are parsed at a time; no row may be longer


def is_table(path: Path) -> bool:
    """Whether the name of a file says that it holds a table."""
    return _format(path) in READERS


def read_table(path: Path) -> Raw:
    """Read a file as the one split ``train``.

    Raises:
        DataError: it is missing, empty, not UTF-8 or damaged.
    """
    if not is_table(path):
        raise DataError(f"Cannot read {path}: its name must end in {', '.join(READERS)}.")
    try:
        if path.stat().st_size == 0:
            raise DataError(f"{path} is empty.")
        table, notes = READERS[_format(path)](path)
        table.validate(full=True)  # not every reader checks that strings are UTF-8
        twice = [name for name, count in Counter(table.column_names).items() if count > 1]
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or error}.") from None
    except (pa.ArrowException, UnicodeError) as error:
        if place := _bad_byte(path):
            raise DataError(f"{path} is not UTF-8 ({place}). Convert it.") from None
        reason = str(error).splitlines()[0].rstrip(".")
        raise DataError(f"{path} cannot be read: {reason}.") from None
    if twice:
        raise DataError(f"{path} has more than one column '{twice[0]}'. Rename one.")
    if table.num_rows == 0:
        raise DataError(f"{path} has a header but no rows.")
    return Raw({"train": table}, notes=notes)


def split_files(folder: Path) -> dict[str, list[Path]]:
    """Tables in a folder that are named by a split, such as ``train.csv`` and ``dev.csv``."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        name = SPLIT_FILES.get(path.name.split(".")[0].lower())
        if name is not None and path.is_file() and is_table(path):
            found.setdefault(name, []).append(path)
    return found


def read_split_files(folder: Path) -> Raw:
    """Read the tables of a folder that are named by a split.

    Raises:
        DataError: two are of one split, or one cannot be read; see `read_table`.
    """
    files = split_files(folder)
    for split, paths in files.items():
        if len(paths) > 1:
            names = " and ".join(path.name for path in paths)
            raise DataError(f"{folder} has two tables for {split}: {names}. Keep one.")
    read = {split: read_table(path) for split, (path,) in files.items()}
    said = dict.fromkeys(note for raw in read.values() for note in raw.notes)
    named = ", ".join(f"{path.name} is {split}" for split, (path,) in files.items())
    return Raw(
        {split: raw.splits["train"] for split, raw in read.items()},
        notes=(f"splits from files: {named}", *said),
    )


def _format(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return suffixes[-2] if len(suffixes) > 1 and suffixes[-1] == ".gz" else "".join(suffixes[-1:])


Read = tuple[pa.Table, tuple[str, ...]]  # and what is to be said of how it was read


def _delimited(usual: str) -> Callable[[Path], Read]:
    def read_csv(path: Path) -> Read:
        delimiter = find_delimiter(path, usual)
        table, point = _separated(path, delimiter), "."
        if delimiter == ";":  # where it separates columns a comma may be in numbers
            other = _separated(path, delimiter, ",")
            if _numeric(other) > _numeric(table):
                table, point = other, ","
        if any(map(pa.types.is_binary, table.schema.types)):
            raise UnicodeError("A column holds bytes that are not text.")
        if delimiter == usual:
            return table, ()
        decimal = ", with decimal commas" if point == "," else ""
        name = {"\t": "tabs"}.get(delimiter, f"'{delimiter}'")
        return table, (f"{path.name} is separated by {name}{decimal}",)

    return read_csv


def _separated(path: Path, delimiter: str, point: str = ".") -> pa.Table:
    from pyarrow import csv

    return csv.read_csv(
        path,
        read_options=csv.ReadOptions(block_size=BLOCK),
        parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=csv.ConvertOptions(decimal_point=point),
    )


def _numeric(table: pa.Table) -> int:
    """Columns that were read as numbers."""
    types = table.schema.types
    return sum(pa.types.is_floating(t) or pa.types.is_integer(t) for t in types)


def find_delimiter(path: Path, usual: str) -> str:
    """What separates the columns: the ``usual`` delimiter, unless the rows are not cut by it.

    They are cut by one that is in the header and gives each of the first rows as many fields.
    """
    with pa.input_stream(str(path)) as stream:
        start = stream.read(SAMPLE)
    lines = start.decode("utf-8", errors="replace").removeprefix("\ufeff").splitlines(keepends=True)
    if len(start) == SAMPLE:
        lines = lines[:-1]  # it is cut off
    fields = {delimiter: _fields(lines, delimiter) for delimiter in (usual, *DELIMITERS)}
    most = max(fields, key=lambda delimiter: fields[delimiter])  # the first of equals
    return usual if fields[usual] > 1 or fields[most] < 2 else most


def _fields(lines: list[str], delimiter: str) -> int:
    """How many fields each row has; 0 where rows differ."""
    import csv

    try:
        counts = {len(row) for row in csv.reader(lines, delimiter=delimiter) if row}
    except csv.Error:
        return 0
    return counts.pop() if len(counts) == 1 else 0


def _json_lines(path: Path) -> Read:
    from pyarrow import json

    return json.read_json(path, read_options=json.ReadOptions(block_size=BLOCK)), ()


def _parquet(path: Path) -> Read:
    from pyarrow import parquet

    return parquet.read_table(path), ()


READERS: dict[str, Callable[[Path], Read]] = {
    ".csv": _delimited(","),
    ".tsv": _delimited("\t"),
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}


def read_text(path: Path) -> pa.Table:
    """Read a plain text as a table with the one column ``text`` and one row.

    Raises:
        DataError: it is missing, empty or not UTF-8.
    """
    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8 ({_bad_byte(path)}). Convert it.") from None
    if not content.strip():
        raise DataError(f"{path} is empty.")
    return pa.table({"text": [content]})


def _bad_byte(path: Path) -> str | None:
    """Where a text file stops to be UTF-8."""
    if _format(path) == ".parquet":
        return None
    content = path.read_bytes()
    if path.suffix.lower() == ".gz":
        content = gzip.decompress(content)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f"line {line}, byte 0x{content[error.start]:02x}"
    return None


def read_image_folder(path: Path) -> Raw:
    """Read folders of images, named by class; they may lie in folders named by split.

    Raises:
        DataError: there is no image.
    """
    folders = {p.parts[0].lower(): path / p.parts[0] for p in _below(path) if len(p.parts) > 1}
    if not folders or not folders.keys() <= SPLIT_FOLDERS.keys():
        folders = {"train": path}
    return Raw(
        {
            SPLIT_FOLDERS[name]: read_images(folder).select(["image", "label"])
            for name, folder in folders.items()
        }
    )


def read_images(path: Path) -> pa.Table:
    """Find an image, or every image below a folder, as columns ``path``, ``image``, ``label``.

    The image is a record ``{bytes, path}`` as `datasets` has it, with the path alone. The label
    is the name of the folder that an image lies in.

    Raises:
        DataError: there is no image.
    """
    paths = [path] if path.is_file() else [path / p for p in _below(path)]
    if not paths:
        raise DataError(f"There are no images in {path}.")
    records = [{"bytes": None, "path": str(p)} for p in paths]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    return pa.table(
        {
            "path": [str(p) for p in paths],
            "image": pa.array(records, kind),
            "label": [p.parent.name for p in paths],
        }
    )


def _below(folder: Path) -> list[Path]:
    """Paths, relative to ``folder``, of all images below it but hidden ones."""
    found = (p.relative_to(folder) for p in folder.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
    return sorted(p for p in found if not any(part.startswith(".") for part in p.parts))
