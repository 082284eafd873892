"""What `vib predict` does."""

import sys
from pathlib import Path

import pyarrow as pa

from vibcli.cli.output import note, notes
from vibcli.config.data import Missing
from vibcli.errors import VibError, unknown
from vibcli.reporting.exports import FORMATS, write_delimited, write_predicted
from vibcli.runs.rows import new_rows
from vibcli.runs.saved_model import load_model
from vibcli.runs.session import Session
from vibcli.store.listing import find_run


def predict(
    session: Session,
    run: str,
    file: Path,
    output: Path | None,
    samples: int,
    seed: int,
    missing: Missing | None,
) -> None:
    """Add what a model says of new rows to their columns."""
    if output is not None and output.suffix.lower() not in FORMATS:
        raise VibError(unknown("format", output.suffix or str(output), FORMATS))
    device = session.machine.start()
    saved = load_model(find_run(session.results, run), device)
    with notes.status("Predicting"):
        rows = new_rows(saved, file, missing)
        for line in rows.notes:
            note(line)
        classes = saved.run.data.classes
        added = saved.task.work.predict(
            saved.learner, rows.x, device, samples, seed, classes=classes
        )
    kept = [n for n in rows.table.column_names if n != "image" or saved.run.data.kind != "image"]
    table = rows.table.select([name for name in kept if name not in added])
    for name, values in added.items():
        table = table.append_column(name, pa.array(values))
    if output is None:
        write_delimited(table, sys.stdout, ",")
        return
    write_predicted(table, output)
    note(f"{len(table)} predictions in {output}")
