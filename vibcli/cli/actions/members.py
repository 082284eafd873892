"""Which runs are compared: trained where they are missing, or those that are there."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from vibcli.cli.output import complain, note
from vibcli.comparison.member import Member
from vibcli.config.data import DataSpec, Facts
from vibcli.config.kinds import Kind
from vibcli.config.record import RunConfig, flag_of
from vibcli.data.address import recorded
from vibcli.data.catalog import CATALOG
from vibcli.errors import RunError, VibError, unknown
from vibcli.runs.session import Session
from vibcli.runs.wanted import WantedRun
from vibcli.store.listing import listing
from vibcli.store.records import Run
from vibcli.tasks.find import all_variants, having, task_of
from vibcli.tasks.resolve import meant_for, resolve, without_effect
from vibcli.tasks.task import Task

if TYPE_CHECKING:
    from vibcli.data.dataset import Dataset, Description


class Gathered(NamedTuple):
    """The members, all runs that could be read, and the data if they were."""

    members: list[Member]
    runs: list[Run]
    dataset: "Dataset | None"


class Wanted(NamedTuple):
    """How many seeds: a number; where None the first of these looks, and what is there beyond."""

    seeds: int | None
    looks: Sequence[int]


def trained_members(
    names: Sequence[str],
    settings: Mapping[str, Any],
    spec: DataSpec,
    session: Session,
    task_name: str | None,
    check: Callable[[Task], None],
) -> Callable[[Wanted], Gathered]:
    """Read the data, call ``check``, and return what trains what is missing of so many seeds."""
    from vibcli.cli.running import open_data, train_missing  # the data's libraries

    candidates = having(_variants(names), task_name)
    if task_name is None and (others := set(names) - set(_variants(names))):
        named = [run for run in listing(session.results).runs if run.name in others]
        candidates = _trained_tasks(candidates, named)
    data = open_data(spec, session, candidates, settings)
    check(data.task)
    about, results = data.dataset.description, session.results
    variants = _configs(names, about.kind, settings, data.task, data.facts)
    experiments = [
        (name, variants[name]) if name in variants else _experiment(name, about, results)
        for name in names
    ]

    def seed_of(seed: int) -> list[WantedRun]:
        return [WantedRun(*experiment, seed) for experiment in experiments]

    if len({one.folder(results, about).id for one in seed_of(0)}) < len(names):
        raise _repeated(names)

    def is_there(seed: int) -> bool:
        return len(_finished(seed_of(seed), about, results)) == len(names)

    trained: dict[WantedRun, Run | None] = {}

    def gather(wanted: Wanted) -> Gathered:
        seeds = wanted.seeds
        if seeds is None:
            seeds = wanted.looks[0]
            while seeds < wanted.looks[-1] and not session.fresh and is_there(seeds):
                seeds += 1
        paired = [one for seed in range(seeds) for one in seed_of(seed)]
        found = dict(trained) if session.fresh else _finished(paired, about, results)
        found |= train_missing(paired, found, data, session)
        trained.update(found)  # what is trained again is so once, however many looks there are
        members = [
            _member(name, [found[one] for one in paired[number :: len(names)]])
            for number, name in enumerate(names)
        ]
        runs = [run for run in found.values() if run is not None]
        return Gathered(members, runs, data.dataset)

    return gather


def recorded_members(
    names: Sequence[str],
    settings: Mapping[str, Any],
    spec: DataSpec,
    seeds: int | None,
    results: Path,
    task_name: str | None,
) -> Gathered:
    """Take the runs that are there, of all seeds or of 0 to ``seeds`` - 1; no data are read.

    Raises:
        VibError: a name stands for no run or for several experiments, or runs differ in their
            data.
    """
    there = listing(results)
    for problem in there.problems:
        complain(f"{problem} It is left out.")
    runs = _on(spec.dataset, there.runs)
    if not runs:
        raise VibError(
            f"There are no runs on '{spec.dataset}' in {results}. Leave out --no-train to train."
        )
    candidates = having(_variants(names), task_name)
    kind = runs[0].config.kind
    facts = Facts.of(runs[0].config.dataset, runs[0].data.notes)
    tasks = _trained_tasks(candidates, runs)
    configs = [_configs(names, kind, settings, task, facts) for task in tasks]
    members, taken = [], []
    for name in names:
        own = [
            run
            for run in runs
            if (seeds is None or run.seed < seeds) and _stands_for(name, run, configs)
        ]
        finished = [run for run in own if run.status != "running"]
        for run in own:
            if run.status == "running":
                note(f"{run.id} is not finished; it is left out.")
        if not finished:
            raise VibError(
                f"There is no finished run of '{name}' with these settings on '{spec.dataset}' in "
                f"{results}.{_nearest(name, runs, configs)} Leave out --no-train to train it."
            )
        members.append(_member(name, finished))
        taken += finished
    _check_experiments(names, taken)
    return Gathered(members, taken, None)


def _on(dataset: str, runs: Sequence[Run]) -> list[Run]:
    """The runs on a data set, by what was typed to get it, or by the name that results call it.

    Raises:
        VibError: results call another data set so, or several.
    """
    wanted = recorded(dataset)
    if typed := [run for run in runs if recorded(run.config.dataset) == wanted]:
        return typed
    called = [run for run in runs if run.data.name == dataset]
    addresses = sorted({run.config.dataset for run in called})
    if len(addresses) > 1 or (addresses and dataset in CATALOG):
        raise VibError(
            f"There are no runs on '{dataset}', but some on {', '.join(addresses)}, which results "
            f"call so too. Name the data as then: --dataset {addresses[0]}"
        )
    return called


def _trained_tasks(candidates: Sequence[Task], runs: Sequence[Run]) -> list[Task]:
    """Those of the tasks that some run is of; all where none is."""
    there = {task_of(run.config).name for run in runs}
    return [task for task in candidates if task.name in there] or list(candidates)


def _stands_for(name: str, run: Run, configs: Sequence[Mapping[str, RunConfig]]) -> bool:
    """Whether ``name``, a variant with one of the settings or an experiment, means this run."""
    if name in configs[0]:
        wanted = [config[name].settings for config in configs]
        return run.name == name and run.config.settings in wanted
    return name in (run.name, run.experiment)


def _nearest(name: str, runs: Sequence[Run], configs: Sequence[Mapping[str, RunConfig]]) -> str:
    """A sentence on the runs of this name whose settings differ least, if there are any."""
    differing = [
        different
        for run in runs
        for config in configs
        if run.name == name and run.status != "running" and name in config
        if (different := _differing(run.config, config[name]))
    ]
    if not differing:
        return ""
    nearest = min(differing, key=len)
    return f" The nearest that is there differs in {', '.join(map(flag_of, nearest))}."


def _differing(one: RunConfig, other: RunConfig) -> list[str]:
    a, b = one.settings, other.settings
    return [name for name in {**a, **b} if a.get(name) != b.get(name)]


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


def _variants(names: Sequence[str]) -> list[str]:
    known = all_variants()
    return [name for name in names if name in known]


def _configs(
    names: Sequence[str], kind: Kind, settings: Mapping[str, Any], task: Task, facts: Facts
) -> dict[str, RunConfig]:
    """The settings of those names that are variants.

    Raises:
        VibError: a setting has no effect on any of them.
    """
    variants = _variants(names)
    configs = {
        name: resolve(name, kind, meant_for(name, variants, settings), task, facts)
        for name in variants
    }
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
        known = {*all_variants(), *(run.name for run in runs)}
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
    wanted: Sequence[WantedRun], about: "Description", results: Path
) -> dict[WantedRun, Run | None]:
    """The runs that need no training; None for one whose record is damaged."""
    found: dict[WantedRun, Run | None] = {}
    for one in wanted:
        try:
            if (run := one.folder(results, about).finished()) is not None:
                found[one] = run
        except RunError as error:
            complain(f"{error} It is left out.")
            found[one] = None
    return found


def _member(name: str, runs: Sequence[Run | None]) -> Member:
    complete = {run.seed: run for run in runs if run is not None and run.status == "complete"}
    return Member(name, complete, len(runs) - len(complete))
