"""How normal and how decoupled the latent of a model is on some rows: one report."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vibcli import randomness
from vibcli.analysis.latent import decoupling, normality
from vibcli.analysis.latent.information import Information, information
from vibcli.analysis.latent.normality import EnergyTest, GaussianGap
from vibcli.evaluation.codes import codes
from vibcli.models import gaussian
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.bottlenecks import NoBottleneck
from vibcli.tasks.autoencoding.bounds import ACTIVE

INFORMATIVE = 0.01  # nats of a unit's rate


class CollectedCodes(NamedTuple):
    """The codes of N rows, on the CPU.

    ``sigma`` is None where z is deterministic; ``features``, the bottleneck's inputs, where they
    are the code themselves. ``rated`` says whether the loss has weighed the rate.
    """

    mean: Tensor  # [N, K]
    sigma: Tensor | None  # [N, K]
    features: Tensor | None  # [N, F]
    rated: bool


class Predictability(NamedTuple):
    """R squared of units predicted from all others: mean, maximum, and the unit that has it."""

    mean: float
    max: float
    unit: int
    units: int
    rows: int


class LatentView(NamedTuple):
    """How normal and how decoupled some units are; what cannot be told is None.

    Units that do not vary are left out of everything but ``gaussian``. That and ``standard``
    compare with N(0, I), the others with a normal distribution of any mean and covariance.
    """

    name: str
    units: int
    constant: int
    skewness: float | None = None  # mean of the absolute values
    skewness_max: float | None = None
    kurtosis: float | None = None  # excess, mean of the absolute values
    kurtosis_max: float | None = None
    gaussian: GaussianGap | None = None
    standard: EnergyTest | None = None
    plane: EnergyTest | None = None  # in the first two principal directions of the means
    plane_share: float | None = None  # of the means' variance
    first_kurtosis: float | None = None  # excess, in the first of them; two equal points have -2
    correlation: float | None = None  # mean of the absolute values
    correlation_max: float | None = None
    gaussian_correlation_nats: float | None = None  # total correlation, were it normal
    linear: Predictability | None = None
    kernel: Predictability | None = None


class UnitTable(NamedTuple):
    """Each unit of the latent, ``[K]`` each; None where z is deterministic."""

    mean: tuple[float, ...]
    variance: tuple[float, ...]
    variance_of_means: tuple[float, ...]
    rate_nats: tuple[float, ...] | None
    marginal_nats: tuple[float, ...] | None  # KL(p(z_k) || N(0, 1))


class Shapes(NamedTuple):
    """What the picture shows."""

    points: Tensor  # [N, 2], or [N, 1] of one unit
    first: Tensor  # [N], z in the first of these directions; of features, standardised
    units: Tensor  # [N, K], a draw of each row
    prior: bool  # whether N(0, I) is what they are compared with
    correlations: Tensor  # [K, K]
    mean_correlations: Tensor | None  # [K, K], of the means where z has noise


class Latent(NamedTuple):
    """The report. ``active`` units have means whose variance is above 0.01."""

    rows: int
    dimensions: int
    kind: str
    seed: int
    information: Information | None
    shape_nats: float | None  # nats of the gap that are neither mean nor covariance
    active: int
    informative: int | None  # units with a rate above 0.01 nats
    units: UnitTable
    views: tuple[LatentView, ...]
    notes: tuple[str, ...]


def collect(model: BottleneckLearner, x: Tensor, device: torch.device) -> CollectedCodes:
    """The codes of the rows of ``x`` ``[N, ...]`` and the features that they are made of."""
    kept: list[Tensor] = []
    assert isinstance(model.encoder, nn.Module)
    hook = model.encoder.register_forward_hook(
        lambda module, inputs, output: kept.append(output.float().cpu())
    )
    try:
        found = list(codes(model, x, device))
    finally:
        hook.remove()
    plain = isinstance(model.bottleneck, NoBottleneck)
    sigmas = [code.sigma.cpu() for code in found if code.sigma is not None]
    return CollectedCodes(
        torch.cat([code.mean.cpu() for code in found]),
        torch.cat(sigmas) if sigmas else None,
        None if plain else torch.cat(kept),
        found[0].rates() is not None,
    )


def measure_latent(found: CollectedCodes, seed: int) -> tuple[Latent, Shapes]:
    """The report on some codes, and what its picture shows.

    Args:
        found: of two rows or more.
        seed: of all draws and simulations.

    Raises:
        ValueError: fewer than two rows, or values that are not finite.
    """
    mean, sigma = found.mean.double(), found.sigma
    if len(mean) < 2 or not mean.isfinite().all():
        raise ValueError("mean: expected two rows or more, and finite numbers.")

    def stream(purpose: str) -> torch.Generator:
        return randomness.generator("cpu", seed, "latent", purpose)

    held = None
    z, rates = mean, None
    if sigma is not None:
        sigma = sigma.double()
        held = information(mean, sigma, stream("information"))
        z = gaussian.sample(mean, sigma, stream("draws"))
        rates = gaussian.kl_standard_normal(mean[..., None], sigma[..., None]).mean(0)  # [K]
    order = torch.randperm(len(mean), generator=stream("rows"))
    plain = found.features is None
    views = [_view("h" if plain else "z", z, mean, sigma, order, stream("z"), standard=not plain)]
    if sigma is not None:
        views.append(_view("mean of z", mean, mean, None, order, stream("mean")))
    if found.features is not None:
        h = found.features.double()
        views.append(_view("h", h, h, None, order, stream("h")))
    moments = normality.moments(mean, sigma)
    of_means = mean.var(0, correction=0)
    first = views[0].gaussian
    report = Latent(
        rows=len(mean),
        dimensions=mean.shape[1],
        kind=_kind(found),
        seed=seed,
        information=held,
        shape_nats=None if held is None or first is None else held.gap_nats.mean - first.total_nats,
        active=int((of_means > ACTIVE).sum()),
        informative=None if rates is None else int((rates > INFORMATIVE).sum()),
        units=UnitTable(
            tuple(moments.mean.tolist()),
            tuple(moments.variance.tolist()),
            tuple(of_means.tolist()),
            None if rates is None else tuple(rates.tolist()),
            None if held is None else held.marginal_nats,
        ),
        views=tuple(views),
        notes=tuple(_notes(found, held, views)),
    )
    return report, _shapes(z, mean, sigma, prior=not plain)


def _kind(found: CollectedCodes) -> str:
    if found.features is None:
        return "features"
    if found.sigma is None:
        return "deterministic"
    return "gaussian" if found.rated else "fixed noise"


def _view(
    name: str,
    z: Tensor,
    mean: Tensor,
    sigma: Tensor | None,
    order: Tensor,
    generator: torch.Generator,
    standard: bool = False,
) -> LatentView:
    """One view of the rows ``z`` ``[N, K]``, draws of N(mean, sigma^2), in the given order."""
    moments = normality.moments(mean, sigma)
    varies = ~moments.skewness.isnan()
    units = int(varies.sum())
    view = LatentView(name, units, len(varies) - units)
    if standard:
        view = view._replace(
            gaussian=normality.gaussian_gap(moments.mean, normality.covariance(mean, sigma)),
            standard=normality.energy_test(z[order[: normality.ROWS]], generator, fitted=False),
        )
    if not units:
        return view
    skewness, kurtosis = moments.skewness[varies].abs(), moments.kurtosis[varies].abs()
    view = view._replace(
        skewness=float(skewness.mean()),
        skewness_max=float(skewness.max()),
        kurtosis=float(kurtosis.mean()),
        kurtosis_max=float(kurtosis.max()),
    )
    z, mean = z[order][:, varies], mean[order][:, varies]
    sigma = None if sigma is None else sigma[order][:, varies]
    view = _in_a_plane(view, z, mean, sigma, generator)
    return view if units == 1 else _coupled(view, z, mean, sigma, varies.nonzero()[:, 0])


def _in_a_plane(
    view: LatentView, z: Tensor, mean: Tensor, sigma: Tensor | None, generator: torch.Generator
) -> LatentView:
    """With what is seen in the principal plane of the means of other rows than are tested."""
    tested = min(normality.ROWS, len(z) // 2)
    plane = normality.principal(normality.covariance(mean[tested:]), 2)
    within = normality.covariance(mean)
    noise = None if sigma is None else (sigma.square() @ plane.square()).sqrt()
    total = float(within.trace())
    return view._replace(
        plane=normality.energy_test(z[:tested] @ plane, generator, fitted=True),
        plane_share=float((plane.T @ within @ plane).trace()) / total if total else None,
        first_kurtosis=float(normality.moments(mean @ plane, noise).kurtosis[0]),
    )


def _coupled(
    view: LatentView, z: Tensor, mean: Tensor, sigma: Tensor | None, numbers: Tensor
) -> LatentView:
    """With correlations and predictability of two units or more, called ``numbers``."""
    covariance = normality.covariance(mean, sigma)
    above = torch.ones_like(covariance, dtype=torch.bool).triu(1)
    pairs = decoupling.correlations(covariance)[above].abs()
    some = z[: decoupling.ROWS]
    varies = (some.var(0, correction=0) > 0).nonzero()[:, 0]
    kernel = None
    if len(varies) > 1:
        count = min(len(varies), decoupling.UNITS)
        targets = torch.linspace(0, len(varies) - 1, count).round().long()
        r_squared = decoupling.kernel_r_squared(some[:, varies], targets)
        kernel = _predictability(r_squared, numbers[varies[targets]], len(some))
    return view._replace(
        correlation=float(pairs.mean()),
        correlation_max=float(pairs.max()),
        gaussian_correlation_nats=normality.gaussian_gap(mean[0], covariance).correlations_nats,
        linear=_predictability(decoupling.linear_r_squared(z), numbers, len(z)),
        kernel=kernel,
    )


def _predictability(r_squared: Tensor, numbers: Tensor, rows: int) -> Predictability:
    most = int(r_squared.argmax())
    return Predictability(
        float(r_squared.mean()), float(r_squared[most]), int(numbers[most]), len(numbers), rows
    )


def _shapes(z: Tensor, mean: Tensor, sigma: Tensor | None, prior: bool) -> Shapes:
    """Means in their principal plane, or as they are where there are two units at most."""
    pairs = decoupling.correlations(normality.covariance(mean, sigma))
    of_means = None
    if sigma is not None:
        of_means = decoupling.correlations(normality.covariance(mean))
    if not prior:
        deviation = mean.std(0, correction=0)
        mean = z = (mean - mean.mean(0)) / torch.where(deviation > 0, deviation, 1)
    plane = normality.principal(normality.covariance(mean), 2)
    points = mean @ plane if mean.shape[1] > 2 else mean
    first = z @ plane[:, 0]
    if not prior and (deviation := first.std(correction=0)) > 0:
        first = first / deviation
    return Shapes(points, first, z, prior, pairs, of_means)


def _notes(found: CollectedCodes, held: Information | None, views: list[LatentView]) -> list[str]:
    """What the numbers mean here, and why some are missing."""
    notes = []
    if held is None:
        what = "The features have" if found.features is None else "This latent has"
        notes.append(
            f"{what} no density given x: rate, I(X;Z), gap and total correlation do not apply "
            "(without noise I(X;Z) is infinite, or the entropy of the rows)."
        )
    elif not found.rated:
        notes.append(
            "The noise of this run is fixed and no rate was weighed in training: 'rate' is KL to "
            "N(0, I) all the same, so that the decomposition holds."
        )
    if held is not None and held.saturated:
        notes.append(
            f"The rate is above log N = {held.cap_nats:.2f} nats, the most that {held.rows} rows "
            "can tell: the mixture estimate saturates, and the rate is not I(X;Z)."
        )
    for view in views:
        if view.constant:
            notes.append(f"{view.name}: {view.constant} units do not vary and are left out.")
        of_chance = view.units * (view.units - 1) / (4 * len(found.mean))
        if view.gaussian_correlation_nats == math.inf:
            notes.append(f"{view.name}: units are linearly dependent, so log det R is infinite.")
        elif of_chance > 1 and (view.name != "z" or found.sigma is None):
            notes.append(
                f"{view.name}: so few rows make -1/2 log det R of {view.units} independent units "
                f"about {of_chance:.0f} nats."
            )
    return notes
