"""A command whose module is imported when it is run or its own help is asked for.

Until then its name and one line of help stand for it, so that `vib --help` imports no command.
"""

import inspect
from collections.abc import Callable
from functools import cached_property
from typing import Any

import typer.core
import typer.main

from vibcli.cli.guard import with_debug
from vibcli.cli.options.sources import read_environment


class Deferred(typer.core.TyperCommand):
    """Stands for the function in ``cli/commands/<module>.py`` that is called like the module."""

    def __init__(self, name: str, module: str, summary: str) -> None:
        super().__init__(name, help=summary)
        self.module = module

    @cached_property
    def loaded(self) -> Any:
        """The command itself, with its options."""
        # python -X importtime does not see what importlib.import_module imports
        module = __import__(f"vibcli.cli.commands.{self.module}", fromlist=[self.module])
        function = getattr(module, self.module)
        single = typer.Typer(
            add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich"
        )
        single.command(self.name, help=_paragraphs(function))(with_debug(function))
        command = typer.main.get_command(single)
        read_environment(command)
        return command

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Let the command itself parse what was typed; the context then runs that one."""
        return self.loaded.make_context(*args, **kwargs)


def _paragraphs(command: Callable[..., None]) -> str:
    """The docstring with a line break only between paragraphs, so that it fits any width."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)
