"""Does an information bottleneck help my model, by how much, and how fast?"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vibcli.models import gaussian
    from vibcli.models.bottlenecks import VIB
    from vibcli.models.penalties import Adaptive, Controlled, Threshold, Weighted
    from vibcli.runs.loaded import LoadedRun, load_run

    __version__: str

__all__ = [
    "VIB",
    "Adaptive",
    "Controlled",
    "LoadedRun",
    "Threshold",
    "Weighted",
    "__version__",
    "gaussian",
    "load_run",
]

# PyTorch takes seconds to import; who asks for the help need not wait for it
HOMES = {
    "VIB": "vibcli.models.bottlenecks",
    "Adaptive": "vibcli.models.penalties",
    "Controlled": "vibcli.models.penalties",
    "Threshold": "vibcli.models.penalties",
    "Weighted": "vibcli.models.penalties",
    "LoadedRun": "vibcli.runs.loaded",
    "load_run": "vibcli.runs.loaded",
}


def __getattr__(name: str) -> Any:
    if name in HOMES:
        return getattr(import_module(HOMES[name]), name)
    if name == "gaussian":
        return import_module("vibcli.models.gaussian")
    if name == "__version__":
        from importlib.metadata import version

        return version("vibcli")
    raise AttributeError(f"module 'vibcli' has no attribute '{name}'")
