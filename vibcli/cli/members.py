"""Which runs are compared: trained where they are missing, or those that are there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vibcli.cli import session
from vibcli.cli.output import complain, note
from vibcli.comparison.findings import Member
from vibcli.config.record import DataSpec, RunConfig, meant_for, resolve, without_effect
from vibcli.config.variants import VARIANTS, Kind
from vibcli.errors import RunError, VibError, unknown
from vibcli.store.records import Run
from vibcli.store.runs import listing

if TYPE_CHECKING:
    from vibcli.data import Description
    from vibcli.runs.wanted import Place, Task

Gathered = tuple[list[Member], list[Run]]  # the members, and all runs that could be read


def trained(
    names: Sequence[str],
    settings: Mapping[str, Any],
    spec: DataSpec,
    seeds: int,
    place: "Place",
    *,
    device: str,
    threads: int | None,
    jobs: int | None,
    fresh: bool,
) -> Gathered:
    """Train what is missing of seeds 0 to ``seeds`` - 1."""
    from vibcli.runs.wanted import Task

    dataset = session.open_data(spec, place)
    about, results = dataset.description, place.results
    variants = _variants(names, about.kind, settings)
    experiments = {
        name: (name, variants[name]) if name in variants else _experiment(name, about, results)
        for name in names
    }
    wanted = {
        name: [Task(*experiment, seed) for seed in range(seeds)]
        for name, experiment in experiments.items()
    }
    if len({tasks[0].folder(results, about).id for tasks in wanted.values()}) < len(names):
        raise _repeated(names)
    tasks = [task for paired in zip(*wanted.values(), strict=True) for task in paired]
    found = {} if fresh else _finished(tasks, about, results)
    found |= session.train_missing(
        tasks, found, dataset, spec, place, device=device, threads=threads, jobs=jobs, fresh=fresh
    )
    members = [_member(name, [found[task] for task in wanted[name]]) for name in names]
    return members, [run for run in found.values() if run is not None]


def recorded(
    names: Sequence[str],
    settings: Mapping[str, Any],
    spec: DataSpec,
    seeds: int | None,
    results: Path,
) -> Gathered:
    """Take the runs that are there, of all seeds or of 0 to ``seeds`` - 1; no data are read.

    Raises:
        VibError: a name stands for no run or for several experiments, or runs differ in their
            data.
    """
    there = listing(results)
    for problem in there.problems:
        complain(f"{problem} It is left out.")
    runs = [run for run in there.runs if spec.dataset in (run.config.dataset, run.data.name)]
    if not runs:
        raise VibError(
            f"There are no runs on '{spec.dataset}' in {results}. Leave out --no-train to train."
        )
    variants = _variants(names, runs[0].config.kind, settings)
    members, taken = [], []
    for name in names:
        own = [
            run
            for run in runs
            if (seeds is None or run.seed < seeds)
            and (
                run.name == name and run.config.settings == variants[name].settings
                if name in variants
                else name in (run.name, run.experiment)
            )
        ]
        finished = [run for run in own if run.status != "running"]
        for run in own:
            if run.status == "running":
                note(f"{run.id} is not finished; it is left out.")
        if not finished:
            raise VibError(
                f"There is no finished run of '{name}' with these settings on '{spec.dataset}' in "
                f"{results}. Leave out --no-train to train it."
            )
        members.append(_member(name, finished))
        taken += finished
    _check_experiments(names, taken)
    return members, taken


def _check_experiments(names: Sequence[str], runs: Sequence[Run]) -> None:
    prints = {run.data.fingerprint: run.experiment for run in runs}
    if len(prints) > 1:
        shown = "; ".join(f"{experiment}: {print}" for print, experiment in prints.items())
        raise VibError(
            f"The runs were made on different data and cannot be compared ({shown}). "
            "Name experiments in full."
        )
    experiments = {run.experiment for run in runs}
    if len(experiments) > len(names):
        raise VibError(
            "Some names have runs with different settings; say which: "
            f"{', '.join(sorted(experiments))}."
        )
    if len(experiments) < len(names):
        raise _repeated(names)


def _repeated(names: Sequence[str]) -> VibError:
    return VibError(f"Each experiment once, please: {' '.join(names)}.")


def _variants(
    names: Sequence[str], kind: Kind, settings: Mapping[str, Any]
) -> dict[str, RunConfig]:
    """The settings of those names that are variants.

    Raises:
        VibError: a setting has no effect on any of them.
    """
    variants = [name for name in names if name in VARIANTS]
    configs = {name: resolve(name, kind, meant_for(name, variants, settings)) for name in variants}
    overrides = [name for name in settings if name not in DataSpec.model_fields]
    if useless := without_effect(overrides, configs.values()):
        raise VibError(f"{', '.join(useless)} has no effect on {' or '.join(names)}.")
    return configs


def _experiment(name: str, about: "Description", results: Path) -> tuple[str, RunConfig]:
    """Name and settings of the experiment that ``name`` stands for.

    Raises:
        VibError: it stands for nothing, for several experiments, or for one on other data.
    """
    runs = listing(results, about.name).runs
    named = [run for run in runs if name in (run.name, run.experiment)]
    if not named:
        known = {*VARIANTS, *(run.name for run in runs)}
        raise VibError(unknown("variant or experiment", name, known))
    fitting = {r.experiment: r for r in named if r.data.fingerprint == about.fingerprint}
    if not fitting:
        raise VibError(
            f"'{name}' was trained on other data ({named[0].data.fingerprint}) than "
            f"'{about.name}' holds now ({about.fingerprint})."
        )
    if len(fitting) > 1:
        raise VibError(
            f"'{name}' has runs with different settings; say which: {', '.join(sorted(fitting))}."
        )
    run = fitting.popitem()[1]
    return run.name, run.config


def _finished(
    tasks: "Sequence[Task]", about: "Description", results: Path
) -> "dict[Task, Run | None]":
    """The runs that need no training; None for one whose record is damaged."""
    found: dict[Task, Run | None] = {}
    for task in tasks:
        folder = task.folder(results, about)
        try:
            if (run := folder.finished()) is not None:
                found[task] = run
        except RunError as error:
            complain(f"{error} It is left out.")
            found[task] = None
    return found


def _member(name: str, runs: "Sequence[Run | None]") -> "Member":
    complete = {run.seed: run for run in runs if run is not None and run.status == "complete"}
    return Member(name, complete, len(runs) - len(complete))
