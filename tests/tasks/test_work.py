from collections.abc import Callable

import numpy as np
import pytest
import tiny
import torch
from numpy.typing import NDArray
from scipy import integrate, stats
from scipy.special import log_softmax, softmax
from torch.distributions import Normal, kl_divergence
from vibcli.evaluation.evaluate import BATCH, evaluate, validate

from vibcli.evaluation.codes import codes
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.tasks.autoencoding import bounds as elbo
from vibcli.tasks.autoencoding.bounds import Bounds
from vibcli.tasks.autoencoding.samples import sample_energy
from vibcli.tasks.classification import metrics
from vibcli.tasks.classification.predict import predict

X, Y = tiny.rows(2 * BATCH + 37)
Floats = NDArray[np.float64]


def trained(variant: str = "vib", **settings: object) -> BottleneckLearner:
    model = tiny.model(variant, **settings)
    noise = torch.Generator().manual_seed(0)
    for _ in range(30):
        model.step(X, Y, noise)
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


def test_codes_come_batch_by_batch_without_gradient() -> None:
    model = trained()
    found = list(codes(model, X, tiny.CPU))
    assert [len(code.mean) for code in found] == [BATCH, BATCH, 37]
    assert not any(code.mean.requires_grad for code in found)


def test_evaluation_leaves_the_model_as_it_was() -> None:
    model = trained()
    before = tiny.weights(model)
    evaluate(model, X, Y, tiny.CPU, samples=2)
    assert all(value.equal(before[name]) for name, value in tiny.weights(model).items())
    model.step(X, Y, torch.Generator().manual_seed(0))  # it can still be trained


@pytest.mark.parametrize("variant", tiny.CLASSIFIERS)
@pytest.mark.parametrize("samples", [0, 3])
def test_evaluate_gives_all_metrics_of_its_predictions(variant: str, samples: int) -> None:
    model = trained(variant)
    values, found = evaluate(model, X, Y, tiny.CPU, samples, seed=4)
    again = predict(model, X, tiny.CPU, samples, seed=4, labels=Y)
    assert np.array_equal(found.log_probabilities, again.log_probabilities)
    assert again.distortion is not None
    assert values == metrics.all_metrics(
        again.log_probabilities, Y.numpy(), again.distortion, again.rates
    )
    assert values["accuracy"] is not None
    assert values["accuracy"] > 0.6


@pytest.mark.parametrize("variant", tiny.CLASSIFIERS)
def test_validation_watches_what_evaluation_measures_at_the_mean(variant: str) -> None:
    model = trained(variant)
    values, _ = evaluate(model, X, Y, tiny.CPU)
    watched = validate(model, X, Y, tiny.CPU)
    assert watched == {key: values[key] for key in ("accuracy", "nll_nats", "rate_nats")}


@pytest.mark.parametrize("variant", tiny.AUTOENCODERS)
@pytest.mark.parametrize("samples", [None, 3])
def test_evaluate_gives_all_metrics_of_an_autoencoder(variant: str, samples: int | None) -> None:
    model = trained(variant)
    values, found = evaluate(model, X, Y, tiny.CPU, samples, seed=4)
    again = elbo.bounds(model, X, tiny.CPU, samples, seed=4)
    assert isinstance(found, Bounds)
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
    found = validate(tiny.model(variant), X, Y, tiny.CPU)["distortion_nats"]
    assert found is not None
    return found


@pytest.mark.parametrize("variant", tiny.AUTOENCODERS)
def test_validation_watches_the_elbo_at_one_draw(variant: str) -> None:
    model = trained(variant)
    values, _ = evaluate(model, X, Y, tiny.CPU, samples=1)
    watched = validate(model, X, Y, tiny.CPU)
    keys = ("elbo_nats", "distortion_nats", "rate_nats")
    assert watched == {key: values[key] for key in keys}
    assert watched == validate(model, X, Y, tiny.CPU)  # the same draws each time


def test_confident_logits_do_not_lose_precision() -> None:
    model = trained("control")
    with torch.no_grad():
        for parameter in model.head.parameters():
            parameter.mul_(1e4)
    found = predict(model, X, tiny.CPU, labels=Y)
    assert np.isfinite(found.log_probabilities).all()
    assert found.log_probabilities.min() < -1000
