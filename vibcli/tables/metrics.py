"""Metrics of a split, line by line."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.table import Table

from vibcli.tables.parts import plain_table

if TYPE_CHECKING:
    from vibcli.records import Metrics

METRICS = {
    "accuracy": ("accuracy", "{:.2%}"),
    "nll_nats": ("NLL", "{:.4f} nats"),
    "ece": ("ECE (15 bins)", "{:.4f}"),
    "ece_adaptive": ("adaptive ECE (15 bins)", "{:.4f}"),
    "brier": ("Brier score", "{:.4f}"),
    "macro_f1": ("macro F1", "{:.4f}"),
    "auroc": ("AUROC", "{:.4f}"),
    "distortion_nats": ("distortion", "{:.4f} nats"),
    "rate_nats": ("rate", "{:.3f} nats"),
    "rate_bits": ("rate", "{:.3f} bits"),
    "izy_lower_bound_nats": ("I(Z;Y) at least", "{:.4f} nats"),
}


def metrics_table(columns: "Mapping[str, Metrics]") -> Table:
    """Metrics line by line, a column for each entry of ``columns``; what is None is left out."""
    table = plain_table("", *columns, numbers=list(columns))
    for key, (title, form) in METRICS.items():
        values = [metrics.get(key) for metrics in columns.values()]
        if any(value is not None for value in values):
            table.add_row(title, *("-" if v is None else form.format(v) for v in values))
    return table
