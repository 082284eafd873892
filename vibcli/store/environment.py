"""What made the numbers of a run: versions, machine, time."""

import os
from collections.abc import Mapping
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


def versions_in_words(made: Mapping[str, Any]) -> str:
    """``Python 3.11.7, vibcli 0.5.0, ...``, from what `environment` returned."""
    named = [f"{name} {version}" for name, version in made.get("versions", {}).items()]
    return ", ".join([f"Python {made.get('python', '?')}", *named])


def machine_in_words(made: Mapping[str, Any]) -> str:
    """Processor, cores, system, device and threads, from what `environment` returned."""
    return (
        f"{made.get('processor', '?')}, {made.get('cores', '?')} cores, "
        f"{made.get('platform', '?')}; on {made.get('device', '?')} with {made['threads']} threads"
    )


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
