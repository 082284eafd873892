"""The only owner of ``results/``: where runs are, how they are written and found.

``results/<data set>/<name>-<digest>/seed-<n>/`` holds one run; runs share nothing, so results
can be copied file by file and many processes can write at once.

What takes long to import (the types of records, locks, temporary files) is imported where it is
used, because `vib runs` needs none of it.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from pydantic_core import from_json

from vibcli.errors import RunError, unknown
from vibcli.store.headline import headline
from vibcli.store.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from vibcli.store.records import Run

PACKAGES = ("vibcli", "torch", "numpy", "numba", "pyarrow", "datasets", "scikit-learn")


class Summary(NamedTuple):
    """What a list of runs says of one, and the whole record, of which no more was checked."""

    id: str
    created: str
    status: str
    dataset: str
    address: str  # of the data set, as it was given
    epochs: int
    epochs_planned: int
    tested: str  # its headline
    rate_nats: float | None
    record: dict[str, Any]

    @classmethod
    def of(cls, record: dict[str, Any]) -> "Summary":
        """Pick it from a record as plain values.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: it is not the record of a run.
        """
        tested = {} if record["test"] is None else record["test"]["selected"]
        rate = tested.get("rate_nats")
        return cls(
            id=str(record["id"]),
            created=str(record["created"]),
            status=str(record["status"]),
            dataset=str(record["data"]["name"]),
            address=str(record["config"]["dataset"]),
            epochs=len(record["epochs"]),
            epochs_planned=int(record["config"]["epochs"]),
            tested=headline(tested).value,
            rate_nats=None if rate is None else float(rate),
            record=record,
        )


T = TypeVar("T", "Run", Summary)


class RunDir:
    """One run's folder: names its files, reads and writes its record."""

    def __init__(self, results: Path, id: str) -> None:
        self.id = id
        self.path = results / id
        self.record = self.path / "run.json"
        self.model = self.path / "model.safetensors"
        self.preprocessing = self.path / "preprocessing.json"
        self.predictions = self.path / "predictions.parquet"
        self.checkpoint = self.path / "checkpoint.safetensors"
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

    def beat(self, progress: dict[str, Any]) -> None:
        """Tell whoever watches how far the training is; see `progress`."""
        from vibcli.files import write_text

        write_text(self._progress, json.dumps(progress))

    def progress(self) -> dict[str, Any]:
        """What the training said last; empty where none is under way."""
        try:
            return dict(json.loads(self._progress.read_text()))
        except (OSError, ValueError):
            return {}

    def end_progress(self) -> None:
        """Nothing more to tell."""
        self._progress.unlink(missing_ok=True)

    def end_checkpoint(self) -> None:
        """Nothing is left to train."""
        self.checkpoint.unlink(missing_ok=True)

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


class Listing(NamedTuple, Generic[T]):
    """The runs of a results folder, oldest first, and why others could not be read."""

    runs: list[T]
    problems: list[str]


def listing(results: Path, dataset: str = "*") -> "Listing[Run]":
    """Read the runs below ``results``; damaged records are reported, not raised.

    ``dataset`` is the name of a data set's folder.
    """
    return _listing(results, dataset, RunDir.read)


def summaries(results: Path) -> Listing[Summary]:
    """Like `listing`, but only what a list says of each run, which is read much faster."""
    return _listing(results, "*", RunDir.summary)


def _listing(results: Path, dataset: str, read: Callable[[RunDir], T]) -> Listing[T]:
    runs, problems = [], []
    for path in sorted(results.glob(f"{dataset}/*/seed-*/run.json")):
        try:
            runs.append(read(RunDir(results, path.parent.relative_to(results).as_posix())))
        except RunError as error:
            problems.append(str(error))
    return Listing(sorted(runs, key=lambda run: run.created), problems)


def find(results: Path, reference: str) -> RunDir:
    """Find a run by path, id, unique prefix of the id or of its experiment, or ``latest``.

    Raises:
        RunError: no run or several fit.
    """
    path = Path(reference)
    path = path.parent if path.name == "run.json" else path
    if (path / "run.json").is_file():
        experiment = path.resolve().parent
        root = experiment.parent.parent
        return RunDir(root, path.resolve().relative_to(root).as_posix())
    if reference == "latest":
        paths = sorted(results.glob("*/*/seed-*/run.json"), key=lambda p: p.stat().st_mtime)
        if not paths:
            raise RunError(f"There are no runs in {results}. Make one with: vib train")
        return RunDir(results, paths[-1].parent.relative_to(results).as_posix())
    ids = [p.parent.relative_to(results).as_posix() for p in results.glob("*/*/seed-*/run.json")]
    fitting = [id for id in ids if reference in (id, id.split("/", 1)[1])] or [
        id for id in ids if id.startswith(reference) or id.split("/", 1)[1].startswith(reference)
    ]
    if len(fitting) == 1:
        return RunDir(results, fitting[0])
    if fitting:
        shown = "\n  ".join(sorted(fitting)[:8])
        more = f"\n  and {len(fitting) - 8} more" if len(fitting) > 8 else ""
        raise RunError(f"'{reference}' fits {len(fitting)} runs; say which:\n  {shown}{more}")
    raise RunError(f"{unknown('run', reference, ids)} List them with: vib runs")


def run_id(dataset: str, name: str, digest: str, seed: int) -> str:
    """Where a run lies below ``results``."""
    return f"{dataset}/{name}-{digest}/seed-{seed}"


def environment(device: str, threads: int) -> dict[str, Any]:
    """Versions and machine, stored with the numbers they made."""
    import platform
    from importlib.metadata import version

    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor() or platform.processor(),
        "cores": os.cpu_count(),
        "device": device,
        "threads": threads,
        "versions": {name: version(name) for name in PACKAGES},
    }


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _processor() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(
            line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
        )
    except (OSError, StopIteration):
        return None
