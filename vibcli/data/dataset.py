"""Decoded data: the form in which every source delivers them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vibcli.config.kinds import Kind

Ints = NDArray[np.int64]
Labels = NDArray[Any]  # int64 into the classes, or the numbers themselves as float64
LabelKind = Literal["class", "number"]
Array = NDArray[Any]


class Inputs(Protocol):
    """The inputs of a split, row by row; one class for each kind of data."""

    def __len__(self) -> int:
        """Number of rows."""
        ...

    def content(self) -> Iterable[bytes]:
        """Bytes that differ whenever the rows do, whatever they were stored in."""
        ...

    def save(self, folder: Path, split: str) -> None:
        """Write to files in ``folder`` whose names start with ``split``."""
        ...

    @classmethod
    def load(cls, folder: Path, split: str) -> Self:
        """Read what `save` wrote, mapped into memory where possible."""
        ...


class Split(NamedTuple):
    """Inputs and labels, the labels as integers into the classes, or as the numbers they are."""

    inputs: Inputs
    labels: Labels


@dataclass(frozen=True)
class Description:
    """What is known of a data set without reading its rows.

    ``classes`` are those of the label, none where it is a number.
    """

    name: str
    source: str
    revision: str | None
    kind: Kind
    inputs: tuple[str, ...]
    label: str
    classes: tuple[str, ...]
    fingerprint: str
    notes: tuple[str, ...]

    @property
    def label_kind(self) -> LabelKind:
        """What the label was read as."""
        return label_kind(self.classes)


@dataclass(frozen=True)
class Dataset:
    """A description and splits: ``train``, perhaps ``validation`` and ``test``."""

    description: Description
    splits: Mapping[str, Split]


def label_kind(classes: Sequence[str]) -> LabelKind:
    """What a label with these classes was read as: a number has none."""
    return "class" if classes else "number"


def fingerprint(kind: str, classes: Iterable[str], splits: Mapping[str, Split]) -> str:
    """Sixteen hex digits of what the rows say, independent of file format and storage."""
    state = hashlib.sha256(repr((kind, tuple(classes))).encode())
    for name in sorted(splits):
        state.update(f"{name} {len(splits[name].labels)}".encode())
        state.update(splits[name].labels.tobytes())
        for part in splits[name].inputs.content():
            state.update(part)
    return state.hexdigest()[:16]


def string_content(strings: pa.Array) -> Iterable[bytes]:
    """Lengths and UTF-8 bytes of Arrow strings, the same for each way to store them."""
    import pyarrow.compute as pc

    plain = strings.cast(pa.large_string())
    yield pc.binary_length(plain).to_numpy(zero_copy_only=False).astype(np.int64).tobytes()
    offsets = np.frombuffer(plain.buffers()[1], np.int64)[plain.offset :][: len(plain) + 1]
    data = plain.buffers()[2]
    if data is not None:
        yield memoryview(data)[offsets[0] : offsets[-1]].tobytes()


def save_table(table: pa.Table, path: Path) -> None:
    """Write an Arrow file that can be mapped into memory."""
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def load_table(path: Path) -> pa.Table:
    """Map an Arrow file into memory."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
