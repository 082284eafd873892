"""A comparison: accuracy, calibration, convergence, settings, verdict."""

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vibcli.reporting.tables.parts import complete_of, interval, number, plain_table, plus_minus
from vibcli.reporting.tables.settings import heading, settings_and_notes

if TYPE_CHECKING:
    from vibcli.comparison.compare import Comparison, Row


def comparison(result: "Comparison") -> RenderableType:
    """Accuracy, calibration and convergence, the settings that differ, and the verdict."""
    from vibcli.comparison.verdict import verdict

    parts: list[RenderableType] = [heading(result), Text(), _accuracy(result)]
    if any(row.chance for row in result.rows):
        parts += [Text(), _chance(result)]
    parts += [Text(), _calibration(result), Text(), _convergence(result)]
    if len(result.rows) > 1:
        parts += [Text(), _convergence_differences(result)]
    parts += [Text(), Text(_explained(result), style="dim")]
    parts += settings_and_notes(result)
    parts += [Text()] + [Text(line, style="bold") for line in verdict(result)]
    return Group(*parts)


def _accuracy(result: "Comparison") -> Table:
    columns = ("seeds", "test accuracy %", "sd", "difference %", "p (Holm)")
    table = plain_table("", *columns, numbers=columns)
    for row in result.rows:
        found = row.findings["accuracy"]
        table.add_row(
            Text(row.name),
            complete_of(len(row.seeds), row.broken),
            plus_minus(found.value, 100, 2),
            number(None if found.value.sd is None else 100 * found.value.sd, "{:.2f}"),
            interval(found.difference, 100, 2),
            number(found.p_holm, "{:.2g}"),
        )
    return table


def _chance(result: "Comparison") -> Table:
    """The same differences in accuracy, and what other test rows would change about them."""
    columns = ("seeds", "other test rows", "other test rows and seeds", "better in")
    table = plain_table("bootstrap", *columns, numbers=columns)
    for row in result.rows[1:]:
        improvement = row.findings["accuracy"].improvement
        chance = row.chance
        ends = (None, None) if chance is None else (chance.examples, chance.both)
        table.add_row(
            Text(row.name),
            f"{len(row.discordance)}",
            *("-" if e is None else f"[{100 * e.low:+.2f}, {100 * e.high:+.2f}]" for e in ends),
            "-" if improvement is None else f"{improvement.probability:.0%}",
        )
    return table


def _calibration(result: "Comparison") -> Table:
    columns = ("NLL", "difference", "Brier", "ECE", "adaptive", "rate")
    forms = {"brier": "{:.3f}", "ece": "{:.3f}", "ece_adaptive": "{:.3f}", "rate_nats": "{:.1f}"}
    table = plain_table("", *columns, numbers=columns)
    for row in result.rows:
        found = row.findings
        table.add_row(
            Text(row.name),
            _mean(row, "nll_nats", "{:.3f}"),
            interval(found["nll_nats"].difference if "nll_nats" in found else None, 1, 3),
            *(_mean(row, key, form) for key, form in forms.items()),
        )
    return table


def _convergence(result: "Comparison") -> Table:
    columns = ("reached", "epochs", "seconds", "best epoch", "area %")
    table = plain_table("", *columns, numbers=columns)
    for row in result.rows:
        found = row.findings
        table.add_row(
            Text(row.name),
            f"{row.reached} of {len(row.seeds)}",
            plus_minus(found["epochs_to_target"].value, 1, 1),
            plus_minus(found["seconds_to_target"].value, 1, 1),
            plus_minus(found["best_epoch"].value, 1, 1),
            plus_minus(found["area"].value, 100, 2),
        )
    return table


def _convergence_differences(result: "Comparison") -> Table:
    columns = ("epochs", "best epoch", "area %")
    table = plain_table("difference", *columns, numbers=columns)
    for row in result.rows[1:]:
        found = row.findings
        table.add_row(
            Text(row.name),
            interval(found["epochs_to_target"].difference, 1, 1),
            interval(found["best_epoch"].difference, 1, 1),
            interval(found["area"].difference, 100, 2),
        )
    return table


def _mean(row: "Row", key: str, form: str) -> str:
    return number(row.findings[key].value.mean if key in row.findings else None, form)


def _explained(result: "Comparison") -> str:
    sources = (
        "Bootstrap: 95% intervals of the same difference, were there other test rows, or other "
        "test rows and other seeds (too narrow for few seeds: about 84% at 5, 90% at 10); better "
        "in: share of the seeds, ties count half. "
    )
    return (
        f"p: exact sign-flip test over seeds, after Holm's correction for {result.tests} tests "
        "(accuracy, NLL, Brier, ECE, epochs, area). "
        f"{sources if any(row.chance for row in result.rows) else ''}"
        "NLL and rate in nats. Epochs until validation accuracy reaches "
        f"{result.target:.2%} ({result.target_reason}): restricted mean, a run that never does "
        f"counts as {result.horizon.epochs}; seconds likewise, up to {result.horizon.seconds:.3g}. "
        "Best epoch: of validation accuracy; area: its mean over "
        f"{result.horizon.epochs} epochs. Not shown: standard deviations, intervals and p "
        "values of all quantities, McNemar's test for each seed; --json has them."
    )
