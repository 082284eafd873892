"""What tests of regressions through the command line share."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from samples import picture, write
from small import PRICES, Vib, write_prices

BASE = PRICES[:-2]  # for variants without a latent
QUICK = ("--seeds", 2, "--jobs", 1, "--threads", 1)
METRICS = {
    *("rmse", "mae", "r2", "nll_nats", "crps", "coverage_90"),
    *("distortion_nats", "rate_nats", "rate_bits", "rows"),
}
ADDED = ["prediction", "deviation", "low_90", "high_90", "rate_nats"]


def trained(vib: Vib, *arguments: object, code: int = 0) -> dict[str, Any]:
    """The record of the one run."""
    (run,) = json.loads(vib("train", *arguments, "--json", code=code).stdout)
    return dict(run)


def shown_json(vib: Vib, *arguments: object) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(vib(*arguments, "--json").stdout)
    return content


def records(results: Path) -> dict[str, dict[str, Any]]:
    runs = (json.loads(path.read_text()) for path in results.glob("*/*/*/run.json"))
    return {run["id"]: run for run in runs}


def one(results: Path, beginning: str) -> str:
    """The id of the first run that begins so."""
    return min(id for id in records(results) if id.startswith(beginning))


def numbers(run: dict[str, Any]) -> dict[str, Any]:
    """All of the record but what the clock says."""
    content = {k: v for k, v in run.items() if k not in ("created", "timings")}
    content["epochs"] = [{k: v for k, v in e.items() if k != "seconds"} for e in run["epochs"]]
    return content


def plain(number: str) -> float:
    """A number as people see it: 51,679."""
    return float(number.replace(",", ""))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def one_line(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


def new_rows(path: Path, keep: slice = slice(1, 6), label: bool = False) -> Path:
    """Rows of the houses as a file of their own, with or without what they cost."""
    lines = write_prices(path).read_text(encoding="utf-8").splitlines()
    chosen = [lines[0], *lines[keep]]
    path.write_text(
        "\n".join(line if label else line.rpartition(",")[0] for line in chosen) + "\n",
        encoding="utf-8",
    )
    return path


def pictures(path: Path, rows: int = 50) -> Path:
    """Pictures of noise, with a number for each."""
    columns = {"image": [picture(i) for i in range(rows)], "age": [20 + i / 2 for i in range(rows)]}
    return write(path, columns)
