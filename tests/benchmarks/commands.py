"""The command `vib` in a process and a world of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

MAIN = "from vibcli.cli import main; main()"


class Usage(NamedTuple):
    """What a process took: seconds from start to end, and its peak resident memory in MiB."""

    seconds: float
    mebibytes: float


@contextmanager
def home() -> Iterator[Path]:
    """An empty folder for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="vib-benchmark-") as name:
        yield Path(name)


def vib(*arguments: object, home: Path, script: str = MAIN) -> Usage:
    """Run ``vib ARGUMENTS`` in ``home``, its cache there too; no settings from the environment.

    Raises:
        RuntimeError: it failed, with what it said.
    """
    return python("-c", script, *arguments, home=home)


def forget(home: Path, *folders: str) -> None:
    """Remove ``folders`` of ``home``: ``results``, ``cache``."""
    for folder in folders:
        shutil.rmtree(home / folder, ignore_errors=True)


def python(*arguments: object, home: Path) -> Usage:
    """Run this Python with ``arguments`` in ``home``; see `vib`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("VIB_")}
    environment["XDG_CACHE_HOME"] = str(home / "cache")
    with tempfile.TemporaryFile("w+") as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            raise RuntimeError(f"exit code {process.returncode}: {said.read()[-2000:]}")
    return Usage(seconds, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))
