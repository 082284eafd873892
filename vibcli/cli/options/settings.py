"""Command-line options made from the settings of `vibcli.config.record`.

An option that is not given is None, so that a flag counts even when it equals the default.
"""

import inspect
import types
import typing
from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args, get_origin

import typer

from vibcli.cli.options import completing
from vibcli.config.kinds import KIND_DEFAULTS
from vibcli.config.record import RunConfig, choices, declared, flag_of

HIDDEN = ("variant", "predicts", "bottleneck", "penalty")

Command = Callable[..., None]


def with_settings(command: Command) -> Command:
    """Give ``command`` an option for each setting; it gets what was set as ``settings``."""

    def run(**kwargs: Any) -> None:
        given = {name: kwargs.pop(name) for name in options}
        command(**kwargs, settings={k: v for k, v in given.items() if v not in (None, [])})

    options = {name: _option(name) for name in RunConfig.model_fields if name not in HIDDEN}
    own = [p for p in inspect.signature(command).parameters.values() if p.name != "settings"]
    first = [p for p in own if p.default is inspect.Parameter.empty or p.kind is p.POSITIONAL_ONLY]
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            p.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for p in (*first, *(p for p in own if p not in first), *options.values())
        ]
    )
    run.__doc__, run.__name__ = command.__doc__, command.__name__
    return run


def _option(name: str) -> inspect.Parameter:
    field = RunConfig.model_fields[name]
    flag, panel = flag_of(name), declared(name)["panel"]
    kind = _base_type(field.annotation)
    metavar: str | None = None
    words: tuple[str, ...] = tuple(choices(name))
    if get_origin(kind) is Literal:
        words, kind = get_args(kind), str
    if words:
        metavar = "|".join(words)
    elif get_origin(kind) is tuple:
        several = name == "inputs"
        metavar, kind = ("COLUMN", list[str]) if several else ("N,N,...", str)
    default = _default(name, field.default)
    option = typer.Option(
        flag,
        help=(field.description or "") + (f" [dim](default: {default})[/dim]" if default else ""),
        rich_help_panel=panel,
        metavar=metavar,
        show_default=False,
        autocompletion=completing.data_sets if name == "dataset" else completing.among(*words),
    )
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind | None, option],
    )


def _base_type(annotation: Any) -> Any:
    """The type without ``None`` and without validators."""
    if get_origin(annotation) is Annotated:
        return _base_type(get_args(annotation)[0])
    if isinstance(annotation, types.UnionType) or get_origin(annotation) is typing.Union:
        return _base_type(next(a for a in get_args(annotation) if a is not type(None)))
    return annotation


def _default(name: str, default: Any) -> str:
    """What applies when the option is not given: one value, or one for each kind of data."""
    by_kind = {kind: values.get(name, default) for kind, values in KIND_DEFAULTS.items()}
    if len(set(by_kind.values())) > 1:
        return ", ".join(f"{kind} {_shown(value)}" for kind, value in by_kind.items())
    value = next(iter(by_kind.values()))
    return "" if value is None or repr(value) == "PydanticUndefined" else _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
