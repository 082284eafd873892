from collections.abc import Callable

import numpy as np
import pytest
import tiny
import torch
from numpy.typing import NDArray
from scipy import integrate, stats
from scipy.special import log_softmax, softmax
from torch.distributions import Normal, kl_divergence

from vibcli.evaluation.codes import BATCH
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.tasks.classification.predict import predict

ROWS = tiny.batch(tiny.rows(2 * BATCH + 37))
X, Y = ROWS
Floats = NDArray[np.float64]


def trained(variant: str = "vib", **settings: object) -> BottleneckLearner:
    model = tiny.model(variant, **settings)
    noise = torch.Generator().manual_seed(0)
    for _ in range(30):
        model.step(ROWS, noise)
    return model


def head(model: BottleneckLearner, z: Floats) -> Floats:
    weight, bias = (p.detach().double().numpy() for p in model.head.parameters())
    return z @ weight.T + bias


def expectation(model: BottleneckLearner, row: int, value: Callable[[Floats], float]) -> float:
    """E over z of value(logits) for a latent of one dimension, by numeric integration."""
    with torch.no_grad():
        code = model.encode(X[row : row + 1])
    assert code.sigma is not None
    z = stats.norm(code.mean.item(), code.sigma.item())
    found, _ = integrate.quad(
        lambda point: z.pdf(point) * value(head(model, np.array([point]))),
        *z.interval(1 - 1e-12),
        limit=200,
    )
    return float(found)


@pytest.mark.parametrize("variant", tiny.CLASSIFIERS)
def test_without_samples_the_mean_of_z_is_used_and_no_noise(variant: str) -> None:
    model = trained(variant)
    with torch.no_grad():
        mean = model.encode(X).mean.double().numpy()
    found = predict(model, X, tiny.CPU)
    assert np.allclose(found.log_probabilities, log_softmax(head(model, mean), axis=1), atol=1e-5)
    other = predict(model, X, tiny.CPU, seed=1)
    assert np.array_equal(found.log_probabilities, other.log_probabilities)
    assert not model.training


@pytest.mark.parametrize("samples", [1, 5])
def test_samples_are_drawn_by_seed(samples: int) -> None:
    model = trained()
    first, again, other = (predict(model, X, tiny.CPU, samples, seed) for seed in (0, 0, 1))
    assert np.array_equal(first.log_probabilities, again.log_probabilities)
    assert not np.allclose(first.log_probabilities, other.log_probabilities)
    assert np.allclose(np.exp(first.log_probabilities).sum(1), 1)


def test_samples_average_probabilities_not_logits() -> None:
    model = tiny.model(latent=1, sigma_init=5.0)
    rows = [0, 1, 2]
    found = np.exp(predict(model, X[rows], tiny.CPU, samples=30_000).log_probabilities)
    for row in rows:
        expected = [expectation(model, row, lambda v, c=c: softmax(v)[c]) for c in range(3)]
        assert found[row] == pytest.approx(expected, abs=0.01)
    # averaged logits of a linear head are those at the mean of z
    by_logit = np.exp(predict(model, X[rows], tiny.CPU).log_probabilities)
    assert np.abs(found - by_logit).max() > 0.05


@pytest.mark.parametrize("samples", [0, 30_000])
def test_distortion_is_the_expected_surprise_of_the_label(samples: int) -> None:
    model = trained(latent=1, sigma_init=2.0)
    rows = np.repeat([0, 1, 2], 1 if samples else 3000)
    found = predict(model, X[rows], tiny.CPU, samples, labels=Y[rows]).distortion
    assert found is not None
    for row in (0, 1, 2):
        expected = expectation(model, row, lambda v, row=row: -log_softmax(v)[Y[row]])
        # without samples 12 draws a row are taken, here averaged over many equal rows
        assert found[rows == row].mean() == pytest.approx(expected, abs=0.02)


def test_distortion_is_never_below_the_nll_of_the_averaged_prediction() -> None:
    model = trained(sigma_init=2.0)
    found = predict(model, X, tiny.CPU, samples=2000, labels=Y)
    assert found.distortion is not None
    nll = -found.log_probabilities[np.arange(len(Y)), Y]
    assert (found.distortion > nll - 0.02).all()
    assert found.distortion.mean() > nll.mean()


@pytest.mark.parametrize("variant", ["baseline", "control"])
@pytest.mark.parametrize("samples", [0, 4])
def test_without_noise_distortion_is_the_nll_of_each_row(variant: str, samples: int) -> None:
    found = predict(trained(variant), X, tiny.CPU, samples, labels=Y)
    assert found.rates is None
    assert found.distortion is not None
    nll = -found.log_probabilities[np.arange(len(Y)), Y]
    assert np.allclose(found.distortion, nll, rtol=1e-12)


def test_without_labels_there_is_no_distortion() -> None:
    assert predict(trained(), X, tiny.CPU).distortion is None


@pytest.mark.parametrize("samples", [0, 3])
def test_rates_agree_with_torch_and_need_no_samples(samples: int) -> None:
    model = trained()
    with torch.no_grad():
        mean, sigma = model.encode(X)
    assert sigma is not None
    expected = kl_divergence(Normal(mean, sigma), Normal(0.0, 1.0)).sum(1)
    rates = predict(model, X, tiny.CPU, samples).rates
    assert rates is not None
    assert np.allclose(rates, expected, rtol=1e-4, atol=1e-5)


def test_batches_keep_rows_and_labels_together() -> None:
    model = trained("control")
    whole = predict(model, X, tiny.CPU, labels=Y)
    assert whole.distortion is not None
    for row in (0, BATCH - 1, BATCH, 2 * BATCH, len(Y) - 1):
        one = predict(model, X[row : row + 1], tiny.CPU, labels=Y[row : row + 1])
        assert one.distortion is not None
        assert np.allclose(one.log_probabilities[0], whole.log_probabilities[row], atol=1e-5)
        assert one.distortion[0] == pytest.approx(whole.distortion[row], abs=1e-5)


def test_confident_logits_do_not_lose_precision() -> None:
    model = trained("control")
    with torch.no_grad():
        for parameter in model.head.parameters():
            parameter.mul_(1e4)
    found = predict(model, X, tiny.CPU, labels=Y)
    assert np.isfinite(found.log_probabilities).all()
    assert found.log_probabilities.min() < -1000
