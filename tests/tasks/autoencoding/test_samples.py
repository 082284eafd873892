import math

import pytest
import tiny
import torch
from torch import Tensor, nn

from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.tasks.autoencoding.samples import decode_latents, prior_samples, sample_energy
from vibcli.tasks.find import all_variants, task_of
from vibcli.tasks.resolve import resolve

VARIANTS = all_variants()
DRAWN = [name for name in tiny.AUTOENCODERS if VARIANTS[name].settings["bottleneck"] != "units"]


def text_model(variant: str = "vae") -> BottleneckLearner:
    config = resolve(variant, "text", {"vocabulary": 20, "widths": (8,), "latent": 3})
    return task_of(config).work.build(config, (30,), 2, 0, tiny.CPU)


def bright(model: BottleneckLearner) -> BottleneckLearner:
    """With outputs that depend on z."""
    for name, parameter in model.head.named_parameters():
        nn.init.normal_(parameter, generator=torch.Generator().manual_seed(len(name)))
    return model


@pytest.mark.parametrize("count", [1, 7])
def test_samples_have_the_shape_and_the_range_of_the_data(count: int) -> None:
    assert prior_samples(bright(tiny.model("vae")), count, tiny.CPU).shape == (count, tiny.INPUTS)
    pixels = prior_samples(bright(tiny.picture_model()), count, tiny.CPU)
    assert pixels.shape == (count, 16)
    assert ((pixels > 0) & (pixels < 1)).all()
    words = prior_samples(bright(text_model()), count, tiny.CPU)
    assert words.shape == (count, 20)
    assert words.sum(1).tolist() == pytest.approx([1] * count)


def test_samples_follow_the_seed_and_move_no_other() -> None:
    model = bright(tiny.picture_model())
    before = torch.manual_seed(1).get_state()
    first, again, other = (prior_samples(model, 9, tiny.CPU, seed) for seed in (3, 3, 4))
    assert first.equal(again)
    assert not first.equal(other)
    assert first.unique(dim=0).shape == first.shape
    assert torch.get_rng_state().equal(before)


def test_samples_are_decoded_draws_of_the_prior() -> None:
    """A decoder that passes z on shows what it was given."""
    model = tiny.model("vae", latent=tiny.INPUTS)
    model.head = nn.Identity()
    z = prior_samples(model, 20_000, tiny.CPU)
    assert z.mean(0).abs().max() < 0.03
    assert torch.allclose(z.T.cov(), torch.eye(tiny.INPUTS), atol=0.04)
    assert (z**4).mean().item() == pytest.approx(3, abs=0.1)  # normal, not uniform


def test_decode_gives_the_expected_input_of_any_latents() -> None:
    z = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0))
    model = bright(tiny.picture_model())
    found = decode_latents(model, z)
    assert found.shape == (2, 5, 16)
    assert torch.allclose(found, 1 / (1 + torch.exp(-model.head(z))), atol=1e-6)
    assert not found.requires_grad
    words = bright(text_model())
    assert torch.allclose(decode_latents(words, z), words.head(z).softmax(-1))


def quantised(values: Tensor) -> Tensor:
    """Grey values as pictures of 4x4 pixels."""
    return (values * 255).round().to(torch.uint8).view(-1, 1, 4, 4)


def test_samples_are_close_to_data_that_the_model_made() -> None:
    model = bright(tiny.picture_model())
    own = quantised(prior_samples(model, 1500, tiny.CPU, seed=8))
    near = sample_energy(model, own, tiny.CPU)
    far = sample_energy(model, 255 - own, tiny.CPU)
    assert near is not None
    assert far is not None
    assert abs(near) < 0.01
    assert far > 0.2


def test_the_energy_compares_grey_values_and_follows_the_seed() -> None:
    x, _ = tiny.batch(tiny.pixels(50))
    plain, binarised = (
        bright(tiny.picture_model(**settings)) for settings in ({}, {"binarise": "dynamic"})
    )
    energy = sample_energy(plain, x, tiny.CPU)
    assert energy == sample_energy(plain, x, tiny.CPU) == sample_energy(binarised, x, tiny.CPU)
    assert energy != sample_energy(plain, x, tiny.CPU, seed=1)
    assert energy is not None
    assert 0 < energy < 1


def test_all_rows_count_whatever_their_order() -> None:
    x, _ = tiny.batch(tiny.rows(60))
    model = bright(tiny.model("vae"))
    found, backwards = (sample_energy(model, rows, tiny.CPU) for rows in (x, x.flip(0)))
    assert found is not None
    assert backwards is not None
    assert math.isclose(found, backwards, rel_tol=1e-4)


@pytest.mark.parametrize("variant", tiny.AUTOENCODERS)
def test_where_there_are_no_samples(variant: str) -> None:
    x, _ = tiny.batch(tiny.rows(9))
    assert (sample_energy(tiny.model(variant), x, tiny.CPU) is not None) == (variant in DRAWN)
    assert sample_energy(tiny.model(variant), x[:1], tiny.CPU) is None
    ids = torch.randint(0, 20, (9, 30), generator=torch.Generator().manual_seed(0))
    assert sample_energy(text_model(variant), ids, tiny.CPU) is None
