"""Where to compute."""

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from vibcli.errors import VibError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Machine:
    """Device and threads: nothing here changes what is computed, but for numbers below 1e-38.

    ``device`` is ``auto`` or a PyTorch device such as ``cpu``, ``cuda``, ``cuda:1``, ``mps``;
    ``threads`` None leaves the number to PyTorch.
    """

    device: str = "auto"
    threads: int | None = None

    def with_threads(self, threads: int) -> "Machine":
        """The same device with so many threads."""
        return replace(self, threads=threads)

    def start(self) -> "torch.device":
        """Set the threads and return the device.

        Numbers below 1e-38 (denormals) become 0 where the processor can do that. Adam's mean
        gradient of a unit that no longer fires shrinks until it is such a number, and stays one;
        arithmetic with them is up to 30 times as slow. It is a property of a thread, which those
        that PyTorch makes inherit: call this before the first large operation.

        Raises:
            VibError: there is no such device here.
        """
        import torch

        torch.set_flush_denormal(True)
        usual = _usual_threads()  # before they are set
        torch.set_num_threads(self.threads or usual)
        name = self.device
        if name == "auto":
            name = "cuda" if torch.cuda.is_available() else "cpu"
            if name == "cpu" and torch.backends.mps.is_available():
                name = "mps"
        try:
            device = torch.device(name)
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise VibError(f"--device {self.device} cannot be used here: {reason}") from None
        return device


@cache
def _usual_threads() -> int:
    """PyTorch's own number, before it is set for the first time."""
    import torch

    return torch.get_num_threads()
