"""What sets an option that is not given: the environment, then the settings file."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vibcli.errors import VibError, suggestion

FILE = "vib.toml"
# said of a run that is there, these are not what the settings of new ones are
TYPED_ALONE = {
    "eval": ("dataset", "missing"),
    "interpolate": ("dataset",),
    "predict": ("missing",),
}


def read_environment(command: Any) -> None:
    """Let a variable of the environment set each option of this Typer command.

    What takes several values has one on each line of its variable: names of columns have spaces.
    """
    for flag, option in _options(command).items():
        option.envvar, option.show_envvar = variable(flag), False
        if option.multiple:
            option.split_envvar_value = str.splitlines


def from_file(commands: Callable[[], Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Read the settings file: for each of the Typer commands the values of its options.

    The file is ``vib.toml`` in the current folder, or what ``VIB_SETTINGS`` names. Where there
    is none, ``commands`` is not called.

    Raises:
        VibError: it is not valid TOML, has a key that is no option, or a value that none has.
    """
    path, content = file_content()
    if not content:
        return {}
    known = {name: _options(command) for name, command in commands().items()}
    every = {flag for options in known.values() for flag in options}
    for key in content:
        if key not in every:
            raise VibError(f"{path}: there is no option '{key}'. {suggestion(key, every)}")
    return {
        name: {
            options[key].name: _as_typed(value, options[key].multiple, f"{path}: {key}")
            for key, value in content.items()
            if key in options
        }
        for name, options in known.items()
    }


def file_content() -> tuple[Path, dict[str, Any]]:
    """The settings file, and what it says; nothing where there is none.

    Raises:
        VibError: it is not valid TOML, or ``VIB_SETTINGS`` names none.
    """
    path = Path(os.environ.get("VIB_SETTINGS") or FILE)
    if not path.exists() and "VIB_SETTINGS" not in os.environ:
        return path, {}
    from vibcli.files import read_toml

    return path, read_toml(path)


def variable(flag: str) -> str:
    """Environment variable of an option: ``batch-size`` -> ``VIB_BATCH_SIZE``."""
    return "VIB_" + flag.replace("-", "_").upper()


def _options(command: Any) -> dict[str, Any]:
    """What may be set of a Typer command, by its long flag without the dashes."""
    return {
        flag.removeprefix("--"): parameter
        for parameter in command.params
        for flag in parameter.opts
        if flag.startswith("--") and parameter.name not in TYPED_ALONE.get(command.name, ())
    }


def _as_typed(value: Any, multiple: bool, where: str) -> Any:
    """A value of the file as the command line has it: ``[64, 64]`` -> ``64,64``, 1 -> ``1``.

    So it goes through the same checks as what is typed.

    Raises:
        VibError: it is a table, a date or a list of lists; the message starts with ``where``.
    """
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str | int | float) for item in items):
        raise VibError(f"{where} must be a text, a number, true, false or a list of these.")
    if isinstance(value, bool):
        return value
    typed = [str(item) for item in items]
    return typed if multiple else ",".join(typed)
