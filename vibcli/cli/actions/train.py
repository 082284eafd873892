"""What `vib train` does."""

import shlex
from collections.abc import Sequence
from typing import Any

from vibcli.cli.outcomes import fail_if_broken, held_rate
from vibcli.cli.output import note, print_json
from vibcli.cli.output import results as out
from vibcli.cli.retyped import options, places
from vibcli.cli.running import finished, open_data, train_missing
from vibcli.config.data import Facts
from vibcli.config.record import validate
from vibcli.errors import VibError
from vibcli.reporting.tables.metrics import metrics_table
from vibcli.reporting.tables.runs import runs_table
from vibcli.runs.session import Session
from vibcli.runs.wanted import WantedRun
from vibcli.store.records import Run
from vibcli.store.summary import Summary
from vibcli.tasks.find import having, task_of
from vibcli.tasks.resolve import check_name, resolve, without_effect


def train(
    settings: dict[str, Any],
    session: Session,
    variant: str,
    name: str | None,
    task_name: str | None,
    seeds: Sequence[int],
    json: bool,
) -> None:
    """Train what is missing of the seeds, and show what came of all."""
    experiment = variant if name is None else check_name(name)
    candidates = having([variant], task_name)
    data = open_data(validate(settings), session, candidates, settings)
    dataset, task = data.dataset, data.task
    config = resolve(variant, dataset.description.kind, settings, task, data.facts)
    if useless := without_effect(settings, [config]):
        raise VibError(f"{', '.join(useless)} has no effect on '{variant}' with these settings.")
    wanted = [WantedRun(experiment, config, seed) for seed in seeds]
    found = finished(wanted, dataset, session)
    if found:
        note(f"{len(found)} of {len(wanted)} runs were trained before; --fresh trains them again.")
    found |= train_missing(wanted, found, data, session, said="")
    runs = [found[one] for one in wanted]
    if json:
        print_json([run.model_dump(mode="json") for run in runs])
    else:
        _show(runs, session, settings, task_name)
    fail_if_broken(runs)


def _show(
    runs: Sequence[Run], session: Session, settings: dict[str, Any], task_name: str | None
) -> None:
    complete = [run for run in runs if run.test is not None]
    if len(runs) > 1:
        rows = [Summary.of(run.model_dump(mode="json")) for run in runs]
        out.print(runs_table(rows, out.width, out.encoding))
    elif complete:
        run = complete[0]
        assert run.test is not None
        assert run.selected is not None
        columns = {f"test, epoch {run.selected.epoch}": run.test.selected}
        if run.selected.epoch != run.epochs[-1].epoch:
            columns[f"test, last epoch {run.epochs[-1].epoch}"] = run.test.last
        out.print(f"{run.id}: epoch {run.selected.epoch}, {run.selected.criterion}", style="bold")
        out.print(metrics_table(task_of(run.config), columns))
        if (held := held_rate(run)) is not None:
            out.print(held.words, highlight=False)
    if not complete:
        return
    run = complete[-1]
    out.print()
    out.print(f"Saved in {session.results / run.id}", soft_wrap=True, markup=False)
    out.print(f"Next: {_next(run, session, settings, task_name)}", soft_wrap=True, markup=False)


def _next(run: Run, session: Session, settings: dict[str, Any], task_name: str | None) -> str:
    """A comparison that makes use of the run: the same settings over several seeds."""
    task = task_of(run.config)
    reference, other = task.pair
    words = ["vib", "compare", reference, other if run.name == reference else run.name]
    words += places(session)
    if task_name is not None:  # without it the label might be read otherwise
        words += ["--task", task_name]
    facts = Facts.of(run.config.dataset, run.data.notes)
    plain = resolve(reference, run.config.kind, settings, task, facts)
    # a named experiment keeps its own settings
    kept = {k: v for k, v in settings.items() if run.name in task.variants or plain.has_effect(k)}
    return shlex.join([*words, *options(kept)])
