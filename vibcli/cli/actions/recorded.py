"""Members of a comparison whose runs are there: no data are read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vibcli.cli.actions.members import (
    Gathered,
    configs_of,
    member_of,
    repeated,
    trained_tasks,
    variants_among,
)
from vibcli.cli.output import complain, note
from vibcli.config.data import DataSpec, Facts
from vibcli.config.record import RunConfig, flag_of
from vibcli.data.address import recorded
from vibcli.data.catalog import CATALOG
from vibcli.errors import VibError
from vibcli.store.listing import listing
from vibcli.store.records import Run
from vibcli.tasks.find import having


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
    candidates = having(variants_among(names), task_name)
    kind = runs[0].config.kind
    facts = Facts.of(runs[0].config.dataset, runs[0].data.notes)
    tasks = trained_tasks(candidates, runs)
    configs = [configs_of(names, kind, settings, task, facts) for task in tasks]
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
        members.append(member_of(name, finished))
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
        raise repeated(names)
