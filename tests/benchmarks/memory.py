"""Peak resident memory of one epoch on the IMDB, evaluation on its 25,000 test rows included."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import commands, data
from .harness import Contestant, Options, Report, Value, race
from .imdb_first_step import TRAIN, UNTIL_FIRST_STEP

REPETITIONS = 2  # memory hardly varies, and each repetition is a whole epoch
TARGET = 1536.0


def measure(options: Options) -> Report:
    """Measure with an empty cache and with one that holds the data."""
    folder = data.require("imdb")
    with commands.home() as cold, commands.home() as warm:
        found = race(
            [
                Contestant(
                    "cold cache", partial(_train, cold, folder, forget=("results", "cache"))
                ),
                Contestant("warm cache", partial(_train, warm, folder, forget=("results",))),
            ],
            min(options.repetitions, REPETITIONS),
            warm_up=False,
        )
    return Report(
        name="memory",
        title=f"vib {' '.join(TRAIN)} --epochs 1",
        quantity="mebibytes",
        unit="MiB",
        values=[
            Value(f"peak, {name}", max(peaks), "MiB", TARGET)
            for name, peaks in found.measured.items()
        ],
        notes=[f"peak resident memory of the process; {REPETITIONS} repetitions at most"],
        **found._asdict(),
    )


def _train(home: Path, folder: Path, forget: tuple[str, ...]) -> Callable[[], float]:
    words = (*TRAIN, "--data-dir", folder)
    if "cache" not in forget:
        commands.vib(*words, home=home, script=UNTIL_FIRST_STEP)  # fills the cache

    def run() -> float:
        commands.forget(home, *forget)
        return commands.vib(*words, "--epochs", 1, home=home).mebibytes

    return run
