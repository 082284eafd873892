"""`vib runs`"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import cell_len, chop_cells, set_cell_size
from rich.text import Text

from vibcli.cli.options import shared as options
from vibcli.cli.output import complain, note, print_json
from vibcli.cli.output import results as out
from vibcli.store.runs import RunDir, Summary, summaries

TITLES = ("run", "status", "epochs", "test", "rate (nats)")
GAP = "  "


def runs(
    *,
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", help="Runs on this data set only.", show_default=False),
    ] = None,
    json: options.Json = False,
    results: options.Results = Path("results"),
) -> None:
    """List the runs: status, epochs, test accuracy or ELBO, rate."""
    found = summaries(results)
    shown = [
        run._replace(status=_status(run, results))
        for run in found.runs
        if dataset in (None, run.dataset, run.address)
    ]
    for problem in found.problems:
        complain(problem)
    if json:
        print_json([run.record | {"status": run.status} for run in shown])
    elif shown:
        out.print(runs_table(shown, out.width))
    else:
        on = f" on {dataset}" if dataset else ""
        note(f"There are no runs{on} in {results}. Make one with: vib train")


def _status(run: Summary, results: Path) -> str:
    if run.status == "running" and not RunDir(results, run.id).is_locked():
        return "interrupted"
    return run.status


def runs_table(runs: Sequence[Summary], width: int) -> Text:
    """A line a run, ``width`` columns at most; a longer id is folded, never cut.

    It looks like the other tables, but Rich would take longer to lay out many rows than it takes
    to read the runs.
    """
    cells = [
        (
            run.id,
            run.status,
            f"{run.epochs}/{run.epochs_planned}",
            run.tested,
            "-" if run.rate_nats is None else f"{run.rate_nats:.2f}",
        )
        for run in runs
    ]
    widths = [max(map(cell_len, column)) for column in zip(TITLES, *cells, strict=True)]
    others = sum(widths[1:]) + len(GAP) * len(widths[1:])
    widths[0] = min(widths[0], max(width - others, cell_len(TITLES[0])))
    lines = []
    for name, status, *numbers in (TITLES, *cells):
        first, *folded = chop_cells(name, widths[0])
        left = set_cell_size(first, widths[0]), status.ljust(widths[1])
        lines += [GAP.join((*left, *map(str.rjust, numbers, widths[2:]))), *folded]
    rule = ("─" if out.encoding.startswith("utf") else "-") * (widths[0] + others)
    return Text("\n").join([Text(lines[0], style="bold"), Text(rule), Text("\n".join(lines[1:]))])
