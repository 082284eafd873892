"""The `vib` command: its commands, and what happens when one fails."""

import functools
import importlib.metadata
import inspect
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Annotated, Any

import typer

from vibcli.cli import (
    cache,
    compare,
    datasets,
    evaluate,
    interpolate,
    predict,
    runs,
    settings,
    train,
)
from vibcli.cli.output import complain
from vibcli.errors import VibError

COMMANDS: dict[str, Callable[..., None]] = {
    "train": train.train,
    "eval": evaluate.evaluate,
    "compare": compare.compare,
    "interpolate": interpolate.interpolate,
    "predict": predict.predict,
    "runs": runs.runs,
    "datasets": datasets.datasets,
    "cache": cache.cache,
}

INTERRUPTED = 130

app = typer.Typer(
    name="vib",
    help=(
        "Does a variational information bottleneck help here, by how much, and how fast?\n\n"
        "Start with: vib compare baseline vib"
    ),
    epilog=(
        "Every option can be set by an environment variable (--batch-size: VIB_BATCH_SIZE) or in "
        "a file vib.toml in the current folder (batch-size = 64). Flags beat the environment, "
        "the environment beats the file, the file beats the defaults."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"vib {importlib.metadata.version('vibcli')}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    commands = context.command.commands  # type: ignore[attr-defined]
    settings.read_environment(commands)
    context.default_map = _guarded(settings.from_file)(commands)


def _guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn errors into one message and an exit code; with ``--debug`` show where they arose."""

    @functools.wraps(command)
    def run(*args: Any, debug: bool = False, **kwargs: Any) -> Any:
        try:
            result = command(*args, **kwargs)
            sys.stdout.flush()
            return result
        except (typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt:
            complain("Interrupted. The same command goes on from here.")
            code = INTERRUPTED
        except BrokenPipeError:
            # whoever read the output has seen enough; nothing is left to flush
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        except Exception as error:
            if debug:
                traceback.print_exc()
            if isinstance(error, VibError):
                complain(str(error))
                code = error.exit_code
            else:
                complain(f"Unexpected {type(error).__name__}: {error}. Add --debug to see where.")
                code = 1
        raise typer.Exit(code)

    return run


def _add(name: str, command: Callable[..., None]) -> None:
    debug = inspect.Parameter(
        "debug",
        inspect.Parameter.KEYWORD_ONLY,
        default=False,
        annotation=Annotated[bool, typer.Option("--debug", help="Show tracebacks.")],
    )
    run = _guarded(command)
    signature = inspect.signature(command)
    parameters = [*signature.parameters.values(), debug]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    app.command(name, help=_paragraphs(command))(run)


def _paragraphs(command: Callable[..., None]) -> str:
    """The docstring with a line break only between paragraphs, so that it fits any width."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)


for _name, _command in COMMANDS.items():
    _add(_name, _command)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run `vib`. A request to terminate is treated like Ctrl-C."""
    signal.signal(signal.SIGTERM, _terminate)
    app(prog_name="vib")
