"""Rows as they came, before anything is decided about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa


@dataclass(frozen=True)
class Raw:
    """Arrow tables by split, and the names of the classes where the schema gives them.

    Images are columns of ``{bytes, path}`` records.
    """

    splits: Mapping[str, pa.Table]
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def is_image(kind: pa.DataType) -> bool:
    """Whether an Arrow type is the record that `datasets` stores an image in."""
    return pa.types.is_struct(kind) and {f.name for f in kind} == {"bytes", "path"}
