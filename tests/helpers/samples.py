"""Small data files of every kind that the command line reads."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from PIL import Image

from vibcli.config.data import DataSpec
from vibcli.config.kinds import Kind
from vibcli.config.record import RunConfig
from vibcli.data.dataset import Dataset
from vibcli.data.load import load
from vibcli.tasks.resolve import resolve

Columns = Mapping[str, Sequence[Any]]

WORDS = ("apple", "birch", "cedar", "dates", "elder", "fig", "grape", "hazel")


def texts(rows: int = 40, first: int = 0) -> list[str]:
    """Texts of several words, all different."""
    return [f"{WORDS[i % 8]} and {WORDS[i // 8 % 8]} no{i}" for i in range(first, first + rows)]


def reviews(rows: int = 40, first: int = 0) -> dict[str, list[Any]]:
    """Columns ``text`` and ``label`` with the classes ``neg`` and ``pos``."""
    labels = [("neg", "pos")[i % 2] for i in range(first, first + rows)]
    return {"text": texts(rows, first), "label": labels}


def numbers(rows: int = 40, seed: int = 0) -> dict[str, list[Any]]:
    """Two columns of numbers, one of categories, and a label 0 or 1."""
    rng = np.random.default_rng(seed)
    return {
        "height": rng.normal(170, 10, rows).round(2).tolist(),
        "children": rng.integers(0, 5, rows).tolist(),
        "colour": rng.choice(["red", "green", "blue"], rows).tolist(),
        "label": [i % 2 for i in range(rows)],
    }


def write(path: Path, columns: Columns, named: Mapping[str, Sequence[str]] | None = None) -> Path:
    """Write columns in the format that the name of ``path`` asks for.

    ``named`` gives columns of a Parquet file class names, as the Hub's data sets have them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    match path.suffixes:
        case [".parquet"]:
            data = datasets.Dataset.from_dict({name: list(v) for name, v in columns.items()})
            for name, classes in (named or {}).items():
                data = data.cast_column(name, datasets.ClassLabel(names=list(classes)))
            data.to_parquet(path)
        case [".jsonl"]:
            rows = (dict(zip(columns, row, strict=True)) for row in _rows(columns))
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        case [".csv" | ".tsv" as suffix, *compressed]:
            file = io.StringIO()
            writer = csv.writer(file, delimiter="\t" if suffix == ".tsv" else ",")
            writer.writerow(columns)
            writer.writerows(_rows(columns))
            content = file.getvalue().encode()
            path.write_bytes(gzip.compress(content) if compressed else content)
        case other:
            raise ValueError(other)
    return path


def _rows(columns: Columns) -> list[tuple[Any, ...]]:
    return list(zip(*columns.values(), strict=True))


def hub_folder(
    folder: Path, splits: Mapping[str, Columns], classes: Sequence[str] | None = ("neg", "pos")
) -> Path:
    """Write splits as the Hub lays them out, with class names for the column ``label``."""
    for split, columns in splits.items():
        named = {"label": classes} if classes else None
        write(folder / f"{split}-00000-of-00001.parquet", columns, named)
    return folder


def picture(seed: int = 0, size: tuple[int, int] = (8, 6), mode: str = "L") -> Image.Image:
    """A picture of noise; ``size`` is width and height."""
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def image_folder(folder: Path, counts: Mapping[str, int], **settings: Any) -> Path:
    """Write ``counts[name]`` pictures into each folder ``name``."""
    for number, (name, count) in enumerate(counts.items()):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            seed = 1000 * number + i
            picture(seed, **settings).save(folder / name / f"{i:03}.png")
    return folder


def read(path: Path | str, data_dir: Path | None = None, **spec: Any) -> Dataset:
    """Load without the cache."""
    return load(DataSpec(dataset=str(path), **spec), data_dir, use_cache=False)


def config(kind: Kind, **settings: Any) -> RunConfig:
    """Settings for data of a kind."""
    return resolve("vib", kind, settings)
