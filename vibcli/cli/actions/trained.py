"""Members of a comparison whose runs are trained where they are missing."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from vibcli.cli.actions.members import (
    Gathered,
    configs_of,
    member_of,
    repeated,
    trained_tasks,
    variants_among,
)
from vibcli.cli.output import complain
from vibcli.config.data import DataSpec
from vibcli.config.record import RunConfig
from vibcli.errors import RunError, VibError, unknown
from vibcli.runs.session import Session
from vibcli.runs.wanted import WantedRun
from vibcli.store.listing import listing
from vibcli.store.records import Run
from vibcli.tasks.find import all_variants, having
from vibcli.tasks.task import Task

if TYPE_CHECKING:
    from vibcli.data.dataset import Description


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

    candidates = having(variants_among(names), task_name)
    if task_name is None and (others := set(names) - set(variants_among(names))):
        named = [run for run in listing(session.results).runs if run.name in others]
        candidates = trained_tasks(candidates, named)
    data = open_data(spec, session, candidates, settings)
    check(data.task)
    about, results = data.dataset.description, session.results
    variants = configs_of(names, about.kind, settings, data.task, data.facts)
    experiments = [
        (name, variants[name]) if name in variants else _experiment(name, about, results)
        for name in names
    ]

    def seed_of(seed: int) -> list[WantedRun]:
        return [WantedRun(*experiment, seed) for experiment in experiments]

    if len({one.folder(results, about).id for one in seed_of(0)}) < len(names):
        raise repeated(names)

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
            member_of(name, [found[one] for one in paired[number :: len(names)]])
            for number, name in enumerate(names)
        ]
        runs = [run for run in found.values() if run is not None]
        return Gathered(members, runs, data.dataset)

    return gather


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
