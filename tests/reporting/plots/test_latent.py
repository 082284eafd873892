from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pictures import NAMES, colours_in, pixels_of, unreadable
from torch import Tensor

from vibcli.analysis.latent.report import (
    CollectedCodes,
    Latent,
    Shapes,
    decoupling,
    measure_latent,
    normality,
)
from vibcli.reporting.plots import latent as plots
from vibcli.reporting.plots.looks import COLORS

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoupling, "ROWS", 30)
    monkeypatch.setattr(normality, "ROWS", 10)


def normal(n: int, k: int) -> Tensor:
    return torch.randn(n, k, generator=torch.Generator().manual_seed(0))


@cache
def report(k: int, noise: float | None, features: bool) -> tuple[Latent, Shapes]:
    mean = normal(100, k) * torch.linspace(1, 2, k)
    sigma = None if noise is None else torch.full_like(mean, noise)
    return measure_latent(
        CollectedCodes(mean, sigma, normal(100, 3) if features else None, True), 0
    )


def draw(
    path: Path, k: int = 5, classes: int = 2, noise: float | None = 0.5, features: bool = True
) -> Any:
    """Draw it and hand out the axes of its panels."""
    found, shapes = report(k, noise, features)
    labels = np.arange(100) % classes
    names = [NAMES[c % len(NAMES)] for c in range(classes)]
    with pytest.MonkeyPatch.context() as patch:
        kept: list[Any] = []
        write = plots.save
        patch.setattr(plots, "save", lambda drawn, to: (kept.append(drawn), write(drawn, to)))
        plots.latent_picture(found, shapes, labels, names, "wine/$vib on test", path)
    return kept[0].axes


@pytest.mark.slow
@pytest.mark.parametrize("k", [1, 2, 300])
@pytest.mark.parametrize("noise", [None, 0.5])
def test_latents_of_any_width_are_drawn(tmp_path: Path, k: int, noise: float | None) -> None:
    draw(tmp_path / "a.png", k, noise=noise)
    assert colours_in(tmp_path / "a.png") >= set(COLORS[:2])


@pytest.mark.parametrize(
    "classes",
    [1, 12, pytest.param(8, marks=pytest.mark.slow), pytest.param(40, marks=pytest.mark.slow)],
)
def test_classes_are_named_at_the_foot(tmp_path: Path, classes: int) -> None:
    projection, *_ = draw(tmp_path / "a.png", classes=classes)
    drawn = projection.figure
    (legend,) = drawn.legends
    assert len(legend.get_texts()) == min(classes, 20)
    assert not unreadable(drawn)
    clouds = [c.get_offsets() for c in projection.collections]
    assert sum(map(len, clouds)) == 100
    pixels_of(tmp_path / "a.png")


def test_the_prior_is_drawn_where_there_is_one(tmp_path: Path) -> None:
    circles = [
        np.hypot(*line.get_data()).mean()
        for line in draw(tmp_path / "a.png")[0].lines
        if len(line.get_xdata()) > 2
    ]
    assert circles == pytest.approx([1, 2, 3])
    projection, *_ = draw(tmp_path / "b.png", noise=None, features=False)
    assert not [line for line in projection.lines if len(line.get_xdata()) > 2]
    assert "standardised features" in projection.get_title()


@pytest.mark.slow
def test_units_are_sorted_by_rate_or_variance(tmp_path: Path) -> None:
    for noise, label in ((0.5, "nats"), (None, "variance")):
        _, units, *_ = draw(tmp_path / "a.png", noise=noise)
        heights = [bar.get_height() for bar in units.patches]
        assert heights == sorted(heights, reverse=True)
        assert units.get_ylabel() == label


def test_the_means_are_above_the_diagonal(tmp_path: Path) -> None:
    *_, matrix, _, _ = draw(tmp_path / "a.png", noise=5.0)
    (image,) = matrix.images
    shown = np.asarray(image.get_array())
    assert shown.diagonal() == pytest.approx(np.ones(5))
    below, above = (
        np.abs(shown[f(5, k)]) for f, k in ((np.tril_indices, -1), (np.triu_indices, 1))
    )
    assert below.max() < above.max()


@pytest.mark.slow
def test_it_is_drawn_the_same_again(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        draw(tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
