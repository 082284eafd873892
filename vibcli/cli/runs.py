"""`vib runs`"""

from pathlib import Path
from typing import Annotated

import typer

from vibcli.cli import options
from vibcli.cli.output import complain, note, print_json
from vibcli.cli.output import results as out
from vibcli.records import Run


def runs(
    *,
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", help="Runs on this data set only.", show_default=False),
    ] = None,
    json: options.Json = False,
    results: options.Results = Path("results"),
) -> None:
    """List the runs: status, epochs, test accuracy, rate."""
    from vibcli.runs import RunDir, listing
    from vibcli.tables import runs_table

    found = listing(results)

    def status(run: Run) -> str:
        if run.status == "running" and not RunDir(results, run.id).is_locked():
            return "interrupted"
        return run.status

    rows = [
        (run, status(run))
        for run in found.runs
        if dataset in (None, run.data.name, run.config.dataset)
    ]
    for problem in found.problems:
        complain(problem)
    if json:
        print_json([run.model_dump(mode="json") | {"status": status} for run, status in rows])
    elif rows:
        out.print(runs_table(rows))
    else:
        on = f" on {dataset}" if dataset else ""
        note(f"There are no runs{on} in {results}. Make one with: vib train")
