"""A latent: where its means lie, its units' rates, their correlations, how normal they are."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vibcli.reporting.plots.by_class import CIRCLES, Signs, draw_circles, draw_points, grouped
from vibcli.reporting.plots.figure import figure, save
from vibcli.reporting.plots.looks import COLORS, REFERENCE, look
from vibcli.reporting.plots.text import foot, heading

if TYPE_CHECKING:
    from vibcli.analysis.latent.report import Latent, Shapes

POINTS = 4000  # rows that are drawn
QUANTILES = 99
FEW = 40  # units that are drawn apart
SMALL = 8  # size of titles and labels


def latent_picture(
    found: "Latent",
    shapes: "Shapes",
    labels: NDArray[np.integer],
    classes: Sequence[str],
    title: str,
    path: Path,
) -> None:
    """Four panels: projection by class, units sorted, correlations, quantiles.

    Args:
        found: the report.
        shapes: what is drawn, of N rows.
        labels: ``[N]``, classes of the rows.
        classes: their names.
        title: of the whole picture.
        path: of the PNG or SVG.
    """
    drawn, axes = figure(7, 6.4, nrows=2, ncols=2)
    heading(drawn, title)
    order = np.argsort(-_size(found), kind="stable")
    shown = _projection(axes[0, 0], shapes, labels, classes)
    _sorted_units(axes[0, 1], found, order)
    _correlations(axes[1, 0], shapes, order)
    _quantiles(axes[1, 1], shapes)
    for ax in axes.flat:
        ax.tick_params(labelsize=7)
    foot(drawn, *shown, ["colours and markers: classes of the rows"])
    save(drawn, path)


def _size(found: "Latent") -> NDArray[np.float64]:
    """What units are sorted by: their rate, or their variance where there is none."""
    return np.array(
        found.units.variance if found.units.rate_nats is None else found.units.rate_nats
    )


def _projection(
    ax: Any, shapes: "Shapes", labels: NDArray[np.integer], classes: Sequence[str]
) -> Signs:
    """Where the means lie, by class."""
    points = shapes.points.numpy()
    if points.shape[1] == 1:
        shown = _histogram(ax, shapes, labels, classes)
    else:
        some = np.random.default_rng(0).permutation(len(points))[:POINTS]
        shown = draw_points(ax, points[some], labels[some], classes)
        if shapes.prior:
            draw_circles(ax)
        ax.set_aspect("equal", adjustable="datalim")
        axis = "direction" if shapes.units.shape[1] > 2 else "unit"
        ax.set(xlabel=f"first {axis}", ylabel=f"second {axis}")
    title = _name(shapes, "means")
    if shapes.units.shape[1] > 2:
        title += " in their principal plane"
    if shapes.prior and points.shape[1] > 1:
        title += f"\n{CIRCLES}"
    ax.set_title(title, fontsize=SMALL)
    ax.xaxis.label.set_size(SMALL)
    ax.yaxis.label.set_size(SMALL)
    return shown


def _histogram(
    ax: Any, shapes: "Shapes", labels: NDArray[np.integer], classes: Sequence[str]
) -> Signs:
    """The only unit, class by class."""
    points = shapes.points.numpy()[:, 0]
    place, groups = grouped(labels, classes)
    stacks = [points[place == i] for i in range(len(groups))]
    style = {"color": [g.look.color for g in groups], "hatch": [g.hatch for g in groups]}
    _, _, drawn = ax.hist(stacks, bins=40, stacked=True, density=True, ec="white", lw=0, **style)
    if shapes.prior:
        x = np.linspace(min(-3, points.min()), max(3, points.max()), 200)
        ax.plot(x, np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), **REFERENCE)
    ax.set(xlabel="the only unit", ylabel="density")
    areas = [drawn] if len(groups) == 1 else drawn
    return Signs(list(areas), [group.name for group in groups])


def _name(shapes: "Shapes", noisy: str) -> str:
    """What is drawn: called ``noisy`` where z has noise."""
    if not shapes.prior:
        return "standardised features"
    return "z" if shapes.mean_correlations is None else noisy


def _sorted_units(ax: Any, found: "Latent", order: NDArray[np.intp]) -> None:
    values = _size(found)[order]
    place = np.arange(1, len(values) + 1)
    few = len(values) <= FEW
    if found.units.rate_nats is None:
        ax.bar(place, values, width=0.8 if few else 1, color=COLORS[0])
        ax.set_ylabel("variance", fontsize=SMALL)
        ax.set_title("variance of each unit, sorted", fontsize=SMALL)
    else:
        ax.bar(place, values, width=0.8 if few else 1, color=COLORS[0], label="rate")
        assert found.units.marginal_nats is not None
        marginal = np.clip(np.array(found.units.marginal_nats)[order], 0, None)
        style = {"marker": "o", "ms": 4, "lw": 0} if few else {"lw": 1}
        label = "of this KL(p(z_k) || N(0, 1))"
        ax.plot(place, marginal, color=COLORS[1], label=label, **style)
        ax.legend(frameon=False, fontsize=7, loc="upper right")
        ax.set_ylabel("nats", fontsize=SMALL)
        ax.set_title("KL of each unit, sorted by rate", fontsize=SMALL)
    ax.set_xlabel("unit", fontsize=SMALL)
    ax.set_ylim(0, 1.25 * max(values.max(), 1e-9))
    ax.set_xlim(0.5, len(values) + 0.5)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_axisbelow(True)
    ax.grid(alpha=0.3)


def _correlations(ax: Any, shapes: "Shapes", order: NDArray[np.intp]) -> None:
    """R of all units in that order; where z has noise, of the means above the diagonal."""
    matrix = shapes.correlations.numpy()[np.ix_(order, order)]
    title = "correlations"
    if shapes.mean_correlations is not None:
        of_means = shapes.mean_correlations.numpy()[np.ix_(order, order)]
        matrix = np.tril(matrix) + np.triu(of_means, 1)
        title = "correlations\nbelow the diagonal of z, above of its mean"
    ends = 0.5, len(matrix) + 0.5
    shown = ax.imshow(
        matrix, cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest", extent=(*ends, *ends[::-1])
    )
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_major_locator().set_params(integer=True)
    ax.set_title(title, fontsize=SMALL)
    ax.set_xlabel("unit, in the order above", fontsize=SMALL)
    bar = ax.figure.colorbar(shown, ax=ax, shrink=0.8)
    bar.ax.tick_params(labelsize=7)


def _quantiles(ax: Any, shapes: "Shapes") -> None:
    """Quantiles of each unit against those of N(0, 1)."""
    from scipy.stats import norm

    shares = (np.arange(QUANTILES) + 0.5) / QUANTILES
    normal = norm.ppf(shares)
    values = np.quantile(shapes.units.numpy(), shares, axis=0)  # [Q, K]
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95), axis=1)
    ax.plot(normal, values, color=COLORS[0], lw=0.5, alpha=max(0.08, 1 / values.shape[1] ** 0.5))
    ax.fill_between(normal, low, high, color=COLORS[0], alpha=0.2, lw=0)
    ax.plot(normal, middle, color=COLORS[0], lw=1.5, label="median unit")
    first = np.quantile(shapes.first.numpy(), shares)
    ax.plot(normal, first, color=COLORS[1], lw=1.5, ls=look(1).dash, label="first direction")
    ax.plot(normal, normal, **REFERENCE, label="N(0, 1)")
    ax.legend(frameon=False, fontsize=7)
    what = _name(shapes, "z, one draw of each row")
    ax.set_title(f"quantiles of each unit\n{what}", fontsize=SMALL)
    ax.set_xlabel("quantile of N(0, 1)", fontsize=SMALL)
    ax.set_ylabel("quantile of the unit", fontsize=SMALL)
    ax.grid(alpha=0.3)
