"""From the start of ``vib train --dataset imdb`` to the end of its first training step."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import commands, data
from .harness import Contestant, Options, Report, Value, race, spread

TARGETS = {"cold cache": 15.0, "warm cache": 3.0}
TRAIN = ("train", "--dataset", "imdb", "--lambda", "0.1")
# the command itself; what trains is imported when the command does so, and not before
UNTIL_FIRST_STEP = """
import os
from vibcli.cli import main, running
watching = running.watching

def until_first_step(folders):
    from vibcli.models.bottleneck_learner import BottleneckLearner
    step = BottleneckLearner.step

    def first(*arguments):
        step(*arguments)
        os._exit(0)

    BottleneckLearner.step = first
    return watching(folders)

running.watching = until_first_step
main()
"""


def measure(options: Options) -> Report:
    """Measure with an empty cache and with one that holds the data."""
    folder = data.require("imdb")
    with commands.home() as cold, commands.home() as warm:
        found = race(
            [
                Contestant(
                    "cold cache", partial(_first_step, cold, folder, forget=("results", "cache"))
                ),
                Contestant("warm cache", partial(_first_step, warm, folder, forget=("results",))),
            ],
            options.repetitions,
        )
    values = [
        Value(name, spread(seconds).median, "s", TARGETS[name])
        for name, seconds in found.measured.items()
    ]
    return Report(
        name="imdb-first-step",
        title="from the start of the command to its first step",
        values=values,
        notes=["the operating system has the data files in memory either way"],
        **found._asdict(),
    )


def _first_step(home: Path, folder: Path, forget: tuple[str, ...]) -> Callable[[], float]:
    def run() -> float:
        commands.forget(home, *forget)
        words = (*TRAIN, "--data-dir", folder)
        return commands.vib(*words, home=home, script=UNTIL_FIRST_STEP).seconds

    return run
