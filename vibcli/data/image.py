"""Images: decoded pixels of one size."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vibcli.config.record import RunConfig
from vibcli.data.dataset import Array, Ints
from vibcli.errors import DataError

GREY_MODES = ("1", "L", "LA", "I;16", "I;16B")


@dataclass(frozen=True)
class Images:
    """Pixels 0..255, uint8 ``[N, C, H, W]`` with one (grey) or three (RGB) channels."""

    pixels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.pixels)

    def content(self) -> Iterable[bytes]:
        """Shape and pixels."""
        yield repr(self.pixels.shape).encode()
        yield self.pixels.tobytes()

    def save(self, folder: Path, split: str) -> None:
        """Write the pixels."""
        np.save(folder / f"{split}-pixels.npy", self.pixels)

    @classmethod
    def load(cls, folder: Path, split: str) -> Self:
        """Map the pixels into memory."""
        return cls(np.load(folder / f"{split}-pixels.npy", mmap_mode="r"))


def decode(
    tables: Mapping[str, pa.Table], columns: Sequence[str], size: tuple[int, int] | None
) -> dict[str, Images]:
    """Decode an image column to pixels of one size and one number of channels.

    Args:
        tables: the column holds ``{bytes, path}`` records, as `datasets` stores images.
        columns: the name of the one column.
        size: width and height in pixels; None keeps the most frequent size.

    Raises:
        DataError: a file is not a readable image.
    """
    records = {split: table[columns[0]].to_pylist() for split, table in tables.items()}
    headers = [_header(r, i) for rows in records.values() for i, r in enumerate(rows)]
    mode = "L" if all(mode in GREY_MODES for mode, _ in headers) else "RGB"
    size = size or Counter(size for _, size in headers).most_common(1)[0][0]
    return {
        split: Images(_pixels((_load(r, i) for i, r in enumerate(rows)), len(rows), mode, size))
        for split, rows in records.items()
    }


@dataclass(frozen=True)
class ImagePreprocessor:
    """The size and number of channels that a model reads; pixels are scaled by the network."""

    shape: tuple[int, ...]

    @classmethod
    def fit(cls, inputs: Images, rows: Ints, config: RunConfig) -> Self:
        """Take the shape of the images."""
        return cls(tuple(inputs.pixels.shape[1:]))

    def needed(self, inputs: tuple[str, ...]) -> tuple[str, ...]:
        """That of the data."""
        return inputs

    def transform(self, inputs: Images, rows: Ints) -> Array:
        """Pixels of ``rows``: uint8 ``[N, C, H, W]``, brought to the size that the model reads."""
        pixels = inputs.pixels[rows]
        if pixels.shape[1:] == self.shape:
            return pixels
        from PIL import Image

        channels, height, width = self.shape
        images = (Image.fromarray(p[0] if len(p) == 1 else p.transpose(1, 2, 0)) for p in pixels)
        return _pixels(images, len(pixels), "L" if channels == 1 else "RGB", (width, height))

    def remarks(self, inputs: Images, rows: Ints) -> tuple[str, ...]:
        """Nothing."""
        return ()

    def state(self) -> dict[str, Any]:
        """JSON-able content."""
        return {"shape": list(self.shape)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Inverse of `state`."""
        return cls(tuple(state["shape"]))


def _name(record: Mapping[str, Any], row: int) -> str:
    return record.get("path") or f"in row {row + 1}"


def _open(record: Mapping[str, Any] | None, row: int) -> Any:
    """A PIL image whose header is read, not its pixels."""
    from PIL import Image

    if record is None:
        raise DataError(f"Row {row + 1} has no image.")
    try:
        return Image.open(BytesIO(record["bytes"]) if record.get("bytes") else record["path"])
    except Exception as error:  # each format has its own ways to be wrong
        raise DataError(f"The image {_name(record, row)} cannot be read: not an image.") from error


def _header(record: Mapping[str, Any] | None, row: int) -> tuple[str, tuple[int, int]]:
    with _open(record, row) as image:
        return image.mode, image.size


def _load(record: Mapping[str, Any], row: int) -> Any:
    """A PIL image with its pixels, at most 8 bits a channel."""
    from PIL import Image

    with _open(record, row) as image:
        try:
            if image.mode.startswith("I;16"):
                return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
            image.load()
        except Exception as error:
            raise DataError(f"The image {_name(record, row)} cannot be read: damaged.") from error
        return image


def _pixels(
    images: Iterable[Any], count: int, mode: str, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """PIL images -> uint8 ``[N, C, H, W]``."""
    width, height = size
    channels = 1 if mode == "L" else 3
    pixels = np.empty((count, channels, height, width), np.uint8)
    for target, image in zip(pixels, images, strict=True):
        fitting = image if image.mode == mode else image.convert(mode)
        fitting = fitting if fitting.size == size else fitting.resize(size)
        target[...] = np.asarray(fitting).reshape(height, width, channels).transpose(2, 0, 1)
    return pixels
