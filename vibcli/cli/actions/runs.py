"""What `vib runs` does."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from vibcli.cli.output import complain, note, print_json
from vibcli.cli.output import results as out
from vibcli.errors import VibError
from vibcli.files import portable
from vibcli.reporting.tables.runs import DIFFERS, chosen_table, runs_table
from vibcli.runs.session import Session
from vibcli.store.differing import differing
from vibcli.store.listing import summaries
from vibcli.store.query import condition, in_order
from vibcli.store.rundir import RunDir
from vibcli.store.summary import Summary
from vibcli.store.values import full_name, values_of
from vibcli.tasks.find import task_predicting, tasks
from vibcli.tasks.headline import headline_key


class RunsRequest(NamedTuple):
    """Which runs are listed, in which order, and what of them."""

    dataset: str | None = None
    where: Sequence[str] = ()
    sort: str | None = None
    columns: str | None = None


def runs(session: Session, wanted: RunsRequest, json: bool) -> None:
    """List the runs that are wanted."""
    results = session.results
    found = summaries(results)
    dataset = wanted.dataset
    kept = portable(Path(dataset)) if dataset and Path(dataset).exists() else dataset
    shown = [
        run._replace(status=RunDir(results, run.id).now(run.status))
        for run in found.runs
        if dataset is None or {dataset, kept} & {run.dataset, run.address}
    ]
    for problem in found.problems:
        complain(problem)
    names: dict[str, str] = {}
    values: dict[str, Mapping[str, Any]] = {}
    if wanted.where or wanted.sort or wanted.columns:
        values = {run.id: _values(run) for run in shown}
        shown, names = _asked(shown, values, wanted)
    if json:
        print_json([run.record | {"status": run.status} for run in shown])
    elif shown and names:
        own = [values[run.id] for run in shown]
        unlike = differing(shown) if DIFFERS in names.values() else {}
        out.print(chosen_table(shown, own, names, unlike, out.width, out.encoding))
    elif shown:
        out.print(runs_table(shown, out.width, out.encoding, differing(shown)))
    else:
        on = f" on {wanted.dataset}" if wanted.dataset else ""
        where = f" where {' and '.join(wanted.where)}" if wanted.where else ""
        hint = "" if found.runs and where else " Make one with: vib train"
        note(f"There are no runs{on}{where} in {results}.{hint}")


def _asked(
    runs: Sequence[Summary], values: Mapping[str, Mapping[str, Any]], wanted: RunsRequest
) -> tuple[list[Summary], dict[str, str]]:
    """The runs that the conditions hold of, in the order asked for, and the columns by title.

    Raises:
        VibError: a name is unknown or a condition is none.
    """
    measured = {f"test.selected.{metric}" for task in tasks() for metric in task.metrics}
    meant = partial(full_name, known={name for own in values.values() for name in own} | measured)
    conditions = [condition(text, meant) for text in wanted.where]
    keys = _list(wanted.sort)
    order = [meant(key.removeprefix("-")) for key in keys]
    names = {
        title: DIFFERS if title == DIFFERS else meant(title) for title in _list(wanted.columns)
    }
    kept = [run for run in runs if all(c.holds(values[run.id]) for c in conditions)]
    down = [key.startswith("-") for key in keys]
    return in_order(kept, lambda run: values[run.id], order, down), names


def _list(text: str | None) -> list[str]:
    if text is None:
        return []
    names = [name.strip() for name in text.split(",")]
    if not all(name.removeprefix("-") for name in names):
        raise VibError(f"'{text}' names no column at one place; write: name,name")
    return names


def _values(run: Summary) -> dict[str, Any]:
    """See `values_of`; ``test`` is the metric of the test part that the run is known by."""
    key = headline_key(task_predicting(run.predicts), run.tested)
    return {**values_of(run), "test": None if key is None else run.tested[key]}
