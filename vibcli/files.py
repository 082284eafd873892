"""Writing files so that a reader never sees half of one, and what goes into them."""

import json
import math
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vibcli.errors import VibError


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then put it in place.

    Raises:
        VibError: the folder cannot be written or the disk is full; ``path`` is as it was.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # the suffix stays, because some writers choose the format by it
        handle, name = tempfile.mkstemp(prefix=".tmp-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        temporary.chmod(0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise VibError(f"Cannot write {path}: {error.strerror or error}.") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def as_json(content: Any) -> str:
    """``content`` as JSON that ends in a line feed; infinite and undefined numbers become null."""
    return json.dumps(finite(content), indent=1, ensure_ascii=False) + "\n"


def finite(value: Any) -> Any:
    """``value`` with None for each infinite or undefined number in it, as JSON wants it."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def plain(value: Any) -> Any:
    """Named tuples as dictionaries, all the way down."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        VibError: it cannot be read or is not valid.
    """
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise VibError(f"Cannot read {path}: {error.strerror}.") from None
    except RecursionError:
        raise VibError(f"{path} is nested too deeply.") from None
    except ValueError as error:  # not TOML, not UTF-8, or a number of thousands of digits
        raise VibError(f"{path} is not valid TOML: {error}.") from None


def portable(path: Path) -> str:
    """A path below the working directory relative to it, of any other the last part alone."""
    for whole in (os.path.abspath, os.path.realpath):  # links followed or not
        full, here = Path(whole(path)), Path(whole(os.curdir))
        if full.is_relative_to(here) and full != here:
            return full.relative_to(here).as_posix()
    return Path(os.path.abspath(path)).name


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
