"""``vib compare baseline vib`` as the README starts: from nothing, and once all is there."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import commands
from .harness import Contestant, Options, Report, Value, race, spread

WORDS = ("compare", "baseline", "vib")
REPETITIONS = 3  # each trains ten runs
TARGET = 60.0


def measure(options: Options) -> Report:
    """Measure the first call and the second, which follows it in the same folder."""
    with commands.home() as home:
        found = race(
            [
                Contestant("first call", partial(_call, home, fresh=True)),
                Contestant("second call", partial(_call, home, fresh=False)),
            ],
            min(options.repetitions, REPETITIONS),
        )
    return Report(
        name="compare",
        title="vib compare baseline vib",
        values=[
            Value("first call", spread(found.measured["first call"]).median, "s", TARGET),
        ],
        notes=["2 x 5 runs on mnist-5k; the first call has no cache and no results"],
        **found._asdict(),
    )


def _call(home: Path, fresh: bool) -> Callable[[], float]:
    def run() -> float:
        if fresh:
            commands.forget(home, "results", "cache")
        return commands.vib(*WORDS, home=home).seconds

    return run
