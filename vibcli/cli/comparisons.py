"""How comparisons are kept and printed, whatever is compared."""

import csv
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vibcli.cli.output import finite
from vibcli.files import write_text

if TYPE_CHECKING:
    from vibcli.cli.short_names import ShortNames
    from vibcli.comparison.findings import Member

FORMS = ("table", "json", "csv")


def write(
    content: Mapping[str, Any],
    members: "Sequence[Member]",
    what: object,
    folder: Path,
    names: "ShortNames",
) -> Path:
    """Write a comparison; the same runs compared by the same ``what`` give the same name."""
    made = [(run.id, run.created) for member in members for run in member.runs.values()]
    digest = hashlib.sha256(repr((made, what)).encode()).hexdigest()[:8]
    shown = ".".join(["+".join(names.origins), "-".join(names.short.values())]).lstrip(".")
    path = folder / "comparisons" / f"{shown[:80]}-{digest}.json"
    write_text(path, json.dumps(finite(content), indent=1, ensure_ascii=False) + "\n")
    return path


def content(result: Any, verdict: Sequence[str], members: "Sequence[Member]") -> dict[str, Any]:
    """A comparison and the runs it rests on, as plain values."""
    runs = [run for member in members for run in member.runs.values()]
    made = {"runs": [run.id for run in runs], "created": [run.created for run in runs]}
    return {**_plain(result), "verdict": verdict, **made}


def print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print lines that share their columns."""
    writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _plain(value: Any) -> Any:
    """Named tuples as dictionaries, all the way down."""
    if hasattr(value, "_asdict"):
        return {key: _plain(item) for key, item in value._asdict().items()}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
