"""A command with many options, whose help shows the common ones; `--help-all` shows every one."""

import copy
from typing import Annotated, Any

import typer
import typer.main

from vibcli.cli.dispatch.once import Once
from vibcli.cli.options.common import COMMON

WIDEST = 12


class Brief(Once):
    """A command of `COMMON`."""

    def __init__(self, name: str, **attributes: Any) -> None:
        super().__init__(name, **attributes)
        self.common = COMMON[name]
        self.every = _help_all()  # like --help none of its parameters: neither a file sets it

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, ``--help`` and ``--help-all``."""
        return [*super().get_params(ctx), self.every]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the common options, in one panel, and how to see the others."""
        options = {flag: p for p in self.params for flag in p.opts if flag.startswith("--")}
        shown = [_narrow(options[flag]) for flag in self.common]
        others = len({id(option) for option in options.values()}) - len(shown)
        brief = copy.copy(self)
        arguments = [p for p in self.params if p.param_type_name == "argument"]
        brief.params = [*arguments, *shown]
        brief.epilog = f"[bold]vib {self.name} --help-all[/bold] has the other {others} options."
        brief.format_all(ctx, formatter)

    def format_all(self, ctx: Any, formatter: Any) -> None:
        """Show every option."""
        super().format_help(ctx, formatter)


def _narrow(option: Any) -> Any:
    """The option in the common panel; many choices are told by its help, which has more room."""
    option = copy.copy(option)
    option.rich_help_panel = None
    if option.metavar is not None and len(option.metavar) > WIDEST:
        option.help += f" One of {option.metavar.replace('|', ', ')}."
        option.metavar = "NAME"
    return option


def _show_all(context: typer.Context, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        command: Any = context.command
        command.format_all(context, context.make_formatter())
        raise typer.Exit


def _help_all() -> Any:
    """The option, made by Typer."""

    def placeholder(
        help_all: Annotated[
            bool,
            typer.Option(
                "--help-all",
                help="Show every option and exit.",
                callback=_show_all,
                is_eager=True,
                expose_value=False,
            ),
        ] = False,
    ) -> None: ...

    single = typer.Typer(add_completion=False)
    single.command()(placeholder)
    command: Any = typer.main.get_command(single)
    return command.params[0]
