"""How much longer commands take that only look something up than importing what they need."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from vibcli.store.rundir import RunDir

from . import commands
from .harness import Contestant, Options, Report, Value, race, spread

RUNS, REPETITIONS = 50, 9
TARGET = 0.1
IMPORTS = "imports alone"
COMMANDS = {"vib --help": ("--help",), "vib runs": ("runs",)}


def measure(options: Options) -> Report:
    """Race the commands against the imports."""
    from ..helpers.recorded import run

    with commands.home() as home:
        for seed in range(RUNS):
            recorded = run(seed=seed)
            RunDir(home / "results", recorded.id).write(recorded)
        found = race(
            [
                Contestant(IMPORTS, partial(_imports, home)),
                *(Contestant(name, partial(_vib, words, home)) for name, words in COMMANDS.items()),
            ],
            max(options.repetitions, REPETITIONS),
        )
    imports = spread(found.measured[IMPORTS]).median
    return Report(
        name="start",
        title="commands that only look something up",
        unit="ms",
        factor=1000,
        values=[
            Value(
                f"{name} above imports", spread(found.measured[name]).median - imports, "s", TARGET
            )
            for name in COMMANDS
        ],
        notes=[f"vib runs lists {RUNS} runs; imports: Python with typer, rich and pydantic"],
        **found._asdict(),
    )


def _imports(home: Path) -> Callable[[], float]:
    return lambda: commands.python("-c", "import typer, rich, pydantic", home=home).seconds


def _vib(words: tuple[str, ...], home: Path) -> Callable[[], float]:
    return lambda: commands.vib(*words, home=home).seconds
