import numpy as np
import pytest
import tiny
import torch

from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.tasks.autoencoding import bounds as elbo
from vibcli.tasks.autoencoding.bounds import LikelihoodBounds
from vibcli.tasks.autoencoding.samples import sample_energy
from vibcli.tasks.autoencoding.work import WORK

PART = tiny.rows(293)
ROWS = tiny.batch(PART)
X, Y = ROWS


def trained(variant: str, **settings: object) -> BottleneckLearner:
    model = tiny.model(variant, **settings)
    noise = torch.Generator().manual_seed(0)
    for _ in range(30):
        model.step(ROWS, noise)
    return model


@pytest.mark.parametrize("variant", tiny.AUTOENCODERS)
@pytest.mark.parametrize("samples", [None, 3])
def test_evaluate_gives_all_metrics_of_an_autoencoder(variant: str, samples: int | None) -> None:
    model = trained(variant)
    values, found = WORK.evaluate(model, PART, tiny.CPU, samples, seed=4)
    again = elbo.bounds(model, X, tiny.CPU, samples, seed=4)
    assert isinstance(found, LikelihoodBounds)
    assert np.array_equal(found.distortion, again.distortion)
    assert found.samples == again.samples == (samples or elbo.MANY)
    expected = elbo.all_metrics(again)
    assert values == expected | {"sample_energy": sample_energy(model, X, tiny.CPU, seed=4)}
    assert (values["elbo_nats"] is None) == (variant in ("ae", "pm"))
    assert (values["sample_energy"] is None) == (variant == "pm")
    assert values["distortion_nats"] is not None
    assert values["distortion_nats"] < tiny_distortion(variant)


def tiny_distortion(variant: str) -> float:
    """That of the model before it is trained."""
    found = WORK.validate(tiny.model(variant), PART, tiny.CPU)["distortion_nats"]
    assert found is not None
    return found


@pytest.mark.parametrize("variant", tiny.AUTOENCODERS)
def test_validation_watches_the_elbo_at_one_draw(variant: str) -> None:
    model = trained(variant)
    values, _ = WORK.evaluate(model, PART, tiny.CPU, samples=1)
    watched = WORK.validate(model, PART, tiny.CPU)
    keys = ("elbo_nats", "distortion_nats", "rate_nats")
    assert watched == {key: values[key] for key in keys}
    assert watched == WORK.validate(model, PART, tiny.CPU)  # the same draws each time


@pytest.mark.parametrize("variant", ["vae", "ae"])
@pytest.mark.parametrize("samples", [0, 2])
def test_of_new_rows_the_bounds_are_told(variant: str, samples: int) -> None:
    model = trained(variant)
    found = WORK.predict(model, PART.x, tiny.CPU, samples, 3, classes=("a", "b"))
    expected = elbo.bounds(model, X, tiny.CPU, samples or elbo.MANY, 3)
    assert np.array_equal(found["distortion_nats"], expected.distortion)
    if variant == "ae":
        assert list(found) == ["distortion_nats"]
        return
    assert list(found) == ["distortion_nats", "rate_nats", "elbo_nats", "iwae_nats"]
    assert np.array_equal(found["elbo_nats"], -found["distortion_nats"] - found["rate_nats"])
    assert np.array_equal(found["iwae_nats"], expected.iwae)
    # by Jensen the weighted bound is the higher one in expectation
    assert found["iwae_nats"].mean() > found["elbo_nats"].mean()
