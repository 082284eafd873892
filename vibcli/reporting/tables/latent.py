"""How normal and how decoupled a latent is."""

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vibcli.reporting.tables.cells import number, plain_table

if TYPE_CHECKING:
    from vibcli.analysis.latent.information import Information, MonteCarlo
    from vibcli.analysis.latent.report import Latent, LatentView


def latent_table(found: "Latent") -> RenderableType:
    """Where the rate goes, how normal the latent is, how decoupled, and what that means."""
    parts: list[RenderableType] = []
    if found.information is not None:
        parts += [_information(found, found.information), Text()]
    parts += [_normality(found.views), Text(), _decoupling(found.views), Text()]
    parts += [Text(_active(found)), Text(), Text(_explained(found), style="dim")]
    return Group(*parts)


def _information(found: "Latent", held: "Information") -> Table:
    columns = ("these rows", "the distribution")
    table = plain_table("nats", *columns, numbers=columns)
    slack = held.upper_nats.mean - held.mutual_nats.mean
    table.add_row("rate", f"{held.rate_nats:.3f}", "")
    table.add_row(
        "I(X;Z)",
        _value(held.mutual_nats),
        f"{held.mutual_nats.mean:.3f} to {held.upper_nats.mean:.3f}",
    )
    table.add_row(
        "marginal gap, KL(p(z) || N(0, I))", _value(held.gap_nats), _range(held.gap_nats, slack)
    )
    table.add_row(
        "  total correlation of the units",
        _value(held.total_correlation_nats),
        _range(held.total_correlation_nats, slack),
    )
    table.add_row("  units, sum of KL(p(z_k) || N(0, 1))", _value(held.dimensionwise_nats), "")
    if found.shape_nats is not None and (gaussian := found.views[0].gaussian) is not None:
        table.add_row("  or: mean and covariance", f"{gaussian.total_nats:.3f}", "")
        shape = held.gap_nats._replace(mean=found.shape_nats)
        table.add_row("  or: shape, the rest of the gap", _value(shape), _range(shape, slack))
    table.add_row("I(X;Z) + gap - rate", _value(held.residual_nats), "")
    return table


def _normality(views: "tuple[LatentView, ...]") -> Table:
    table = _table("how normal", views)
    if any(view.gaussian for view in views):
        gaps = [view.gaussian for view in views]
        table.add_row(
            "KL(N(m, S) || N(0, I)), nats", *(number(g and g.total_nats, "{:.3f}") for g in gaps)
        )
        table.add_row("  of means", *(number(g and g.means_nats, "{:.3f}") for g in gaps))
        table.add_row("  of variances", *(number(g and g.variances_nats, "{:.3f}") for g in gaps))
        table.add_row(
            "  of correlations", *(number(g and g.correlations_nats, "{:.3f}") for g in gaps)
        )
        tests = [view.standard for view in views]
        table.add_row(
            "energy to N(0, I), 0 to 1", *(number(t and t.effect, "{:.5f}") for t in tests)
        )
        table.add_row("  95% of N(0, I) below", *(number(t and t.null, "{:.5f}") for t in tests))
        table.add_row("  p", *(number(t and t.p, "{:.3f}") for t in tests))
    tests = [view.plane for view in views]
    table.add_row(
        "energy to a normal, in a plane", *(number(t and t.effect, "{:.5f}") for t in tests)
    )
    table.add_row("  95% of normals below", *(number(t and t.null, "{:.5f}") for t in tests))
    table.add_row("  p", *(number(t and t.p, "{:.3f}") for t in tests))
    table.add_row("  its share of the variance", *(number(v.plane_share, "{:.1%}") for v in views))
    table.add_row("  first excess kurtosis", *(number(v.first_kurtosis, "{:.2f}") for v in views))
    table.add_row(
        "|skewness| of a unit", *(_mean_max(v.skewness, v.skewness_max, 2) for v in views)
    )
    table.add_row(
        "|excess kurtosis| of a unit", *(_mean_max(v.kurtosis, v.kurtosis_max, 2) for v in views)
    )
    return table


def _decoupling(views: "tuple[LatentView, ...]") -> Table:
    table = _table("how decoupled", views)
    table.add_row(
        "|r| of two units", *(_mean_max(v.correlation, v.correlation_max, 3) for v in views)
    )
    table.add_row(
        "-1/2 log det R, nats", *(number(v.gaussian_correlation_nats, "{:.3f}") for v in views)
    )
    for name in ("linear", "kernel"):
        r_squared = [getattr(view, name) for view in views]
        table.add_row(
            f"R² from the rest, {name}",
            *("-" if r is None else _mean_max(r.mean, r.max, 3) for r in r_squared),
        )
        table.add_row(
            "  most predictable unit", *("-" if r is None else f"{r.unit}" for r in r_squared)
        )
    return table


def _table(title: str, views: "tuple[LatentView, ...]") -> Table:
    names = [view.name for view in views]
    return plain_table(title, *names, numbers=names)


def _active(found: "Latent") -> str:
    said = f"Active units: {found.active} of {found.dimensions} (variance of the mean above 0.01)"
    if found.informative is not None:
        said += f"; {found.informative} have a rate above 0.01 nats"
    return said + "."


def _explained(found: "Latent") -> str:
    said = []
    held = found.information
    if held is not None:
        said.append(
            f"± standard error of {held.draws} draws (seed {found.seed}), under the mixture of "
            f"all {held.rows} rows. "
            f"I(X;Z) of these rows is at most log N = {held.cap_nats:.3f}. Of the distribution "
            "they come from it is a lower bound (InfoNCE, at most log N too); the upper bound "
            "leaves each row out of its own mixture. The gap is what is left of the rate, so its "
            "bounds are turned round. 'Shape' is negentropy: how far p(z) is from the normal "
            "distribution with its mean and covariance."
        )
    if (test := found.views[0].plane) is not None:
        standard = found.views[0].standard is not None
        nulls = "the rows are draws of N(0, I); " if standard else ""
        their = "their" if standard else "the rows'"
        said.append(
            "Energy: effect size of the energy test, 0 where distributions agree, whatever the "
            f"number of rows; p by {test.simulations} simulations of as many rows ({test.rows} in "
            f"the plane). Null hypotheses: {nulls}{their} projection on the first two principal "
            "directions of the means (from other rows) is normal, mean and covariance fitted. For "
            "scale: N(0, 4 I) is 0.05 from N(0, I); two uniform units are 0.0025 from a normal, "
            "two exponential ones 0.014."
        )
    kernels = [view.kernel for view in found.views if view.kernel is not None]
    if kernels:
        said.append(
            "In brackets: the largest. R: the correlations. R² is held out, and 0 or less where a "
            "unit cannot be predicted: linear, 5 folds of all rows; kernel, one row of "
            f"{kernels[0].rows} left out, up to {max(k.units for k in kernels)} units predicted."
        )
    if found.information is not None:
        said.append("z is one draw of each row.")
    return " ".join(said)


def _value(value: "MonteCarlo") -> str:
    return f"{value.mean:.3f} ± {value.error:.3f}"


def _range(value: "MonteCarlo", slack: float) -> str:
    """From a bound of the distribution's to that of the rows, which is the largest."""
    low, high = (max(0.0, end) for end in (value.mean - slack, value.mean))
    return f"{low:.3f} to {high:.3f}"


def _mean_max(mean: float | None, largest: float | None, digits: int) -> str:
    if mean is None or largest is None:
        return "-"
    return f"{mean:.{digits}f} ({largest:.{digits}f})"
