import json
import math
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from torch import Tensor

from vibcli.analysis.latent.report import (
    CollectedCodes,
    Latent,
    LatentView,
    collect,
    decoupling,
    measure_latent,
    normality,
)
from vibcli.files import finite, plain

ROWS = torch.from_numpy(tiny.rows(300).x)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoupling, "ROWS", 150)
    monkeypatch.setattr(normality, "ROWS", 300)


def normal(n: int, k: int, seed: int = 0) -> Tensor:
    return torch.randn(n, k, generator=torch.Generator().manual_seed(seed))


def report(mean: Tensor, sigma: Tensor | None = None, features: Tensor | None = None) -> Latent:
    features = normal(len(mean), 5, 9) if features is None else features
    return measure_latent(CollectedCodes(mean, sigma, features, sigma is not None), 0)[0]


def of_model(variant: str, **settings: Any) -> Latent:
    return measure_latent(collect(tiny.model(variant, **settings), ROWS, tiny.CPU), 0)[0]


def view(found: Latent, name: str) -> LatentView:
    return next(v for v in found.views if v.name == name)


def test_codes_and_features_are_those_of_the_model() -> None:
    model = tiny.model("vib")
    found = collect(model, ROWS, tiny.CPU)
    with torch.inference_mode():
        features = model.encoder(ROWS)
        code = model.bottleneck.encode(features)
    assert found.features is not None
    assert found.sigma is not None
    assert torch.allclose(found.features, features, atol=1e-6)
    assert torch.allclose(found.mean, code.mean, atol=1e-6)
    assert torch.allclose(found.sigma, code.sigma, atol=1e-6)
    assert not model.encoder._forward_hooks


@pytest.mark.parametrize(
    ("variant", "kind", "views"),
    [
        ("vib", "gaussian", ["z", "mean of z", "h"]),
        ("vib-adaptive", "gaussian", ["z", "mean of z", "h"]),
        ("noise", "fixed noise", ["z", "mean of z", "h"]),
        ("control", "deterministic", ["z", "h"]),
        ("baseline", "features", ["h"]),
    ],
)
def test_what_applies_to_each_kind_of_bottleneck(variant: str, kind: str, views: list[str]) -> None:
    settings = {} if variant == "baseline" else {"latent": 4}
    model = tiny.model(variant) if variant == "baseline" else tiny.model(variant, **settings)
    found, shapes = measure_latent(collect(model, ROWS, tiny.CPU), 0)
    assert (found.kind, [v.name for v in found.views]) == (kind, views)
    noisy = kind in ("gaussian", "fixed noise")
    assert (found.information is not None) == (found.shape_nats is not None) == noisy
    assert (found.units.rate_nats is not None) == (found.informative is not None) == noisy
    assert (shapes.mean_correlations is not None) == noisy
    assert shapes.prior == (kind != "features")
    first, *others = found.views
    assert (first.gaussian is not None) == (first.standard is not None) == (kind != "features")
    assert all(v.gaussian is None and v.standard is None for v in others)
    said = " ".join(found.notes)
    assert ("no density given x" in said) == (not noisy)
    assert ("fixed and no rate was weighed" in said) == (kind == "fixed noise")


def test_the_rate_is_that_of_the_codes_and_of_their_units() -> None:
    found = of_model("vib")
    with torch.inference_mode():
        rates = tiny.model("vib").encode(ROWS).rates()
    assert found.information is not None
    assert found.units.rate_nats is not None
    assert found.information.rate_nats == pytest.approx(float(rates.mean()), rel=1e-5)
    assert sum(found.units.rate_nats) == pytest.approx(float(rates.mean()), rel=1e-5)


def test_active_units_are_those_whose_mean_varies() -> None:
    mean = normal(200, 4)
    mean /= mean.std(0, correction=0)
    mean *= torch.tensor([1.0, 0.101, 0.099, 0.0])
    # the third has a rate by its sigma, though its mean hardly varies
    sigma = torch.tensor([0.5, 1.0, 0.5, 1.0]).expand(200, 4)
    found = report(mean, sigma)
    assert (found.active, found.informative) == (2, 2)
    assert found.units.variance_of_means == pytest.approx([1, 0.0102, 0.0098, 0], abs=1e-4)
    assert found.units.variance == pytest.approx([1.25, 1.0102, 0.2598, 1], abs=1e-4)


def test_a_standard_normal_latent_is_normal_and_decoupled() -> None:
    noise = math.sqrt(0.5)
    z = view(report(noise * normal(3000, 6), torch.full((3000, 6), noise)), "z")
    assert z.gaussian is not None
    assert z.standard is not None
    assert z.plane is not None
    assert z.linear is not None
    assert z.gaussian.total_nats < 0.05
    assert abs(z.standard.effect) < 0.002
    assert min(z.standard.p, z.plane.p) > 0.01
    assert max(z.linear.max, z.correlation_max or 1) < 0.06


