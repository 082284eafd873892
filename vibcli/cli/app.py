"""The `vib` command and the table of its commands."""

import signal
from types import FrameType
from typing import Annotated, Any

import typer
import typer.core

from vibcli.cli.deferred import Deferred
from vibcli.cli.guard import guarded
from vibcli.cli.options.sources import from_file

# name: (module, first line of its help; a test compares it with the docstring)
COMMANDS = {
    "train": ("train", "Train a model, test it, and save the run."),
    "eval": (
        "evaluate",
        "Measure a saved run again: accuracy, calibration, distortion, rate, I(Z;Y).",
    ),
    "compare": (
        "compare",
        "Compare variants over several seeds: accuracy, convergence, and what the data support.",
    ),
    "interpolate": (
        "interpolate",
        "Walk through the latent space and show what the model sees on the way.",
    ),
    "predict": (
        "predict",
        "Predict new rows: class, probabilities, rate; of an autoencoder its bounds on log p(x).",
    ),
    "reproduce": (
        "reproduce",
        "Do a publication's experiments again and hold its claims against the runs.",
    ),
    "report": ("report", "Write results/README.md from the runs of the recipes."),
    "runs": ("runs", "List the runs: status, epochs, test accuracy or ELBO, rate."),
    "datasets": ("datasets", "List the named data sets."),
    "cache": ("cache", "Show or clear the cache of decoded data."),
}


class _Commands(typer.core.TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        commands = {name: Deferred(name, *entry) for name, entry in COMMANDS.items()}
        super().__init__(**attributes | {"commands": commands})


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
    add_completion=False,
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
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    deferred: dict[str, Deferred] = context.command.commands  # type: ignore[attr-defined]
    context.default_map = guarded(from_file)(
        lambda: {name: command.loaded for name, command in deferred.items()}
    )


def _terminate(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run `vib`. A request to terminate is treated like Ctrl-C."""
    signal.signal(signal.SIGTERM, _terminate)
    app(prog_name="vib")
