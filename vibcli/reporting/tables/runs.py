"""A list of runs, a line each."""

from collections.abc import Sequence

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.text import Text

from vibcli.store.summary import Summary
from vibcli.tasks.find import task_predicting
from vibcli.tasks.headline import headline

TITLES = ("run", "status", "epochs", "test", "rate (nats)")
GAP = "  "


def runs_table(runs: Sequence[Summary], width: int, encoding: str = "utf-8") -> Text:
    """A line a run, ``width`` columns at most; a longer id is folded, never cut.

    It looks like the other tables, but Rich would take longer to lay out many rows than it takes
    to read the runs.
    """
    cells = [
        (
            run.id,
            run.status,
            f"{run.epochs}/{run.epochs_planned}",
            headline(task_predicting(run.predicts), run.tested).form,
            "-" if (rate := run.tested.get("rate_nats")) is None else f"{rate:.2f}",
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
    rule = ("─" if encoding.startswith("utf") else "-") * (widths[0] + others)
    return Text("\n").join([Text(lines[0], style="bold"), Text(rule), Text("\n".join(lines[1:]))])
