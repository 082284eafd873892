"""The linear Gaussian model, whose log p(x) and posterior are known, stands for the truth."""

import math
from typing import NamedTuple

import numpy as np
import pytest
import tiny
import torch
from numpy.typing import NDArray
from scipy.stats import multivariate_normal
from torch import Tensor, nn

from vibcli.evaluation.codes import AT_A_TIME
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.bottlenecks import VIB, Deterministic
from vibcli.models.likelihoods import LEAST_LOG_SIGMA, Bernoulli, Gaussian, Multinomial
from vibcli.models.networks.bag_of_words import BagOfWords
from vibcli.models.networks.decoder import Decoder
from vibcli.tasks.autoencoding.bounds import (
    BATCH,
    LikelihoodBounds,
    all_metrics,
    bounds,
    importance_weighted,
)
from vibcli.tasks.autoencoding.target import InputTarget

Floats = NDArray[np.float64]
D, K, NOISE = 5, 2, 0.6


class Same(nn.Module):
    """Features that are the input."""

    def forward(self, x: Tensor, rng: torch.Generator | None = None) -> Tensor:
        return x


class Linear(NamedTuple):
    """Probabilistic PCA (Tipping & Bishop 1999): x = W z + b + noise, W with orthogonal columns."""

    model: BottleneckLearner
    x: Tensor
    log_px: Floats  # [N]
    mean: Floats  # of the posterior, [N, K]
    sigma: Floats  # of the posterior, [K]


def fill(parameter: Tensor, values: Floats) -> None:
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(values))


def linear(rows: int = 2 * BATCH + 9, mean_off: float = 0.0, wider: float = 1.0) -> Linear:
    """Rows of the model; its encoder is the posterior, shifted by ``mean_off``, ``wider`` times."""
    rng = np.random.default_rng(0)
    weight = np.linalg.qr(rng.normal(size=(D, K)))[0] * [2.0, 0.8]
    middle = rng.normal(size=D)
    x = rng.normal(size=(rows, K)) @ weight.T + middle + NOISE * rng.normal(size=(rows, D))
    inverse = np.linalg.inv(weight.T @ weight + NOISE**2 * np.eye(K))
    sigma = NOISE * np.sqrt(np.diag(inverse))

    bottleneck = VIB(D, K)
    fill(bottleneck.mean.weight, inverse @ weight.T)
    fill(bottleneck.mean.bias, -inverse @ weight.T @ middle + mean_off)
    fill(bottleneck.spread.weight, np.zeros((K, D)))
    fill(bottleneck.spread.bias, 2 * np.log(wider * sigma))
    decoder, likelihood = Decoder(K, (), D), Gaussian()
    fill(decoder.layers[-1].weight, weight)
    fill(decoder.layers[-1].bias, middle)
    above = math.log(NOISE) - LEAST_LOG_SIGMA
    nn.init.constant_(likelihood.s, LEAST_LOG_SIGMA + math.log(math.expm1(above)))

    covariance = weight @ weight.T + NOISE**2 * np.eye(D)
    return Linear(
        BottleneckLearner(Same(), bottleneck, decoder, InputTarget(likelihood)),
        torch.from_numpy(x).float(),
        multivariate_normal(middle, covariance).logpdf(x),
        (x - middle) @ weight @ inverse,
        sigma,
    )


@pytest.mark.parametrize("samples", [1, 2, AT_A_TIME + 1, 64])
def test_with_the_exact_posterior_the_bound_is_log_p_of_x(samples: int) -> None:
    truth = linear()
    found = bounds(truth.model, truth.x, tiny.CPU, samples)
    assert found.iwae is not None
    assert np.allclose(found.iwae, truth.log_px, atol=1e-4)


def test_with_the_exact_posterior_the_elbo_is_log_p_of_x() -> None:
    truth = linear()
    found = bounds(truth.model, truth.x, tiny.CPU, samples=4000)
    assert found.elbo is not None
    assert np.allclose(found.elbo, truth.log_px, atol=0.12)  # of a row, by Monte Carlo
    assert found.elbo.mean() == pytest.approx(truth.log_px.mean(), abs=0.005)


