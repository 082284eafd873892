"""The `vib` command and the table of its commands."""

from typing import Annotated, Any

import typer
import typer.core

from vibcli.cli.dispatch.deferred import Deferred
from vibcli.cli.dispatch.failing import guarded
from vibcli.cli.interruption import INTERRUPTED, SAID, heard
from vibcli.cli.options.sources import from_file
from vibcli.cli.output import complain

# by the order of their help; each is the function of that name in `vibcli.cli.commands.<name>`
COMMANDS = (
    *("train", "eval", "compare", "interpolate", "predict"),
    *("reproduce", "report", "runs", "show", "rm", "datasets", "cache"),
)


class _Commands(typer.core.TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        commands = {name: Deferred(name) for name in COMMANDS}
        super().__init__(**attributes | {"commands": commands})

    def invoke(self, ctx: Any) -> Any:
        """Run the command; Ctrl-C is told in one line."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            heard()
            complain(SAID)
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="vib",
    cls=_Commands,
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
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from vibcli import __version__

        print(f"vib {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", "-V", help="Show the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    deferred: dict[str, Deferred] = context.command.commands  # type: ignore[attr-defined]
    context.default_map = guarded(from_file)(
        lambda: {name: command.loaded for name, command in deferred.items()}
    )
