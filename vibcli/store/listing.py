"""Finding runs: all of them, some of them, one of them."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from vibcli.errors import RunError, unknown
from vibcli.store.rundir import RunDir
from vibcli.store.summary import Summary

if TYPE_CHECKING:
    from vibcli.store.records import Run

T = TypeVar("T", "Run", Summary)


class Listing(NamedTuple, Generic[T]):
    """The runs of a results folder, oldest first, and why others could not be read."""

    runs: list[T]
    problems: list[str]


def listing(results: Path, dataset: str = "*") -> "Listing[Run]":
    """Read the runs below ``results``; damaged records are reported, not raised.

    ``dataset`` is the name of a data set's folder.
    """
    return _listing(results, dataset, RunDir.read)


def summaries(results: Path) -> Listing[Summary]:
    """Like `listing`, but only what a list says of each run, which is read much faster."""
    return _listing(results, "*", RunDir.summary)


def _listing(results: Path, dataset: str, read: Callable[[RunDir], T]) -> Listing[T]:
    runs, problems = [], []
    for path in sorted(results.glob(f"{dataset}/*/seed-*/run.json")):
        try:
            runs.append(read(RunDir(results, path.parent.relative_to(results).as_posix())))
        except RunError as error:
            problems.append(str(error))
    return Listing(sorted(runs, key=lambda run: run.created), problems)


def named(results: Path, name: str) -> "list[Run]":
    """The runs of experiments that are called so, in the order of their ids.

    Raises:
        RunError: a record is damaged.
    """
    paths = sorted(results.glob(f"*/{name}-*/seed-*/run.json"))
    runs = [RunDir(results, p.parent.relative_to(results).as_posix()).read() for p in paths]
    return [run for run in runs if run.name == name]


def find_run(results: Path, reference: str) -> RunDir:
    """Find a run by path, id, experiment, name, or unique prefix of one of these; or ``latest``.

    A name or a path ``<name>/seed-<n>`` is preferred to prefixes: ``vib`` does not mean
    ``vib-adaptive``. ``latest`` is the complete run that was written last.

    Raises:
        RunError: no run or several fit.
    """
    path = Path(reference)
    path = path.parent if path.name == "run.json" else path
    if (path / "run.json").is_file():
        return _at(path)
    if reference == "latest":
        return _latest(results)
    ids = run_ids(results)
    fitting = [id for id in ids if reference in _names(id)] or [
        id for id in ids if any(name.startswith(reference) for name in _names(id))
    ]
    if len(fitting) == 1:
        return RunDir(results, fitting[0])
    if fitting:
        fitting.sort(key=_in_order)
        shown = "\n  ".join(fitting[:8])
        more = f"\n  and {len(fitting) - 8} more" if len(fitting) > 8 else ""
        raise RunError(
            f"'{reference}' fits {len(fitting)} runs; say which, for example {fitting[0]}:\n"
            f"  {shown}{more}"
        )
    raise RunError(f"{unknown('run', reference, ids)} List them with: vib runs")


def find_runs(results: Path, reference: str) -> list[RunDir]:
    """Find the run that is meant, see `find_run`, or all seeds of an experiment.

    An experiment is meant by its whole name or its path, never by the beginning of it.

    Raises:
        RunError: no run fits, or runs of several experiments do.
    """
    path = Path(reference)
    if not (path / "run.json").exists() and (seeds := sorted(path.glob("seed-*/run.json"))):
        return [_at(seed.parent) for seed in seeds]
    named = [id for id in run_ids(results) if reference in _names(id)]
    if len({id.rpartition("/")[0] for id in named}) == 1:
        return [RunDir(results, id) for id in sorted(named, key=_in_order)]
    return [find_run(results, reference)]


def run_ids(results: Path) -> list[str]:
    """The ids of all runs, which are not read."""
    return [p.parent.relative_to(results).as_posix() for p in results.glob("*/*/seed-*/run.json")]


def _at(path: Path) -> RunDir:
    """The run in this folder, wherever that is."""
    root = path.resolve().parent.parent.parent
    return RunDir(root, path.resolve().relative_to(root).as_posix())


def _in_order(id: str) -> tuple[str, int, str]:
    """By name, then by the number of the seed: 2 comes before 10."""
    experiment, _, seed = id.rpartition("/seed-")
    return experiment, len(seed), seed


def _names(id: str) -> tuple[str, ...]:
    """What stands for the run ``imdb/vib-1a2b3c4d/seed-0``, the data set named or not."""
    dataset, experiment, seed = id.split("/")
    name = experiment.rsplit("-", 1)[0]
    short = (f"{experiment}/{seed}", experiment, f"{name}/{seed}", name)
    return (id, *short, *(f"{dataset}/{one}" for one in short))


def _latest(results: Path) -> RunDir:
    """The complete run that was written last."""
    paths = list(results.glob("*/*/seed-*/run.json"))
    for path in sorted(paths, key=lambda p: p.stat().st_mtime, reverse=True):
        folder = RunDir(results, path.parent.relative_to(results).as_posix())
        with contextlib.suppress(RunError):  # damaged: it is not meant
            if folder.summary().status == "complete":
                return folder
    there = "is no complete run" if paths else "are no runs"
    raise RunError(f"There {there} in {results}. Make one with: vib train")
