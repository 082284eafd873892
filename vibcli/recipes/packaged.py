"""The recipes that come with the package, had without reading them."""

from pathlib import Path

FOLDER = Path(__file__).parent


def packaged() -> list[str]:
    """Their names."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def recipe_file(name: str) -> Path:
    """Where the recipe of this name is."""
    return FOLDER / f"{name}.toml"
