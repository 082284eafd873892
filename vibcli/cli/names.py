"""Names that are typed, had without importing pandas or PyTorch with what they name."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import vibcli

HOME = Path(vibcli.__file__).parent


def data_sets() -> dict[str, str]:
    """The named data sets and their kinds: `vibcli.data.catalog`, read apart from its package."""
    spec = spec_from_file_location("vibcli_catalog", HOME / "data" / "catalog.py")
    assert spec is not None
    assert spec.loader is not None
    catalog = module_from_spec(spec)
    spec.loader.exec_module(catalog)
    return {name: entry.kind for name, entry in catalog.CATALOG.items()}


def recipes() -> list[str]:
    """The recipes of the package."""
    return sorted(path.stem for path in (HOME / "recipes").glob("*.toml"))
