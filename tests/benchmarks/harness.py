"""Side-by-side measurements: contestants take turns, each in a process of its own.

Thread pools of different libraries then never meet, and starting, importing and tracing are over
before anything is counted. What is measured becomes a `Report`: a table and a JSON file.
"""

import importlib.metadata
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vibcli.files import write_text

CORES = os.cpu_count() or 1
NOT_INSTALLED = "not installed: pip install -e .[bench]"
CPU_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
PACKAGES = ("torch", "tensorflow", "tensorflow-cpu", "keras", "numpy", "vibcli")

Prepare = Callable[[], Callable[[], Any]]


@dataclass(frozen=True)
class Options:
    """What was asked for: repetitions of each contestant, and how much of an epoch they train."""

    repetitions: int = 5
    fraction: float = 0.25
    threads: int = CORES


@dataclass(frozen=True)
class Contestant:
    """Something to be measured.

    ``prepare`` is called once, in the contestant's own process, and returns what is repeated
    there: a function that does the work and returns what it measured. It has to be picklable.
    ``requires`` names packages without which the contestant does not take part.
    """

    name: str
    prepare: Prepare
    requires: tuple[str, ...] = ()


class Race(NamedTuple):
    """What each contestant measured, one number a repetition, and why others were absent."""

    measured: dict[str, list[float]]
    absent: dict[str, str]


def race(contestants: Sequence[Contestant], repetitions: int, warm_up: bool = True) -> Race:
    """Measure all contestants side by side, each in a process that stays alive between turns."""
    absent = {
        contestant.name: NOT_INSTALLED
        for contestant in contestants
        if not all(map(find_spec, contestant.requires))
    }
    with ExitStack() as stack:
        runs = {
            contestant.name: stack.enter_context(_worker(contestant))
            for contestant in contestants
            if contestant.name not in absent
        }
        return Race(take_turns(runs, repetitions, warm_up), absent)


def once(contestant: Contestant) -> Any:
    """What the contestant returns the first time, in a process of its own."""
    with _worker(contestant) as run:
        return run()


def take_turns(
    runs: Mapping[str, Callable[[], float]], repetitions: int, warm_up: bool = True
) -> dict[str, list[float]]:
    """Call A, B, A, B, ... after a round that is not counted; one list of numbers each."""
    if warm_up:
        for run in runs.values():
            run()
    measured: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repetitions):
        for name, run in runs.items():
            measured[name].append(run())
    return measured


@contextmanager
def _worker(contestant: Contestant) -> Iterator[Callable[[], Any]]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, contestant.prepare), daemon=True)
    process.start()
    there.close()  # or the end of the process would go unnoticed

    def receive() -> Any:
        try:
            return here.recv()
        except EOFError:
            raise RuntimeError(f"'{contestant.name}' broke down; see above.") from None

    def run() -> Any:
        here.send(None)
        return receive()

    try:
        receive()
        yield run
    finally:
        here.close()
        process.join(timeout=10)
        process.kill()


def _serve(connection: Connection, prepare: Prepare) -> None:
    run = prepare()
    connection.send(None)  # ready
    while True:
        try:
            connection.recv()
        except EOFError:
            return
        connection.send(run())


class Spread(NamedTuple):
    """Median and range."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Median, minimum and maximum of ``values``."""
    return Spread(statistics.median(values), min(values), max(values))


class Ratio(NamedTuple):
    """How many times faster ``ours`` is: the ratio of medians, and the range of paired ratios."""

    ours: str
    reference: str
    ratio: float
    low: float
    high: float
    target: float | None


def ratios(
    measured: Mapping[str, Sequence[float]],
    pairs: Mapping[tuple[str, str], float | None],
) -> list[Ratio]:
    """Compare ours with a reference, for each of these ``pairs`` of which both took part.

    The value of a pair is the ratio that is wanted, if any is.

    ratio = median of the reference / median of ours; its range is that of reference_i / ours_i
    over the repetitions i, which were measured next to each other.
    """
    found = []
    for (name, reference), target in pairs.items():
        if reference not in measured or name not in measured:
            continue
        turns = zip(measured[reference], measured[name], strict=True)
        _, low, high = spread([theirs / own for theirs, own in turns])
        ratio = statistics.median(measured[reference]) / statistics.median(measured[name])
        found.append(Ratio(name, reference, ratio, low, high, target))
    return found