def test_rates_and_distortions_in_closed_form() -> None:
    truth = linear()
    found = bounds(truth.model, truth.x, tiny.CPU, samples=4000)
    variance = truth.sigma**2
    rates = 0.5 * (truth.mean**2 + variance - 1 - np.log(variance)).sum(1)
    assert found.rates is not None
    assert np.allclose(found.rates, rates, rtol=1e-4, atol=1e-5)
    assert found.distortion.mean() == pytest.approx((-truth.log_px - rates).mean(), abs=0.005)
    weight, middle = (p.detach().double().numpy() for p in truth.model.head.parameters())
    errors = (truth.x.double().numpy() - truth.mean @ weight.T - middle) ** 2
    assert np.allclose(found.squared_error, errors.mean(1), rtol=1e-3, atol=1e-6)
    at_mean = 0.5 * errors.sum(1) / NOISE**2 + D * math.log(NOISE * math.sqrt(2 * math.pi))
    assert np.allclose(found.at_mean, at_mean, rtol=1e-4, atol=1e-4)


WRONG = [{"mean_off": 0.4}, {"wider": 1.8}, {"mean_off": -0.3, "wider": 0.6}]


@pytest.mark.parametrize("wrong", WRONG)
def test_the_elbo_of_a_wrong_posterior_misses_by_its_divergence(wrong: dict[str, float]) -> None:
    truth = linear(**wrong)
    off, wider = wrong.get("mean_off", 0.0), wrong.get("wider", 1.0)
    divergence = (0.5 * (wider**2 + (off / truth.sigma) ** 2 - 1) - math.log(wider)).sum()
    found = bounds(truth.model, truth.x, tiny.CPU, samples=4000)
    assert found.elbo is not None
    assert found.elbo.mean() == pytest.approx(truth.log_px.mean() - divergence, abs=0.01)


@pytest.mark.parametrize("wrong", [{"mean_off": 0.2}, {"wider": 1.8}])
def test_more_draws_raise_the_bound_up_to_log_p_of_x(wrong: dict[str, float]) -> None:
    truth = linear(**wrong)
    found = [bounds(truth.model, truth.x, tiny.CPU, samples) for samples in (5, 500)]
    few, many = (bound.iwae.mean() for bound in found if bound.iwae is not None)
    assert found[1].elbo is not None
    exact = truth.log_px.mean()
    assert found[1].elbo.mean() < few - 0.1
    assert few < many - 0.03
    assert many < exact + 0.01
    assert many == pytest.approx(exact, abs=0.015)


def test_with_one_draw_the_bound_is_the_elbo_in_expectation() -> None:
    truth = linear(mean_off=0.3, wider=1.3)
    many = truth.x[:4].repeat_interleave(5000, 0)
    found = bounds(truth.model, many, tiny.CPU, samples=1)
    assert found.iwae is not None
    assert found.elbo is not None
    for values in (found.iwae, found.elbo):
        assert values.std() > 0.1
    by_row = found.iwae.reshape(4, 5000).mean(1), found.elbo.reshape(4, 5000).mean(1)
    assert by_row[0] == pytest.approx(by_row[1], abs=0.1)
    assert by_row[0].mean() == pytest.approx(by_row[1].mean(), abs=0.04)


def test_importance_weights_are_averaged_as_they_are() -> None:
    weights = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 9.0]])
    assert importance_weighted(weights.log()).exp().tolist() == pytest.approx([3, 5])
    huge = torch.tensor([[-1000.0], [-1001.0]], dtype=torch.float64)
    expected = -1000 + math.log((1 + math.exp(-1)) / 2)
    assert importance_weighted(huge).item() == pytest.approx(expected)


def test_draws_follow_the_seed() -> None:
    truth = linear(wider=1.5)
    first, again, other = (bounds(truth.model, truth.x, tiny.CPU, 3, seed) for seed in (0, 0, 1))
    assert np.array_equal(first.distortion, again.distortion)
    assert not np.array_equal(first.distortion, other.distortion)
    for values, same in ((first.rates, other.rates), (first.at_mean, other.at_mean)):
        assert np.array_equal(values, same)


def test_binarised_pixels_follow_the_seed() -> None:
    x, _ = tiny.batch(tiny.pixels())
    model = tiny.picture_model(binarise="dynamic")
    first, again, other = (bounds(model, x, tiny.CPU, 1, seed) for seed in (0, 0, 1))
    assert np.array_equal(first.at_mean, again.at_mean)
    assert not np.array_equal(first.at_mean, other.at_mean)


