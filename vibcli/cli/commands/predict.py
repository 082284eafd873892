"""`vib predict`"""

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from vibcli.cli.options import shared as options
from vibcli.cli.output import finite, note, notes
from vibcli.errors import VibError, unknown
from vibcli.files import write_atomically

if TYPE_CHECKING:
    import pyarrow as pa
    import torch

    from vibcli.data.dataset import Array
    from vibcli.runs.saved import SavedModel

FORMATS = (".csv", ".tsv", ".jsonl", ".parquet")


def predict(
    *,
    run: Annotated[
        str, typer.Argument(help="A run: path, id, unique prefix, or 'latest'.", metavar="RUN")
    ],
    file: Annotated[
        Path,
        typer.Argument(
            help="New raw rows: a table, an image, or a folder of images.", metavar="FILE"
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            show_default=False,
            help=f"Write here ({', '.join(FORMATS)}) instead of CSV to the terminal.",
        ),
    ] = None,
    samples: Annotated[
        int,
        typer.Option(
            "--samples",
            min=0,
            help="0 predicts from the mean of z; n averages the probabilities of n draws. For an "
            "autoencoder's bounds 0 takes as many draws as its test did.",
        ),
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the draws.")] = 0,
    results: options.Results = Path("results"),
    device: options.Device = "auto",
    threads: options.Threads = None,
) -> None:
    """Predict new rows: class, probabilities, rate; of an autoencoder its bounds on log p(x).

    The rows keep their order and their columns. A high rate says that the model used many
    nats to tell this row from the prior. An autoencoder adds distortion, rate, ELBO and the
    importance-weighted bound on log p(x): rows unlike those it was trained on stand out by a low
    one.

    [bold]vib predict latest new.csv --output predictions.csv[/bold]
    """
    if output is not None and output.suffix.lower() not in FORMATS:
        raise VibError(unknown("format", output.suffix or str(output), FORMATS))
    import pyarrow as pa

    from vibcli.device import Machine
    from vibcli.runs.rows import new_rows
    from vibcli.runs.saved import load_model
    from vibcli.store.runs import find

    target = Machine(device, threads).start()
    saved = load_model(find(results, run), target)
    with notes.status("Predicting"):
        rows = new_rows(saved, file)
        added = _added(saved, rows.x, target, samples, seed)
    kept = [n for n in rows.table.column_names if n != "image" or saved.run.data.kind != "image"]
    table = rows.table.select([name for name in kept if name not in added])
    for name, values in added.items():
        table = table.append_column(name, pa.array(values))
    if output is None:
        _write_delimited(table, sys.stdout, ",")
        return
    write_atomically(output, lambda path: _write(table, path))
    note(f"{len(table)} predictions in {output}")


def _added(
    saved: "SavedModel", x: "Array", device: "torch.device", samples: int, seed: int
) -> "dict[str, Array]":
    """The columns that a model adds to rows."""
    import numpy as np
    import torch

    from vibcli.evaluation import elbo, evaluate
    from vibcli.runs.saved import prediction_columns

    rows, classes = torch.from_numpy(x), saved.run.data.classes
    if saved.run.config.predicts == "input":
        bounds = elbo.bounds(saved.model, rows, device, samples or None, seed)
        return prediction_columns(bounds, classes)
    found = evaluate.predict(saved.model, rows, device, samples, seed)
    likeliest = found.log_probabilities.argmax(1)
    return {
        "prediction": np.asarray(classes, dtype=object)[likeliest],
        **prediction_columns(found, classes),
    }


def _write(table: "pa.Table", path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        from pyarrow import parquet

        parquet.write_table(table, path)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        if suffix == ".jsonl":
            for row in table.to_pylist():
                file.write(json.dumps(finite(row), ensure_ascii=False, default=str) + "\n")
        else:
            _write_delimited(table, file, {".csv": ",", ".tsv": "\t"}[suffix])


def _write_delimited(table: "pa.Table", file: TextIO, delimiter: str) -> None:
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
