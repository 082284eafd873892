"""Where rows come from, and what identifies their content without decoding them."""

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vibcli.config.data import DataSpec
from vibcli.data import cache, files, hub
from vibcli.data.catalog import CATALOG, PACKAGED
from vibcli.data.raw import Raw
from vibcli.errors import DataError, shortened, suggestion

UNREACHABLE = """\
The data set '{typed}' is not on this machine and the Hub cannot be reached ({reason}).
Three ways to get it:
  1. connect to the network and run the same command again
  2. put its Parquet files into a folder '{typed}'; name the folder above with --data-dir
  3. use a file or folder of your own: --dataset reviews.csv
These need no network: {embedded}."""
NAME = r"\w[\w.-]*"
COMMIT = r"[0-9a-f]{40}"


class Source(Protocol):
    """A place that rows can be read from."""

    @property
    def name(self) -> str:
        """A file name for results."""
        ...

    @property
    def address(self) -> str:
        """Where it is, for people."""
        ...

    @property
    def revision(self) -> str | None:
        """Commit, where there are commits."""
        ...

    def identity(self) -> str:
        """Changes whenever the content does; cheap to compute."""
        ...


@dataclass(frozen=True)
class InPackage:
    """A data set inside an installed package."""

    name: str
    revision: None = None

    @property
    def address(self) -> str:
        """The package."""
        return f"package {PACKAGED[self.name].package}"

    def identity(self) -> str:
        """Hash of the packaged file."""
        return content_hash([PACKAGED[self.name].path()])


@dataclass(frozen=True)
class File:
    """A table in one file."""

    path: Path
    revision: None = None

    @property
    def name(self) -> str:
        """The file's name without its endings."""
        return slug(self.path.name.split(".")[0])

    @property
    def address(self) -> str:
        """The path."""
        return str(self.path)

    def identity(self) -> str:
        """Hash of the file."""
        return content_hash([self.path])

    def read(self) -> Raw:
        """Read the table."""
        return files.read_table(self.path)


@dataclass(frozen=True)
class Folder:
    """Parquet files in the Hub's layout, folders of images by class, or a table for each split."""

    path: Path
    name: str
    config: str | None
    revision: None = None

    @property
    def address(self) -> str:
        """The path."""
        return str(self.path)

    def identity(self) -> str:
        """Hash of all the files, their names included."""
        return content_hash(sorted(p for p in self.path.rglob("*") if p.is_file()), self.path)

    def read(self) -> Raw:
        """Read every split."""
        if any(self.path.rglob("*.parquet")):
            return hub.read_hub(str(self.path), self.config, None)
        if _has_images(self.path):
            return files.read_image_folder(self.path)
        return files.read_split_files(self.path)


@dataclass(frozen=True)
class Hub:
    """A data set of the Hugging Face Hub at one commit.

    ``unreachable`` is what to say if the Hub could not be asked and the cache has no rows either.
    """

    id: str
    name: str
    config: str | None
    revision: str
    unreachable: str | None = None

    @property
    def address(self) -> str:
        """The Hub id."""
        return f"Hub {self.id}"

    def identity(self) -> str:
        """Id, configuration and commit."""
        return f"{self.id} {self.config} {self.revision}"

    def read(self) -> Raw:
        """Download and read every split."""
        if self.unreachable:
            raise DataError(self.unreachable)
        return hub.read_hub(self.id, self.config, self.revision)


def find_source(spec: DataSpec, data_dir: Path | None) -> InPackage | File | Folder | Hub:
    """Decide what ``--dataset`` means: a name, a path, or a Hub id; the disk before the network.

    Raises:
        DataError: it means nothing, or it cannot be reached.
    """
    typed = spec.dataset
    if typed in PACKAGED:
        return InPackage(typed)
    path = Path(os.path.expanduser(typed))
    if typed not in CATALOG and os.path.exists(path):
        path = path.resolve()
        return File(path) if path.is_file() else _folder(path, slug(path.name), spec)
    id = CATALOG[typed].hub or typed if typed in CATALOG else typed
    name = typed if typed in CATALOG else slug(typed)
    if data_dir is not None and re.fullmatch(f"({NAME}/)?{NAME}", id):
        for candidate in (data_dir / typed, data_dir / id, data_dir / id.split("/")[-1]):
            if candidate.is_dir():
                return _folder(candidate.resolve(), name, spec)
    if re.fullmatch(f"{NAME}/{NAME}", id) and not files.is_table(path):
        return _on_hub(id, name, spec)
    if "/" in typed or files.is_table(path):
        raise DataError(f"There is no file or folder '{typed}'.")
    raise DataError(
        f"Unknown data set '{typed}'. {suggestion(typed, CATALOG)} A file, a folder of images "
        "or a Hub id (org/name) will do too."
    )


def slug(text: str) -> str:
    """``text`` as a file name: other characters than letters, digits, '.', '_', '-' become '-'."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "data"


def content_hash(paths: Iterable[Path], root: Path | None = None) -> str:
    """SHA-256 of files, and of their names below ``root`` if it is given."""
    state = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                state.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise DataError(f"Cannot read {path}: {error.strerror}.") from None
        if root is not None:
            state.update(path.relative_to(root).as_posix().encode())
    return state.hexdigest()


def _folder(path: Path, name: str, spec: DataSpec) -> Folder:
    if any(path.rglob("*.parquet")) or _has_images(path) or "train" in files.split_files(path):
        return Folder(path, name, spec.data_config)
    tables = sorted(p.name for p in path.iterdir() if p.is_file() and files.is_table(p))
    if tables:
        raise DataError(
            f"The folder {path} holds the tables {shortened(tables)}, none of which is called "
            "train. Name one of them, or call them train.csv and test.csv."
        )
    raise DataError(
        f"The folder {path} holds neither Parquet files, nor folders of images, nor train.csv."
    )


def _has_images(path: Path) -> bool:
    return any(p.suffix.lower() in files.IMAGE_SUFFIXES for p in path.rglob("*") if p.is_file())


def _on_hub(id: str, name: str, spec: DataSpec) -> Hub:
    """Ask the Hub for the commit; where it cannot be reached, take the commit seen last."""
    wanted = f"{id}@{spec.revision or 'main'}"
    try:
        revision = hub.resolve_revision(id, spec.revision)
    except ConnectionError as error:
        problem = UNREACHABLE.format(typed=spec.dataset, reason=error, embedded=", ".join(PACKAGED))
        is_commit = re.fullmatch(COMMIT, spec.revision or "")
        seen = spec.revision if is_commit else cache.recall(wanted)
        if seen is None:
            raise DataError(problem) from error
        return Hub(id, name, spec.data_config, seen, problem)
    cache.remember(wanted, revision)
    return Hub(id, name, spec.data_config, revision)
