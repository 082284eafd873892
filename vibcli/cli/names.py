"""Names that are typed, had without importing pandas or PyTorch with what they name."""

from pathlib import Path

import vibcli
from vibcli.data.catalog import CATALOG


def data_sets() -> dict[str, str]:
    """The named data sets and their kinds."""
    return {name: entry.kind for name, entry in CATALOG.items()}


def recipes() -> list[str]:
    """The recipes of the package."""
    return sorted(path.stem for path in (Path(vibcli.__file__).parent / "recipes").glob("*.toml"))
