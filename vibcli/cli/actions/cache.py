"""What `vib cache` does."""

from vibcli.cli.output import results as out
from vibcli.data import cache as decoded


def cache(clear: bool) -> None:
    """Say how large the cache is, or remove it."""
    if clear:
        out.print(f"Freed {decoded.clear() / 1e6:.1f} MB.")
    else:
        size = f"{decoded.used() / 1e6:.1f} MB"
        out.print(f"{decoded.folder()}: {size}", soft_wrap=True, markup=False)
