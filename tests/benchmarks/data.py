"""The rows that contestants train on: the real ones from VIB_DATA_DIR, or stand-ins."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vibcli.config.data import DataSpec
from vibcli.data.load import load
from vibcli.data.prepare import prepare
from vibcli.data.text import UNKNOWN
from vibcli.errors import VibError
from vibcli.tasks.resolve import resolve

IMDB_ROWS, WORDS, TOKENS = 22_500, 5000, 400
# deciles of the number of words in a review of the IMDB, cut at 400
LENGTHS = (10, 90, 120, 134, 152, 174, 206, 252, 324, 400, 400)
UNKNOWN_SHARE = 0.1


class Rows(NamedTuple):
    """Inputs ``[N, ...]``, labels ``[N]`` and what to say about them."""

    x: NDArray[Any]
    y: NDArray[np.int64]
    note: str

    def first(self, count: int) -> "Rows":
        """The first ``count`` rows."""
        return Rows(np.ascontiguousarray(self.x[:count]), self.y[:count].copy(), self.note)


def data_dir() -> Path | None:
    """The folder that VIB_DATA_DIR names, which holds a folder per data set."""
    name = os.environ.get("VIB_DATA_DIR")
    return Path(name).resolve() if name else None


def real(dataset: str) -> Path | None:
    """The data folder, if it holds ``dataset``."""
    folder = data_dir()
    return folder if folder is not None and (folder / dataset).is_dir() else None


def require(dataset: str) -> Path:
    """The data folder.

    Raises:
        VibError: it does not hold ``dataset``.
    """
    if (folder := real(dataset)) is None:
        raise VibError(f"This needs the real data: VIB_DATA_DIR, a folder that holds '{dataset}'.")
    return folder


def imdb() -> Rows:
    """The training part of the IMDB as word ids ``[N, 400]``, in random order."""
    rng = np.random.default_rng(0)
    if (folder := real("imdb")) is None:
        return Rows(*synthetic_texts(IMDB_ROWS, rng), "synthetic word ids, lengths as in the IMDB")
    dataset = load(DataSpec(dataset="imdb"), folder)
    part = prepare(dataset, resolve("vib", "text", {}), seed=0).train
    order = rng.permutation(len(part.y))
    return Rows(part.x[order], part.y[order], f"the real IMDB, {len(order)} rows")


def synthetic_texts(
    count: int, rng: np.random.Generator, tokens: int = TOKENS, full: bool = False
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Word ids ``[count, tokens]``, padded in front, and labels of two classes.

    Words follow Zipf's law; lengths are those of the IMDB, or all ``tokens`` where ``full``.
    """
    ranks = np.arange(WORDS - UNKNOWN - 1)
    shares = 1 / (ranks + 1)
    words = rng.choice(ranks + UNKNOWN + 1, (count, tokens), p=shares / shares.sum())
    words[rng.random(words.shape) < UNKNOWN_SHARE] = UNKNOWN
    if not full:
        quantiles = np.linspace(0, 1, len(LENGTHS))
        lengths = np.interp(rng.random(count), quantiles, LENGTHS).astype(np.int64)
        words[np.arange(tokens) < tokens - lengths[:, None]] = 0
    return words.astype(np.int32), rng.integers(0, 2, count)


def mnist() -> Rows:
    """Digits, uint8 ``[N, 1, 28, 28]``: the 60,000 for training, or the 5,000 of mnist-5k."""
    folder = real("mnist")
    name = "mnist-5k" if folder is None else "mnist"
    split = load(DataSpec(dataset=name), folder).splits["train"]
    order = np.random.default_rng(0).permutation(len(split.labels))
    pixels = split.inputs.pixels  # type: ignore[attr-defined]
    return Rows(pixels[order], split.labels[order], f"{name}, {len(order)} rows")