def test_noise_decouples_a_latent_whose_means_are_coupled() -> None:
    mean = normal(2000, 1) @ torch.ones(1, 5) * 0.1
    found = report(mean, torch.full((2000, 5), 1.0))
    z, means = view(found, "z"), view(found, "mean of z")
    assert z.linear is not None
    assert means.linear is not None
    assert z.linear.max < 0.05
    assert means.linear.mean > 0.99
    assert means.gaussian_correlation_nats == math.inf
    assert "mean of z: units are linearly dependent" in " ".join(found.notes)


def test_two_clusters_are_seen_in_the_plane() -> None:
    mean = 0.1 * normal(2000, 30)
    mean[::2, 7] += 3
    found = view(report(mean, torch.full((2000, 30), 0.5)), "z")
    assert found.plane is not None
    assert found.plane.p == 0.005
    assert found.plane.effect > 0.001
    assert found.first_kurtosis == pytest.approx(-2 * (2.25 / 2.51) ** 2, abs=0.1)
    assert (found.plane_share or 0) > 0.8


def test_the_most_predictable_unit_has_the_number_it_has_in_the_latent() -> None:
    mean = normal(500, 6)
    mean[:, 0] = 0.3
    mean[:, 5] = mean[:, 3] + 0.01 * mean[:, 1]
    found = view(report(mean), "z")
    assert found.linear is not None
    assert found.kernel is not None
    assert (found.units, found.constant) == (5, 1)
    assert {found.linear.unit, found.kernel.unit} <= {3, 5}
    assert found.linear.max > 0.99
    assert (found.linear.rows, found.linear.units, found.kernel.rows) == (500, 5, 150)


def test_more_units_than_are_predicted_and_few_rows() -> None:
    found = report(normal(40, 300), features=normal(40, 3))
    z = view(found, "z")
    assert z.kernel is not None
    assert (z.kernel.units, z.linear.units) == (128, 300)  # type: ignore[union-attr]
    assert "linearly dependent" in " ".join(found.notes)


def test_a_rate_above_log_n_is_said_to_be_a_rate() -> None:
    (line,) = report(50 * normal(20, 3), torch.full((20, 3), 0.1)).notes
    assert "above log N = 3.00 nats" in line
    assert "not I(X;Z)" in line


def test_few_rows_and_their_chance_correlations_are_said() -> None:
    assert "few rows" in " ".join(report(normal(100, 30)).notes)
    assert "few rows" not in " ".join(report(normal(1000, 30)).notes)


@pytest.mark.parametrize("n", [2, 3, 9])
@pytest.mark.parametrize("k", [1, 2, 20])
@pytest.mark.parametrize("noise", [None, 1e-6, 1.0])
def test_the_smallest_latents_have_a_report(n: int, k: int, noise: float | None) -> None:
    sigma = None if noise is None else torch.full((n, k), noise)
    found = report(normal(n, k), sigma)
    json.dumps(finite(plain(found)), allow_nan=False)
    assert (found.rows, found.dimensions) == (n, k)
    if k == 1:
        assert view(found, "z").linear is None


@pytest.mark.parametrize("noise", [None, 1.0])
def test_a_latent_that_does_not_vary_has_a_report(noise: float | None) -> None:
    sigma = None if noise is None else torch.full((50, 3), noise)
    found = report(torch.full((50, 3), 0.1), sigma, torch.zeros(50, 4))
    content = finite(plain(found))
    json.dumps(content, allow_nan=False)
    assert view(found, "h").constant == 4
    assert found.active == 0
    if noise is None:
        assert view(found, "z") == LatentView(
            "z", 0, 3, gaussian=view(found, "z").gaussian, standard=view(found, "z").standard
        )


@pytest.mark.parametrize("mean", [torch.zeros(1, 3), torch.full((5, 3), math.nan)])
def test_codes_that_cannot_be_measured(mean: Tensor) -> None:
    with pytest.raises(ValueError, match="two rows or more, and finite"):
        measure_latent(CollectedCodes(mean, None, None, False), 0)


@pytest.mark.slow
def test_the_seed_decides() -> None:
    codes = collect(tiny.model("vib"), ROWS, tiny.CPU)
    one, same, other = (measure_latent(codes, seed)[0] for seed in (0, 0, 1))
    assert one == same
    assert one.information != other.information


def test_shapes_are_what_the_picture_needs() -> None:
    mean = normal(100, 5) * torch.tensor([1.0, 5.0, 1.0, 3.0, 1.0]) + 2
    _, shapes = measure_latent(CollectedCodes(mean, None, mean, False), 0)
    # the means are seen from where the prior is, not from their own centre
    assert shapes.points.mean(0).abs().numpy() == pytest.approx([2, 2], abs=1)
    assert shapes.points.var(0).numpy() == pytest.approx([25, 9], rel=0.4)
    assert torch.allclose(shapes.first, shapes.points[:, 0])
    _, alone = measure_latent(CollectedCodes(mean[:, :1], None, mean, False), 0)
    assert alone.points.shape == (100, 1)
    _, features = measure_latent(CollectedCodes(mean, None, None, False), 0)
    assert np.cov(features.units.T.numpy(), ddof=0).diagonal() == pytest.approx([1] * 5)
