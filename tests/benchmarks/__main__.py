"""``python -m tests.benchmarks [NAME...]``: measure rows, print tables, write JSON files."""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from vibcli.errors import VibError, unknown

from .harness import CORES, Options, Report

ROWS = (
    "imdb-epoch",
    "text-cnn-batch",
    "mnist-epoch",
    "mnist-gemm",
    "compare",
    "start",
    "imdb-first-step",
    "memory",
    "scaling",
)


def row(name: str) -> Callable[[Options], Report]:
    """The function that measures a row: ``measure`` of the file of that name.

    Raises:
        VibError: there is no such row; the message suggests the nearest.
    """
    if name not in ROWS:
        raise VibError(unknown("row", name, ROWS))
    module = importlib.import_module(f".{name.replace('-', '_')}", __package__)
    return module.measure  # type: ignore[no-any-return]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the rows asked for, or all; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(ROWS)}")
    parser.add_argument("--repetitions", type=int, default=5, help="of each contestant")
    parser.add_argument(
        "--fraction", type=float, default=0.25, help="of an epoch that is trained; 1 for all"
    )
    parser.add_argument("--threads", type=int, default=CORES, help="of each contestant")
    parser.add_argument("--results", type=Path, default=Path("results/benchmarks"))
    asked = parser.parse_args(arguments)
    if asked.repetitions < 1 or not 0 < asked.fraction <= 1 or asked.threads < 1:
        parser.error("--repetitions and --threads are at least 1, --fraction is in (0, 1]")
    options = Options(asked.repetitions, asked.fraction, asked.threads)
    out, notes = Console(width=80, highlight=False), Console(stderr=True, highlight=False)
    try:
        for name in asked.names:
            row(name)  # a wrong name is told before anything is measured
        for name in asked.names or ROWS:
            notes.print(f"{name} ...", style="dim")
            try:
                report = row(name)(options)
            except VibError as error:
                if asked.names:
                    raise
                notes.print(f"{name} left out: {error}", markup=False)
                continue
            out.print(report.tables())
            notes.print(f"{report.write(asked.results, options)}", style="dim", soft_wrap=True)
    except VibError as error:
        notes.print(f"Error: {error}", markup=False, soft_wrap=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