def test_a_code_without_noise_has_no_bound() -> None:
    truth = linear()
    deterministic = Deterministic(D, K)
    deterministic.mean = truth.model.bottleneck.mean
    model = BottleneckLearner(Same(), deterministic, truth.model.head, truth.model.target)
    found, exact = (bounds(m, truth.x, tiny.CPU, 7) for m in (model, truth.model))
    assert (found.rates, found.iwae, found.elbo) == (None, None, None)
    assert np.array_equal(found.distortion, found.at_mean)
    assert np.array_equal(found.at_mean, exact.at_mean)
    metrics = all_metrics(found)
    for name in ("elbo_nats", "iwae_nats", "iw_samples", "rate_nats", "rate_bits", "perplexity"):
        assert metrics[name] is None
    assert metrics["distortion_nats"] == found.at_mean.mean()


def test_evaluation_draws_no_dropout_and_leaves_the_model_as_it_was() -> None:
    model = tiny.model("vae", dropout=0.5)
    x, _ = tiny.batch(tiny.rows())
    before = tiny.weights(model)
    first, again = (bounds(model, x, tiny.CPU, 2) for _ in range(2))
    assert np.array_equal(first.at_mean, again.at_mean)
    assert not model.training
    assert all(value.equal(before[name]) for name, value in tiny.weights(model).items())


def test_units_that_are_active_by_hand() -> None:
    """Means of +-w have the variance w^2; those above 0.01 count."""
    model = linear().model
    fill(model.bottleneck.mean.bias, np.array([5.0, 0.0]))  # where they lie does not matter
    x = torch.ones(2 * BATCH, D)
    x[::2, 0] = -1
    for first, second, active in ((0.101, 0.099, 1), (0.099, 0.0, 0), (0.101, 3.0, 2)):
        weight = np.zeros((K, D))
        weight[:, 0] = first, second
        fill(model.bottleneck.mean.weight, weight)
        assert bounds(model, x, tiny.CPU, 1).active_units == active


def by_hand(**changes: Floats | None) -> LikelihoodBounds:
    given: dict[str, Floats | None] = {
        "distortion": np.array([10.0, 20.0]),
        "at_mean": np.array([9.0, 18.0]),
        "rates": np.array([1.0, 2.0]),
        "iwae": np.array([-10.5, -21.0]),
        "squared_error": np.array([0.1, 0.3]),
        "words": np.array([4.0, 7.0]),
    }
    return LikelihoodBounds(**{**given, **changes}, active_units=3, samples=8)  # type: ignore[arg-type]


def test_metrics_by_hand() -> None:
    assert all_metrics(by_hand()) == {
        "elbo_nats": -16.5,
        "iwae_nats": -15.75,
        "iw_samples": 8,
        "distortion_nats": 15.0,
        "distortion_at_mean_nats": 13.5,
        "squared_error": pytest.approx(0.2),
        "perplexity": pytest.approx(math.exp(33 / 11)),  # by words, not by texts
        "rate_nats": 1.5,
        "rate_bits": pytest.approx(1.5 / math.log(2)),
        "active_units": 3,
        "rows": 2,
    }
    assert all_metrics(by_hand(words=None))["perplexity"] is None


def test_a_decoder_that_knows_nothing_is_as_perplexed_as_there_are_words() -> None:
    vocabulary = 50
    model = BottleneckLearner(
        BagOfWords(vocabulary, (4,)),
        VIB(4, 2),
        Decoder(2, (), vocabulary),
        InputTarget(Multinomial(vocabulary)),
    )
    for parameter in model.parameters():
        nn.init.zeros_(parameter)  # the posterior is the prior, all words are equally likely
    ids = torch.randint(0, vocabulary, (7, 30), generator=torch.Generator().manual_seed(0))
    found = bounds(model, ids, tiny.CPU, samples=3)
    assert found.words is not None
    assert found.words.tolist() == (ids >= 2).sum(1).tolist()
    metrics = all_metrics(found)
    assert metrics["perplexity"] == pytest.approx(vocabulary, rel=1e-5)
    assert metrics["rate_nats"] == 0


def test_a_decoder_that_knows_nothing_pays_log_2_a_pixel() -> None:
    model = tiny.picture_model()
    assert isinstance(model.target.likelihood, Bernoulli)
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    found = bounds(model, tiny.batch(tiny.pixels()).x, tiny.CPU, samples=3)
    assert found.distortion == pytest.approx(16 * math.log(2), rel=1e-5)
    assert found.iwae == pytest.approx(-16 * math.log(2), rel=1e-5)
