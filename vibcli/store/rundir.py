"""One run's folder.

``results/<data set>/<name>-<digest>/seed-<n>/`` holds one run; runs share nothing, so results
can be copied file by file and many processes can write at once.

What takes long to import (the types of records, locks, temporary files) is imported where it is
used, because `vib runs` needs none of it.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_core import from_json

from vibcli.errors import RunError
from vibcli.store.progress import TrainingProgress
from vibcli.store.schema import SCHEMA_VERSION
from vibcli.store.summary import Summary

if TYPE_CHECKING:
    from vibcli.store.records import Run

T = TypeVar("T", "Run", Summary)


class RunDir:
    """One run's folder: names its files, reads and writes its record."""

    def __init__(self, results: Path, id: str) -> None:
        self.results, self.id = results, id
        self.path = results / id
        self.record = self.path / "run.json"
        self.model = self.path / "model.safetensors"
        self.preprocessing = self.path / "preprocessing.json"
        self.predictions = self.path / "predictions.parquet"
        self.checkpoint = self.path / "checkpoint.safetensors"
        self.sampled = self.path / "sampled.json"
        self._progress = self.path / "progress.json"
        self._lock = self.path / ".lock"

    def read(self) -> "Run":
        """Read the record.

        Raises:
            RunError: it is missing, damaged or of a newer schema.
        """
        from vibcli.store.records import Run

        return self._read(Run.model_validate)

    def summary(self) -> Summary:
        """Read what a list says of the run; the errors are those of `read`."""
        return self._read(Summary.of)

    def status(self) -> str:
        """The status as it is now: ``interrupted`` where nobody trains what is not finished."""
        return self.now(self.summary().status)

    def now(self, status: str) -> str:
        """A recorded status as it is now; see `status`."""
        return "interrupted" if status == "running" and not self.is_locked() else status

    def _read(self, parse: Callable[[dict[str, Any]], T]) -> T:
        try:
            content = from_json(self.record.read_bytes())  # several times as fast as json.loads
        except FileNotFoundError:
            raise RunError(f"There is no run in {self.path}.") from None
        except OSError as error:
            raise RunError(f"Cannot read {self.record}: {error.strerror}.") from None
        except ValueError:
            raise self._damaged("not valid JSON") from None
        try:
            version = content["schema_version"]
            if version > SCHEMA_VERSION:
                raise RunError(
                    f"{self.record} was written by a newer vibcli (schema {version}; this one "
                    f"reads up to {SCHEMA_VERSION}). Upgrade: pip install -U vibcli"
                )
            return parse(content)
        except (ValueError, KeyError, TypeError, AttributeError):  # pydantic's is a ValueError
            raise self._damaged("not a run record") from None

    def _damaged(self, reason: str) -> RunError:
        return RunError(f"{self.record} is damaged ({reason}). Train it again with --fresh.")

    def beside(self, name: str) -> Path:
        """Where something that was made of the run is kept: a walk, a picture."""
        return self.path / name

    def exists(self) -> bool:
        """Whether a record was written."""
        return self.record.exists()

    def finished(self) -> "Run | None":
        """The run, if nothing is left to train; see `read`."""
        run = self.read() if self.exists() else None
        return run if run is not None and run.status in ("complete", "diverged") else None

    def write(self, run: "Run") -> None:
        """Write the record, atomically."""
        from vibcli.files import write_text

        write_text(self.record, run.model_dump_json(indent=1) + "\n")

    def tell_progress(self, progress: TrainingProgress) -> None:
        """Tell whoever watches how far the training is; see `progress`."""
        from vibcli.files import write_text

        write_text(self._progress, json.dumps(progress._asdict()))

    def progress(self) -> TrainingProgress | None:
        """What the training said last; None where none is under way."""
        try:
            return TrainingProgress(**json.loads(self._progress.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def end_progress(self) -> None:
        """Nothing more to tell."""
        self._progress.unlink(missing_ok=True)

    def end_checkpoint(self) -> None:
        """Nothing is left to train."""
        self.checkpoint.unlink(missing_ok=True)

    def files(self) -> dict[str, int]:
        """The files of the run by name, with their bytes; its lock is none."""
        found = {p.name: p for p in sorted(self.path.iterdir()) if p != self._lock}
        return {name: path.stat().st_size for name, path in found.items() if path.is_file()}

    def reset(self) -> None:
        """Forget everything but the lock."""
        for path in set(self.path.iterdir()) - {self._lock}:
            path.unlink()

    def sweep(self) -> None:
        """Remove what a process that was killed had half written."""
        for path in self.path.glob(".tmp-*"):
            path.unlink()

    @contextmanager
    def locked(self, on_wait: Callable[[], None]) -> Iterator[None]:
        """Hold the run alone. The lock is the operating system's: it ends with the process.

        ``on_wait`` is called once if another process holds it.
        """
        from filelock import FileLock, Timeout

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._lock)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                on_wait()
                lock.acquire()
        except OSError as error:
            raise RunError(f"Cannot write results to {self.path}: {error.strerror}.") from None
        try:
            yield
        finally:
            lock.release()

    def is_locked(self) -> bool:
        """Whether a process is training this run now."""
        if not self._lock.exists():
            return False
        from filelock import FileLock, Timeout

        try:
            with FileLock(self._lock, timeout=0):
                return False
        except (Timeout, OSError):
            return True


def run_id(dataset: str, name: str, digest: str, seed: int) -> str:
    """Where a run lies below ``results``."""
    return f"{dataset}/{name}-{digest}/seed-{seed}"
