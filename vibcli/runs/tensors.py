"""Tensors on disk: safetensors alone, never a pickle."""

from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save

from vibcli.files import write_atomically
from vibcli.models.learner import State


def save_tensors(path: Path, tensors: State, metadata: dict[str, str]) -> None:
    """Write tensors and texts about them, atomically."""
    content = save({k: v.contiguous() for k, v in tensors.items()}, metadata)
    write_atomically(path, lambda temporary: temporary.write_bytes(content))


def load_tensors(path: Path) -> tuple[State, dict[str, str]]:
    """Read them, onto the CPU: not every device has float64.

    Raises:
        OSError, SafetensorError: there are none, or they are damaged.
    """
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return tensors, file.metadata() or {}
