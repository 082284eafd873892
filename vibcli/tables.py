"""What people read: records -> Rich tables that fit into 80 columns."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from vibcli.config import flag_of

if TYPE_CHECKING:
    from vibcli.compare import Comparison, Row
    from vibcli.interpolation import Step
    from vibcli.records import Metrics
    from vibcli.statistics import Estimate

EXCERPT = 200  # characters of a text

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


def plain_table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """A table with a line under its header; columns in ``numbers`` are aligned to the right.

    Where it is too wide for the terminal its cells are folded, never cut.
    """
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        justify: JustifyMethod = "right" if name in numbers else "left"
        table.add_column(Text(name), justify=justify, overflow="fold")
    return table


def metrics_table(columns: "Mapping[str, Metrics]") -> Table:
    """Metrics line by line, a column for each entry of ``columns``; what is None is left out."""
    table = plain_table("", *columns, numbers=list(columns))
    for key, (title, form) in METRICS.items():
        values = [metrics.get(key) for metrics in columns.values()]
        if any(value is not None for value in values):
            table.add_row(title, *("-" if v is None else form.format(v) for v in values))
    return table


def comparison(result: "Comparison") -> RenderableType:
    """Accuracy, calibration and convergence, the settings that differ, and the verdict."""
    from vibcli.verdict import verdict

    heading = Text(
        f"{result.dataset}: means over seeds, ± 95% interval; differences to "
        f"{result.rows[0].name}, paired by seed",
        style="bold",
    )
    parts: list[RenderableType] = [heading, Text(), _accuracy(result)]
    if any(row.chance for row in result.rows):
        parts += [Text(), _chance(result)]
    parts += [Text(), _calibration(result), Text(), _convergence(result)]
    if len(result.rows) > 1:
        parts += [Text(), _convergence_differences(result)]
    parts += [Text(), Text(_explained(result), style="dim")]
    if result.differing:
        parts += [Text(), _differences(result)]
    shown = ", ".join(f"{_title(key)} {_plain(value)}" for key, value in result.constant.items())
    parts += [Text(), Text(f"Same for all: {shown}", style="dim")]
    parts += [Text(f"Note: {note}", style="dim") for note in result.notes]
    parts += [Text()] + [Text(line, style="bold") for line in verdict(result)]
    return Group(*parts)


def _accuracy(result: "Comparison") -> Table:
    columns = ("seeds", "test accuracy %", "sd", "difference %", "p (Holm)")
    table = plain_table("", *columns, numbers=columns)
    for row in result.rows:
        found = row.findings["accuracy"]
        table.add_row(
            Text(row.name),
            f"{len(row.seeds)}" + (f" ({row.broken} lost)" if row.broken else ""),
            plus_minus(found.value, 100, 2),
            number(None if found.value.sd is None else 100 * found.value.sd, "{:.2f}"),
            interval(found.difference, 100, 2),
            number(found.p_holm, "{:.2g}"),
        )
    return table


def _chance(result: "Comparison") -> Table:
    """The same differences in accuracy, and what other test rows would change about them."""
    columns = ("other test rows", "other test rows and seeds", "better in")
    table = plain_table("bootstrap", *columns, numbers=columns)
    for row in result.rows[1:]:
        improvement = row.findings["accuracy"].improvement
        chance = row.chance
        ends = (None, None) if chance is None else (chance.examples, chance.both)
        table.add_row(
            Text(row.name),
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
        "in: share of the seeds. "
    )
    return (
        f"p: exact sign-flip test over seeds, after Holm's correction for {result.tests} tests "
        "(accuracy, NLL, Brier, ECE, epochs, area). "
        f"{sources if any(row.chance for row in result.rows) else ''}"
        "NLL and rate in nats. Epochs until validation accuracy reaches "
        f"{result.target:.2%} ({result.target_reason}): restricted mean, a run that never does "
        f"counts as {result.horizon}; seconds are those of these epochs. Best epoch: of validation "
        "accuracy; area: its mean over the epochs. Not shown: standard deviations, intervals and p "
        "values of all quantities, McNemar's test for each seed; --json has them."
    )


def _differences(result: "Comparison") -> Table:
    """A line for each experiment, because settings may be many; what does not apply is left out."""
    table = plain_table("", "settings that differ")
    for row in result.rows:
        values = {key: values[row.name] for key, values in result.differing.items()}
        shown = [f"{_title(key)} {_plain(v)}" for key, v in values.items() if v is not None]
        table.add_row(Text(row.name), Text(", ".join(shown)))
    return table


def walk(
    path: "Sequence[Step]", texts: Sequence[str | None], classes: Sequence[str]
) -> RenderableType:
    """A line a step, of many classes the two most probable; below, how the texts begin."""
    columns = ("position", "|z|", "log p(z)", "entropy")
    table = plain_table(*columns, "probabilities", "nearest in training", numbers=columns)
    for column in table.columns[:4]:
        column.no_wrap = True
    met: dict[str, str] = {}
    for step, text in zip(path, texts, strict=True):
        likeliest = sorted(zip(step.probabilities, classes, strict=True), reverse=True)[:2]
        nearest = f"{step.nearest.label} #{step.nearest.row}"
        table.add_row(
            f"{step.position:.3f}",
            f"{step.norm:.2f}",
            f"{step.log_prior_nats:.1f}",
            f"{step.entropy_nats:.3f}",
            Text(", ".join(f"{name}: {p:.2f}" for p, name in likeliest)),
            Text(nearest),
        )
        if text is not None:
            met[nearest] = " ".join(text.split())
    excerpts = [
        Text.assemble((f"{nearest}: ", "bold"), text[:EXCERPT] + ("…" if text[EXCERPT:] else ""))
        for nearest, text in met.items()
    ]
    return Group(table, *([Text()] if excerpts else []), *excerpts)


def plus_minus(value: "Estimate | None", scale: float, digits: int) -> str:
    """``mean ± half the interval``, or the mean alone where one seed gives no interval."""
    if value is None:
        return "-"
    mean = f"{scale * value.mean:.{digits}f}"
    if value.high is None:
        return mean
    return f"{mean} ± {scale * (value.high - value.mean):.{digits}f}"


def interval(value: "Estimate | None", scale: float, digits: int) -> str:
    """``mean [low, high]`` with signs, or the mean alone where one seed gives no interval."""
    if value is None:
        return "-"
    numbers = [
        f"{scale * x:+.{digits}f}" for x in (value.mean, value.low, value.high) if x is not None
    ]
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]} [{numbers[1]}, {numbers[2]}]"


def number(value: float | None, form: str) -> str:
    """``value`` formatted, or a dash."""
    return "-" if value is None else form.format(value)


def _title(setting: str) -> str:
    """A setting as its flag names it: ``lam`` -> ``lambda``."""
    return flag_of(setting).removeprefix("--")


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