class Value(NamedTuple):
    """A number that follows from what was measured; ``target`` in the same unit."""

    name: str
    value: float
    unit: str
    target: float | None = None


@dataclass(frozen=True)
class Report:
    """What a row found.

    Args:
        name: of the row.
        title: what is measured.
        measured: the raw numbers of each contestant, in repetitions.
        quantity: what they are, the key in the JSON file.
        unit: in which the table shows them ...
        factor: ... after multiplying by this.
        steps: training steps in a repetition; adds a column of steps a second.
        ratios: of reference to ours.
        values: what else follows.
        absent: contestants that did not take part, and why.
        notes: what a reader has to know.
    """

    name: str
    title: str
    measured: dict[str, list[float]]
    quantity: str = "seconds"
    unit: str = "s"
    factor: float = 1.0
    steps: int | None = None
    ratios: list[Ratio] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def tables(self) -> RenderableType:
        """Everything but the raw numbers, for people; fits 80 columns."""
        parts: list[RenderableType] = [Text(f"{self.name}: {self.title}", style="bold")]
        parts.append(self._contestants())
        if self.ratios:
            table = _table("ours", "against", numbers=("ratio", "range", "target"))
            for r in self.ratios:
                range_ = f"{r.low:.2f} - {r.high:.2f}"
                table.add_row(
                    Text(r.ours), Text(r.reference), f"{r.ratio:.2f}", range_, _number(r.target)
                )
            parts.append(table)
        if self.values:
            table = _table("", numbers=("value", "unit", "target"))
            for v in self.values:
                table.add_row(Text(v.name), _number(v.value), v.unit, _number(v.target))
            parts.append(table)
        return Group(*parts, *(Text(f"- {note}", style="dim") for note in self.notes), "")

    def _contestants(self) -> Table:
        rate = ("steps/s",) if self.steps else ()
        table = _table("", numbers=(f"median {self.unit}", "range", *rate))
        for name, values in self.measured.items():
            median, low, high = spread([value * self.factor for value in values])
            cells = [_number(median), f"{_number(low)} - {_number(high)}"]
            if self.steps:
                cells.append(_number(self.steps / statistics.median(values)))
            table.add_row(Text(name), *cells)
        for name, reason in self.absent.items():
            table.add_row(Text(name), "", Text(reason))
        return table

    def content(self, options: Options) -> dict[str, Any]:
        """Everything, for programs, with what made the numbers."""
        counts = {len(values) for values in self.measured.values()}
        return {
            "name": self.name,
            "title": self.title,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "repetitions": max(counts, default=0),
            self.quantity: self.measured,
            "shown": {"unit": self.unit, "factor": self.factor},
            "steps": self.steps,
            "ratios": [ratio._asdict() for ratio in self.ratios],
            "values": [value._asdict() for value in self.values],
            "absent": self.absent,
            "notes": self.notes,
            "threads": options.threads,
            **machine(),
        }

    def write(self, folder: Path, options: Options) -> Path:
        """Write ``<name>.json`` into ``folder``, atomically; returns its path."""
        path = folder / f"{self.name}.json"
        write_text(path, json.dumps(self.content(options), indent=1) + "\n")
        return path


def _table(*words: str, numbers: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for word in words:
        table.add_column(word)
    for number in numbers:
        table.add_column(number, justify="right", no_wrap=True)
    return table


def _number(value: float | None) -> str:
    """Three significant digits, and never fewer than those before the point."""
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> dict[str, Any]:
    """Versions, processor and commit."""
    return {
        "versions": {"python": platform.python_version()} | {p: _version(p) for p in PACKAGES},
        **_processor(),
        "cores": CORES,
        "commit": _commit(),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> dict[str, Any]:
    """Name and flags of interest; without flags where the system does not list them."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return {"processor": platform.processor(), "flags": None}
    fields = {key.strip(): value.strip() for key, _, value in (x.partition(":") for x in lines)}
    flags = set(fields.get("flags", "").split())
    return {
        "processor": fields.get("model name", platform.processor()),
        "flags": {flag: flag in flags for flag in CPU_FLAGS},
    }


def _commit() -> str | None:
    """Of the code that is measured; ``-dirty`` where files differ from it."""
    command = ["git", "--no-optional-locks", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        found = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True)
    except OSError:
        return None
    return found.stdout.strip() or None
