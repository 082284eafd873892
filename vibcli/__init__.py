"""Does an information bottleneck help my model, by how much, and how fast?"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vibcli.models.bottlenecks import VIB

    __version__: str

__all__ = ["VIB", "__version__"]


def __getattr__(name: str) -> Any:
    # PyTorch takes seconds to import; who asks for the help need not wait for it
    if name == "VIB":
        from vibcli.models.bottlenecks import VIB

        return VIB
    if name == "__version__":
        from importlib.metadata import version

        return version("vibcli")
    raise AttributeError(f"module 'vibcli' has no attribute '{name}'")
