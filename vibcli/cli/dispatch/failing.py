"""What happens when a command fails: one message and an exit code."""

import functools
import inspect
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from vibcli.cli.output import complain
from vibcli.errors import VibError


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn errors into one message and an exit code; with ``debug`` show where they arose."""

    @functools.wraps(command)
    def run(*args: Any, debug: bool = False, **kwargs: Any) -> Any:
        try:
            result = command(*args, **kwargs)
            sys.stdout.flush()
            return result
        except (typer.Exit, typer.Abort):
            raise
        except BrokenPipeError:
            # whoever read the output has seen enough; nothing is left to flush
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        except Exception as error:
            if debug:
                import traceback

                traceback.print_exc()
            if isinstance(error, VibError):
                complain(str(error))
                code = error.exit_code
            else:
                complain(f"Unexpected {type(error).__name__}: {error}. Add --debug to see where.")
                code = 1
        raise typer.Exit(code)

    return run


def with_debug(command: Callable[..., None]) -> Callable[..., None]:
    """The guarded command with an option ``--debug``."""
    debug = inspect.Parameter(
        "debug",
        inspect.Parameter.KEYWORD_ONLY,
        default=False,
        annotation=Annotated[bool, typer.Option("--debug", help="Show tracebacks.")],
    )
    run = guarded(command)
    signature = inspect.signature(command)
    parameters = [*signature.parameters.values(), debug]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run
