"""Decoded data sets on disk, named by what they were decoded from."""

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import platformdirs

from vibcli.data.dataset import Dataset, Description, Split
from vibcli.data.prepare import MODALITIES
from vibcli.errors import VibError
from vibcli.files import write_text

FORMAT = 6  # raise it when the stored form or the decoding changes


def folder() -> Path:
    """The cache folder of this user."""
    return Path(platformdirs.user_cache_dir("vibcli"))


def clear() -> int:
    """Remove everything that is cached; returns the bytes that were freed."""
    size = used()
    shutil.rmtree(folder(), ignore_errors=True)
    return size - used()


def used() -> int:
    """Bytes in the cache."""
    return sum(path.stat().st_size for path in folder().rglob("*") if path.is_file())


def remember(question: str, answer: str) -> None:
    """Keep a short answer for a time without network."""
    with contextlib.suppress(VibError):  # a cache that cannot be written is no reason to stop
        write_text(_answer(question), answer)


def recall(question: str) -> str | None:
    """The answer kept by `remember`."""
    try:
        return _answer(question).read_text(encoding="utf-8")
    except OSError:
        return None


def _answer(question: str) -> Path:
    return folder() / "answers" / hashlib.sha256(question.encode()).hexdigest()[:24]


def remember_place(fingerprint: str, path: Path) -> None:
    """Keep where on this machine data lie: records say no more than what is below a folder."""
    remember(f"place {fingerprint}", str(path))


def recall_place(fingerprint: str) -> Path | None:
    """Where data of this fingerprint were read last, if something is there still."""
    place = recall(f"place {fingerprint}")
    return Path(place) if place and Path(place).exists() else None


def fetch(key: str, decode: Callable[[], Dataset]) -> Dataset:
    """The data set stored under ``key``; decoded and stored where it is not there yet.

    The entry appears as a whole or not at all. Where the cache cannot be written or read, the
    data set is decoded all the same.
    """
    entry = folder() / f"data-{FORMAT}" / key
    with contextlib.suppress(Exception):  # not there, or damaged in one of many ways
        return _load(entry)
    dataset = decode()
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=entry.parent, prefix=".tmp-") as name:
            temporary = Path(name) / "entry"
            temporary.mkdir()
            _save(dataset, temporary)
            shutil.rmtree(entry, ignore_errors=True)
            temporary.rename(entry)
        return _load(entry)
    except (OSError, ValueError, KeyError):
        return dataset


def _save(dataset: Dataset, entry: Path) -> None:
    for name, split in dataset.splits.items():
        split.inputs.save(entry, name)
        np.save(entry / f"{name}-labels.npy", split.labels)
    description = asdict(dataset.description) | {"splits": list(dataset.splits)}
    (entry / "description.json").write_text(json.dumps(description), encoding="utf-8")


def _load(entry: Path) -> Dataset:
    content = json.loads((entry / "description.json").read_text(encoding="utf-8"))
    names = content.pop("splits")
    for key in ("inputs", "classes", "notes"):
        content[key] = tuple(content[key])
    description = Description(**content)
    inputs = MODALITIES[description.kind].inputs
    splits = {
        name: Split(inputs.load(entry, name), np.load(entry / f"{name}-labels.npy"))
        for name in names
    }
    return Dataset(description, splits)
