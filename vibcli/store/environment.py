"""What made the numbers of a run: versions, machine, time."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PACKAGES = ("vibcli", "torch", "numpy", "numba", "pyarrow", "datasets", "scikit-learn")


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
