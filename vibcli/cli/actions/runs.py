"""What `vib runs` does."""

from pathlib import Path

from vibcli.cli.output import complain, note, print_json
from vibcli.cli.output import results as out
from vibcli.files import portable
from vibcli.reporting.tables.runs import runs_table
from vibcli.runs.session import Session
from vibcli.store.listing import summaries
from vibcli.store.rundir import RunDir
from vibcli.store.summary import Summary


def runs(session: Session, dataset: str | None, json: bool) -> None:
    """List the runs, those on ``dataset`` only if it is named."""
    results = session.results
    found = summaries(results)
    kept = portable(Path(dataset)) if dataset and Path(dataset).exists() else dataset
    shown = [
        run._replace(status=_status(run, results))
        for run in found.runs
        if dataset is None or {dataset, kept} & {run.dataset, run.address}
    ]
    for problem in found.problems:
        complain(problem)
    if json:
        print_json([run.record | {"status": run.status} for run in shown])
    elif shown:
        out.print(runs_table(shown, out.width, out.encoding))
    else:
        on = f" on {dataset}" if dataset else ""
        note(f"There are no runs{on} in {results}. Make one with: vib train")


def _status(run: Summary, results: Path) -> str:
    if run.status == "running" and not RunDir(results, run.id).is_locked():
        return "interrupted"
    return run.status
