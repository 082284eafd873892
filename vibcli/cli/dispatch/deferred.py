"""A command whose module is imported when it is run or its own help is asked for.

Until then its name and the first paragraph of its docstring, which is read without importing it,
stand for it, so that `vib --help` imports no command.
"""

import ast
import inspect
from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import typer.core
import typer.main

from vibcli.cli import commands
from vibcli.cli.dispatch.brief import Brief
from vibcli.cli.dispatch.failing import with_debug
from vibcli.cli.dispatch.once import Once
from vibcli.cli.options.common import COMMON
from vibcli.cli.options.sources import read_environment


class Deferred(typer.core.TyperCommand):
    """Stands for the function in ``cli/commands/<name>.py`` that is called like the module."""

    def __init__(self, name: str) -> None:
        super().__init__(name, help=_summary(name))

    @cached_property
    def loaded(self) -> Any:
        """The command itself, with its options."""
        assert self.name is not None
        function = getattr(import_module(f"{commands.__name__}.{self.name}"), self.name)
        single = typer.Typer(
            add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich"
        )
        kind = Brief if self.name in COMMON else Once
        single.command(self.name, cls=kind, help=_paragraphs(function))(with_debug(function))
        command = typer.main.get_command(single)
        read_environment(command)
        return command

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Let the command itself parse what was typed; the context then runs that one."""
        return self.loaded.make_context(*args, **kwargs)


def _summary(name: str) -> str:
    """The first paragraph of a command's docstring, from the source of its module."""
    (folder,) = commands.__path__
    tree = ast.parse((Path(folder) / f"{name}.py").read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    own = next(node for node in functions if node.name == name)
    return " ".join((ast.get_docstring(own) or "").split("\n\n")[0].split("\n"))


def _paragraphs(command: Callable[..., None]) -> str:
    """The docstring with a line break only between paragraphs, so that it fits any width."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)
