"""Metrics of a split, line by line."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.table import Table

from vibcli.reporting.tables.parts import plain_table

if TYPE_CHECKING:
    from vibcli.store.records import Metrics

METRICS = {
    "elbo_nats": ("ELBO", "{:.3f} nats"),
    "iwae_nats": ("importance-weighted bound", "{:.3f} nats"),
    "iw_samples": ("... with draws of z", "{:.0f}"),
    "accuracy": ("accuracy", "{:.2%}"),
    "nll_nats": ("NLL", "{:.4f} nats"),
    "ece": ("ECE (15 bins)", "{:.4f}"),
    "ece_adaptive": ("adaptive ECE (15 bins)", "{:.4f}"),
    "brier": ("Brier score", "{:.4f}"),
    "macro_f1": ("macro F1", "{:.4f}"),
    "auroc": ("AUROC", "{:.4f}"),
    "distortion_nats": ("distortion", "{:.4f} nats"),
    "distortion_at_mean_nats": ("distortion at the mean of z", "{:.4f} nats"),
    "squared_error": ("mean squared error there", "{:.5f}"),
    "perplexity": ("perplexity at most, per word", "{:.1f}"),
    "rate_nats": ("rate", "{:.3f} nats"),
    "rate_bits": ("rate", "{:.3f} bits"),
    "izy_lower_bound_nats": ("I(Z;Y) at least", "{:.4f} nats"),
    "active_units": ("active units", "{:.0f}"),
    "sample_energy": ("prior samples from data (0 to 1)", "{:.4f}"),
}


def metrics_table(columns: "Mapping[str, Metrics]") -> Table:
    """Metrics line by line, a column for each entry of ``columns``; what is None is left out."""
    table = plain_table("", *columns, numbers=list(columns))
    for key, (title, form) in METRICS.items():
        values = [metrics.get(key) for metrics in columns.values()]
        if any(value is not None for value in values):
            table.add_row(title, *("-" if v is None else form.format(v) for v in values))
    return table
