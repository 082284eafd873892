import math
import re

import pytest
import torch
from printing import printed, squeezed_lines
from torch import Tensor

from vibcli.analysis.latent.report import (
    CollectedCodes,
    Latent,
    decoupling,
    measure_latent,
    normality,
)
from vibcli.reporting.tables.latent import latent_table as table


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoupling, "ROWS", 60)
    monkeypatch.setattr(normality, "ROWS", 60)


def normal(n: int, k: int, seed: int = 0) -> Tensor:
    return torch.randn(n, k, generator=torch.Generator().manual_seed(seed))


def report(spread: float = 1.0, noise: float | None = 0.5, features: bool = True) -> Latent:
    mean = spread * normal(120, 4)
    sigma = None if noise is None else torch.full_like(mean, noise)
    return measure_latent(
        CollectedCodes(mean, sigma, normal(120, 6, 1) if features else None, True), 0
    )[0]


def line(text: str, beginning: str) -> list[str]:
    """The cells of the first line that begins so."""
    (found, *_) = (one for one in text.splitlines() if one.strip().startswith(beginning))
    return re.split(r" {2,}", found.strip())[1:]


def test_the_decomposition_is_shown_with_errors_and_bounds() -> None:
    found = report()
    held = found.information
    assert held is not None
    text = printed(table(found))
    assert line(text, "rate") == [f"{held.rate_nats:.3f}"]
    low, high = held.mutual_nats, held.upper_nats
    assert line(text, "I(X;Z)  ") == [
        f"{low.mean:.3f} ± {low.error:.3f}",
        f"{low.mean:.3f} to {high.mean:.3f}",
    ]
    gap = held.gap_nats
    assert line(text, "marginal gap") == [
        f"{gap.mean:.3f} ± {gap.error:.3f}",
        f"{max(0, gap.mean - high.mean + low.mean):.3f} to {gap.mean:.3f}",
    ]
    assert f"{held.total_correlation_nats.mean:.3f}" in line(text, "total correlation")[0]
    assert f"{found.shape_nats:.3f}" in line(text, "or: shape")[0]
    assert f"{held.residual_nats.mean:.3f}" in line(text, "I(X;Z) + gap - rate")[0]
    assert f"log N = {math.log(120):.3f}" in squeezed_lines(text)


def test_every_view_has_a_column_and_what_does_not_apply_a_dash() -> None:
    found = report()
    text = printed(table(found))
    assert line(text, "how normal") == line(text, "how decoupled") == ["z", "mean of z", "h"]
    z, means, h = found.views
    assert z.gaussian is not None
    assert z.standard is not None
    assert line(text, "KL(N(m, S)") == [f"{z.gaussian.total_nats:.3f}", "-", "-"]
    assert line(text, "energy to N(0, I)") == [f"{z.standard.effect:.5f}", "-", "-"]
    wanted = [f"{v.correlation:.3f} ({v.correlation_max:.3f})" for v in (z, means, h)]
    assert line(text, "|r| of two units") == wanted
    for name in ("linear", "kernel"):
        each = [getattr(v, name) for v in (z, means, h)]
        cells = [f"{r.mean:.3f} ({r.max:.3f})" for r in each]
        assert line(text, f"R² from the rest, {name}") == cells
    assert f"Active units: {found.active} of 4" in text


def test_without_noise_there_is_no_decomposition() -> None:
    text = printed(table(report(noise=None)))
    assert "I(X;Z)" not in text
    assert "have a rate above" not in text
    assert line(text, "how normal") == ["z", "h"]
    assert len(line(text, "KL(N(m, S)")) == 2


def test_features_alone_are_not_compared_with_the_prior() -> None:
    text = printed(table(report(noise=None, features=False)))
    assert line(text, "how normal") == ["h"]
    assert "KL(N(m, S)" not in text


@pytest.mark.parametrize("spread", [1e-9, 1.0, 1e4])
@pytest.mark.parametrize("noise", [None, 1e-4, 30.0])
def test_numbers_of_any_size_fit_into_80_columns(spread: float, noise: float | None) -> None:
    text = printed(table(report(spread, noise)))
    assert "nan" not in text
    # no row is folded: each begins with its title
    assert all(one[:1] != " " or one.startswith("  ") for one in text.splitlines())


def test_one_unit_has_none_to_be_predicted_from() -> None:
    mean = normal(50, 1)
    found = measure_latent(CollectedCodes(mean, torch.full_like(mean, 0.5), None, True), 0)[0]
    assert line(printed(table(found)), "R² from the rest, linear")[0] == "-"
