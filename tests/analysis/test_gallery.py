import numpy as np
import pytest
import tiny
import torch
from scipy.stats import norm

from vibcli.analysis.gallery import SAMPLES, SIDE, gallery, plane
from vibcli.data.image import ImagePreprocessor
from vibcli.data.prepare import Part
from vibcli.runs.saved_model import SavedModel
from vibcli.tasks.find import task_of
from vibcli.tasks.resolve import resolve

SHAPE = (1, 4, 5)


class Like:
    """A run, as far as a gallery looks at it."""

    def __init__(self, kind: str) -> None:
        self.data = type("Data", (), {"kind": kind})


def saved(variant: str, latent: int = 3, kind: str = "image") -> SavedModel:
    config = resolve(variant, "image", {"widths": (8,), "latent": latent})
    model = task_of(config).work.build(config, SHAPE, 3, 0, tiny.CPU)
    return SavedModel(model, ImagePreprocessor(SHAPE), Like(kind))  # type: ignore[arg-type]


def part(n: int = 30) -> Part:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (n, *SHAPE), dtype=np.uint8)
    return Part(x, np.repeat(np.arange(3), n // 3), "test", np.arange(n))


def test_inputs_take_turns_and_are_rebuilt_by_the_decoder() -> None:
    model, rows = saved("vae"), part()
    found = gallery(model, rows, tiny.CPU)
    order = [0, 10, 20, 1, 11, 21, 2, 12, 22, 3]
    assert found.inputs == pytest.approx(rows.x[order] / 255)
    with torch.no_grad():
        code = model.model.encode(torch.from_numpy(rows.x[order]))
        expected = torch.sigmoid(model.model.head(code.mean))
    assert found.reconstructions.reshape(10, -1) == pytest.approx(expected.numpy(), abs=1e-6)


def test_samples_are_decoded_draws_and_the_same_again() -> None:
    first, again, other = (gallery(saved("vae"), part(), tiny.CPU, seed) for seed in (0, 0, 1))
    assert first.samples is not None
    assert first.samples.shape == (SAMPLES, *SHAPE)
    assert np.array_equal(first.samples, again.samples)
    assert not np.array_equal(first.samples, other.samples)


def test_units_have_no_normal_prior_to_draw_from() -> None:
    assert gallery(saved("pm"), part(), tiny.CPU).samples is None


def test_the_plane_is_decoded_at_the_priors_quantiles() -> None:
    model = saved("vae", latent=2)
    found = plane(model, part(), tiny.CPU)
    assert found.decoded is not None
    assert found.decoded.shape == (SIDE, SIDE, *SHAPE)
    # the top left corner: the lowest z1 and the highest z2
    corner = torch.tensor([norm.ppf(0.5 / SIDE), norm.ppf(1 - 0.5 / SIDE)]).float()
    with torch.no_grad():
        expected = torch.sigmoid(model.model.head(corner))
    assert found.decoded[0, 0].ravel() == pytest.approx(expected.numpy(), abs=1e-6)
    assert found.codes.shape == (30, 2)


def test_a_plane_of_no_pictures_has_codes_alone() -> None:
    assert plane(saved("vae", latent=2, kind="tabular"), part(), tiny.CPU).decoded is None
