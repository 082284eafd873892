"""Removing runs, so that a kill at any time leaves whole runs or none.

A run's folder is first renamed to one below ``results`` that nothing takes for a run, and emptied
there; what a kill leaves of that is swept the next time something is removed.
"""

import contextlib
import shutil
import tempfile
from pathlib import Path

from vibcli.errors import RunError
from vibcli.store.rundir import RunDir

DOOMED = ".removed-"


def check_removable(results: Path, folder: RunDir) -> None:
    """Refuse to remove what must stay.

    Raises:
        RunError: the run is not in ``results``, or a process is training it.
    """
    inside = results.resolve() / folder.id
    if folder.path.is_symlink() or folder.path.resolve() != inside:
        raise RunError(
            f"{folder.path} is not in {results}, and nothing else is removed. Name the folder that "
            "it is in: --results"
        )
    if folder.is_locked():
        raise _running(folder)


def remove(results: Path, folder: RunDir) -> None:
    """Remove a run, and the folders above it that are then empty.

    Raises:
        RunError: as `check_removable`; or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    check_removable(results, folder)
    try:
        with FileLock(folder.path / ".lock", timeout=0):
            doomed = Path(tempfile.mkdtemp(prefix=DOOMED, dir=results))
            folder.path.rename(doomed / "run")
    except Timeout:
        raise _running(folder) from None
    except OSError as error:
        raise RunError(f"Cannot remove {folder.path}: {error.strerror}.") from None
    shutil.rmtree(doomed, ignore_errors=True)
    with contextlib.suppress(OSError):  # another run is there, or comparisons are
        folder.path.parent.rmdir()
        folder.path.parent.parent.rmdir()


def sweep(results: Path) -> None:
    """Remove what a process that was killed had not got rid of."""
    for path in results.glob(f"{DOOMED}*"):
        shutil.rmtree(path, ignore_errors=True)


def _running(folder: RunDir) -> RunError:
    return RunError(
        f"{folder.id} is being trained by another process; nothing was removed. Stop that first, "
        "with Ctrl-C where it was started."
    )
