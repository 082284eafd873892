"""Comparisons as they are kept: ``results/<data set>/comparisons/<names>-<digest>.json``."""

import contextlib
import hashlib
import json
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from vibcli.errors import VibError
from vibcli.files import as_json, write_text


class Kept(NamedTuple):
    """A comparison that was kept: its file, its content, and the pictures beside it by name."""

    path: Path
    content: dict[str, Any]
    pictures: dict[str, Path]


def keep(
    results: Path, dataset: str, title: str, identity: object, content: Mapping[str, Any]
) -> Path:
    """Write a comparison; the same title and the same ``identity`` give the same file."""
    digest = hashlib.sha256(repr(identity).encode()).hexdigest()[:8]
    path = results / dataset / "comparisons" / f"{title[:80]}-{digest}.json"
    write_text(path, as_json(content))
    return path


def picture(comparison: Path, name: str) -> Path:
    """Where the picture of this name of a comparison is."""
    return comparison.with_name(
        f"{comparison.stem}-{name}.png" if name else f"{comparison.stem}.png"
    )


def kept(results: Path, dataset: str | None = None) -> Iterator[Kept]:
    """The comparisons that were kept, of one data set or of all, in the order of their names.

    Raises:
        VibError: one is damaged.
    """
    folders = results.glob("*") if dataset is None else [results / dataset]
    for path in sorted(path for one in folders for path in one.glob("comparisons/*.json")):
        pictures = {
            other.stem.removeprefix(path.stem).removeprefix("-"): other
            for other in sorted(path.parent.glob(f"{path.stem}*.png"))
        }
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            raise VibError(f"{path} is damaged. Remove it, and compare again.") from None
        yield Kept(path, content, pictures)


def resting_on(results: Path, ids: Container[str]) -> list[Path]:
    """The files of comparisons that were kept of one of these runs; no damaged ones."""
    found = []
    for path in sorted(results.glob("*/comparisons/*.json")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            if any(id in ids for id in json.loads(path.read_text(encoding="utf-8"))["runs"]):
                found.append(path)
    return found


def report_page(results: Path) -> Path:
    """The page on what came of the recipes."""
    return results / "README.md"
