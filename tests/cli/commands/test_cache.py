import os
import re
from pathlib import Path

from small import WINE, Vib


def test_the_cache_is_shown_filled_and_cleared(vib: Vib) -> None:
    folder = Path(os.environ["XDG_CACHE_HOME"]) / "vibcli"
    assert vib("cache").stdout == f"{folder}: 0.0 MB\n"
    vib("train", "--dataset", "digits", *WINE[2:])
    stored = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert stored > 100_000
    assert vib("cache").stdout == f"{folder}: {stored / 1e6:.1f} MB\n"
    assert re.fullmatch(r"Freed 0\.\d MB\.\n", vib("cache", "--clear").stdout)
    assert not folder.exists()
    assert vib("cache", "--clear").stdout == "Freed 0.0 MB.\n"


def test_without_the_cache_nothing_is_stored(vib: Vib) -> None:
    vib("train", *WINE, "--no-cache")
    assert not (Path(os.environ["XDG_CACHE_HOME"]) / "vibcli").exists()
