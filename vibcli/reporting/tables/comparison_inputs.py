"""A comparison of autoencoders: bounds, reconstruction, samples, settings, verdict."""

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vibcli.reporting.tables.parts import complete_of, interval, number, plain_table, plus_minus
from vibcli.reporting.tables.settings import heading, settings_and_notes

if TYPE_CHECKING:
    from vibcli.comparison.compare_inputs import InputComparison, Row


def comparison_inputs(result: "InputComparison") -> RenderableType:
    """Bounds and rate, then each quantity that is tested with its difference, then the verdict."""
    from vibcli.comparison.verdict_inputs import verdict

    parts: list[RenderableType] = [heading(result), Text(), _bounds(result)]
    for key, title, digits in (
        ("distortion_at_mean_nats", "reconstruction (nats)", 2),
        ("sample_energy", "samples from data", 4),
        ("elbo_nats", "ELBO (nats)", 2),
        ("iwae_nats", "weighted bound (nats)", 2),
        ("perplexity", "perplexity", 1),
    ):
        if any(key in row.findings and row.findings[key].difference for row in result.rows):
            parts += [Text(), _differences(result, key, title, digits)]
    parts += [Text(), Text(_explained(result), style="dim"), *settings_and_notes(result)]
    parts += [Text()] + [Text(line, style="bold") for line in verdict(result)]
    return Group(*parts)


def _bounds(result: "InputComparison") -> Table:
    columns = ("seeds", "ELBO (nats)", "weighted bound", "rate (nats)", "active units")
    table = plain_table("", *columns, numbers=columns)
    for row in result.rows:
        table.add_row(
            Text(row.name),
            complete_of(len(row.seeds), row.broken),
            _estimate(row, "elbo_nats", 2),
            _estimate(row, "iwae_nats", 2),
            _estimate(row, "rate_nats", 2),
            _estimate(row, "active_units", 1),
        )
    return table


def _differences(result: "InputComparison", key: str, title: str, digits: int) -> Table:
    columns = (title, "difference", "p (Holm)")
    table = plain_table("", *columns, numbers=columns)
    for row in result.rows:
        finding = row.findings.get(key)
        table.add_row(
            Text(row.name),
            _estimate(row, key, digits),
            interval(finding.difference if finding else None, 1, digits),
            number(finding.p_holm if finding else None, "{:.2g}"),
        )
    return table


def _estimate(row: "Row", key: str, digits: int) -> str:
    return plus_minus(row.findings[key].value if key in row.findings else None, 1, digits)


def _explained(result: "InputComparison") -> str:
    bound = (
        f"Weighted bound: importance-weighted, {result.iw_samples} draws of z; more raise it. "
        if result.iw_samples
        else ""
    )
    return (
        f"p: exact sign-flip test over seeds, after Holm's correction for {result.tests} tests "
        "(ELBO, weighted bound, reconstruction, samples). All per example of the test part. "
        f"{bound}Reconstruction: -log p(x|z) at the mean of z, lower is better. Samples from data: "
        "energy coefficient of decoded draws from N(0, I) and test rows, 0 where they are draws of "
        "one distribution, 1 at most. An ELBO needs a rate: without one there is none. --json has "
        "more: squared error, best epoch, seconds, every interval."
    )
