"""The runs of a recipe in a results folder, found by name and settings; no data are read."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from vibcli.comparison.saved import saved
from vibcli.data.address import recorded as recorded_address
from vibcli.errors import VibError
from vibcli.recipes import sampled
from vibcli.recipes.measures import Measured
from vibcli.recipes.recipe import Recipe
from vibcli.store.listing import named
from vibcli.store.records import Run
from vibcli.store.rundir import RunDir

Runs = dict[str, dict[int, Measured]]


class Recorded(NamedTuple):
    """The complete runs of each experiment, by seed, and how many others diverged or failed."""

    runs: Runs
    broken: dict[str, int]


def recorded(
    recipe: Recipe,
    protocol: str,
    results: Path,
    seeds: int | None = None,
    fingerprint: str | None = None,
) -> Recorded:
    """What there is of a protocol's runs.

    Args:
        recipe: whose experiments.
        protocol: which they follow.
        results: the results folder.
        seeds: how many, from 0; by default all that the recipe asks for.
        fingerprint: of the data; where None, all runs must be on the same.

    Raises:
        VibError: there are runs on different data.
        RunError: a record or the predictions of a run are damaged.
    """
    found: Runs = {name: {} for name in recipe.experiments}
    broken = dict.fromkeys(recipe.experiments, 0)
    prints = set()
    for experiment, run in matching(recipe, protocol, results):
        kept = run.seed < (seeds or recipe.seeds) and fingerprint in (None, run.data.fingerprint)
        if kept and run.status in ("diverged", "failed"):
            broken[experiment] += 1
        elif kept and run.status == "complete":
            folder = RunDir(results, run.id)
            scores = saved(folder, recipe.the_task).scores
            measured = Measured(run, sampled.read_sampled(folder), scores)
            found[experiment][run.seed] = measured
            prints.add(run.data.fingerprint)
    if len(prints) > 1:
        raise VibError(
            f"The runs of {recipe.name}, {protocol}, were made on different data "
            f"({', '.join(sorted(prints))}) and cannot be put together."
        )
    return Recorded({name: dict(sorted(runs.items())) for name, runs in found.items()}, broken)


def matching(recipe: Recipe, protocol: str, results: Path) -> Iterator[tuple[str, Run]]:
    """Runs that have the name, the data set and the settings that the recipe gives them."""
    for experiment in recipe.experiments:
        name = recipe.run_name(protocol, experiment)
        for run in named(results, name):
            wanted = recipe.config(protocol, experiment, run.config.kind, run.data.notes)
            at = recorded_address(wanted.dataset), recorded_address(run.config.dataset)
            if wanted.settings == run.config.settings and at[0] == at[1]:
                yield experiment, run


def incomplete(recipe: Recipe, found: Recorded, seeds: int) -> int:
    """How many runs are missing, or lack an evaluation that the recipe asks for."""
    ready = [
        measured
        for runs in found.runs.values()
        for measured in runs.values()
        if not sampled.lacking(measured.run, dict(measured.sampled), recipe.samples)
    ]
    return seeds * len(recipe.experiments) - len(ready) - sum(found.broken.values())
