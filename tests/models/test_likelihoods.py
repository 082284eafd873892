import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, gammaln, softmax
from torch import Tensor

from vibcli.models.likelihoods import LEAST_LOG_SIGMA, Bernoulli, Gaussian, Multinomial
from vibcli.models.networks.initialization import initialize
from vibcli.registry import LIKELIHOODS
from vibcli.tasks.resolve import resolve

Floats = NDArray[np.float64]


def array(tensor: Tensor) -> Floats:
    return tensor.detach().double().numpy()


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


BINARY = torch.tensor([[0, 255, 255, 0], [255, 0, 0, 0]], dtype=torch.uint8).view(2, 1, 2, 2)
IDS = torch.tensor([[0, 0, 3, 1, 3, 2, 5], [4, 4, 4, 4, 2, 1, 1]])


def test_bernoulli_of_binary_pixels_agrees_with_scipy() -> None:
    outputs = 3 * normal(5, 2, 4)
    expected = stats.bernoulli.logpmf(array(BINARY.flatten(1)) / 255, expit(array(outputs))).sum(-1)
    found = Bernoulli().log_prob(outputs, BINARY)
    assert found.shape == (5, 2)
    assert np.allclose(array(found), expected, rtol=1e-5)


def test_bernoulli_of_grey_pixels_by_hand() -> None:
    # 51 / 255 = 0.2 and 204 / 255 = 0.8, predicted with 0.3 and 0.9
    x = torch.tensor([[51, 204]], dtype=torch.uint8)
    outputs = torch.tensor([[math.log(3 / 7), math.log(9)]])
    expected = 0.2 * math.log(0.3) + 0.8 * math.log(0.7) + 0.8 * math.log(0.9) + 0.2 * math.log(0.1)
    assert Bernoulli().log_prob(outputs, x).tolist() == pytest.approx([expected])
    assert Bernoulli().mean(outputs).tolist() == [pytest.approx([0.3, 0.9])]
    assert Bernoulli().observed(x).tolist() == [pytest.approx([0.2, 0.8])]


def test_bernoulli_starts_at_the_mean() -> None:
    mean = torch.tensor([0.2, 0.8, 0.5])
    assert Bernoulli().mean(Bernoulli().output(mean)).tolist() == pytest.approx(mean.tolist())
    ends = Bernoulli().mean(Bernoulli().output(torch.tensor([0.0, 1.0])))
    assert ends.tolist() == pytest.approx([1 / 512, 511 / 512])


def test_bernoulli_is_best_where_the_probability_is_the_grey_value() -> None:
    x = torch.tensor([[51, 102, 204]], dtype=torch.uint8)
    outputs = torch.logit(torch.tensor([[0.2, 0.4, 0.8]])).requires_grad_()
    Bernoulli().log_prob(outputs, x).sum().backward()
    assert outputs.grad is not None
    assert outputs.grad.abs().max() < 1e-6


@pytest.mark.parametrize("size", [1e2, 1e4, 1e30])
def test_extreme_outputs_of_bernoulli_stay_finite(size: float) -> None:
    x = torch.tensor([[0, 255, 0, 255]], dtype=torch.uint8)
    outputs = torch.tensor([[-size, size, size, -size]], requires_grad=True)
    found = Bernoulli().log_prob(outputs, x)
    assert found.item() == pytest.approx(-2 * size)  # two are right, two are wrong
    found.sum().backward()
    assert outputs.grad is not None
    assert outputs.grad[0].tolist() == pytest.approx([0, 0, -1, 1])


def gaussian(log_sigma: float) -> Gaussian:
    """With this logarithm of sigma, above the least."""
    likelihood = Gaussian()
    above = log_sigma - LEAST_LOG_SIGMA
    torch.nn.init.constant_(likelihood.s, LEAST_LOG_SIGMA + math.log(math.expm1(above)))
    return likelihood


@pytest.mark.parametrize("log_sigma", [-5.0, -1.3, 0.0, 2.0])
def test_gaussian_agrees_with_scipy(log_sigma: float) -> None:
    likelihood = gaussian(log_sigma)
    assert likelihood.log_sigma.item() == pytest.approx(log_sigma, abs=1e-5)
    x, outputs = normal(4, 3), normal(5, 4, 3, seed=1)
    expected = stats.norm(array(outputs), math.exp(log_sigma)).logpdf(array(x)).sum(-1)
    found = likelihood.log_prob(outputs, x)
    assert found.shape == (5, 4)
    assert np.allclose(array(found), expected, rtol=1e-4)
    assert likelihood.mean(outputs) is outputs


def test_gaussian_starts_at_a_deviation_of_one() -> None:
    assert Gaussian().log_sigma.item() == pytest.approx(0, abs=0.005)


def test_gaussian_scales_pixels_and_no_numbers() -> None:
    pixels = torch.tensor([[0, 51, 255]], dtype=torch.uint8)
    assert Gaussian().observed(pixels).tolist() == [pytest.approx([0, 0.2, 1])]
    numbers = torch.tensor([[0.0, 51.0, -255.0]])
    assert Gaussian().observed(numbers).equal(numbers)


def learn(likelihood: Gaussian, outputs: Tensor, x: Tensor) -> None:
    """Many steps down the gradient, none longer than 1/2."""
    for _ in range(200):
        loss = -likelihood.log_prob(outputs, x).mean() / x.shape[1]
        (gradient,) = torch.autograd.grad(loss, likelihood.s)
        with torch.no_grad():
            likelihood.s -= 0.5 * gradient / (1 + gradient.abs())


@pytest.mark.parametrize("start", [-8.0, -6.0, 3.0])
def test_sigma_is_learnt_up_to_the_error_from_anywhere(start: float) -> None:
    x, outputs = 0.05 * normal(50, 6), torch.zeros(50, 6)
    likelihood = Gaussian()
    torch.nn.init.constant_(likelihood.s, start)
    learn(likelihood, outputs, x)
    error = np.sqrt((array(x) ** 2).mean())
    assert likelihood.log_sigma.exp().item() == pytest.approx(error, rel=1e-3)


def test_a_perfect_reconstruction_has_a_finite_density() -> None:
    likelihood, x = Gaussian(), normal(4, 3)
    learn(likelihood, x, x)
    assert LEAST_LOG_SIGMA <= likelihood.log_sigma.item() < LEAST_LOG_SIGMA + 0.02
    most = 3 * (-LEAST_LOG_SIGMA - 0.5 * math.log(2 * math.pi))
    found = likelihood.log_prob(x, x)
    assert found.max() <= most
    assert found.min() > most - 3 * 0.02


def test_multinomial_agrees_with_scipy_but_for_the_coefficient() -> None:
    outputs = 2 * normal(5, 2, 6)
    counts = np.array([[0, 0, 1, 2, 0, 1], [0, 0, 1, 0, 4, 0]])
    p = softmax(array(outputs), axis=-1)
    whole = stats.multinomial.logpmf(counts, counts.sum(1), p)
    coefficient = gammaln(counts.sum(1) + 1) - gammaln(counts + 1).sum(1)
    found = Multinomial(6).log_prob(outputs, IDS)
    assert found.shape == (5, 2)
    assert np.allclose(array(found), whole - coefficient, rtol=1e-5)
    assert np.allclose(array(Multinomial(6).mean(outputs)), p, atol=1e-6)


def test_multinomial_ignores_padding_unknown_words_and_order() -> None:
    likelihood, outputs = Multinomial(6), normal(2, 6)
    expected = likelihood.log_prob(outputs, IDS)
    longer = torch.cat([torch.zeros(2, 3, dtype=torch.long), IDS, torch.ones(2, 4).long()], 1)
    assert likelihood.log_prob(outputs, longer).equal(expected)
    assert likelihood.log_prob(outputs, IDS.flip(1)).equal(expected)
    assert likelihood.counts(longer).equal(likelihood.counts(IDS))


def test_multinomial_of_a_text_without_known_words_is_certain() -> None:
    nothing = torch.tensor([[0, 0, 1]])
    likelihood = Multinomial(6)
    assert likelihood.log_prob(normal(1, 6), nothing).tolist() == [0]
    assert likelihood.observed(nothing).tolist() == [[0] * 6]


def test_observed_words_are_shares_of_the_text() -> None:
    found = Multinomial(6).observed(IDS).tolist()
    assert found == [
        [0, 0, 0.25, 0.5, 0, 0.25],
        [0, 0, pytest.approx(0.2), 0, pytest.approx(0.8), 0],
    ]


def test_multinomial_starts_at_the_mean_with_every_word_possible() -> None:
    mean = torch.tensor([0.0, 0.0, 0.5, 0.3, 0.2, 0.0])
    found = Multinomial(6).mean(Multinomial(6).output(mean))
    assert found.tolist() == pytest.approx([x / 1.6 for x in (0.2, 0.2, 0.5, 0.3, 0.2, 0.2)])
    nothing = Multinomial(6).mean(Multinomial(6).output(torch.zeros(6)))
    assert nothing.tolist() == pytest.approx([1 / 6] * 6)


def test_multinomial_is_best_at_the_shares() -> None:
    shares = Multinomial(6).observed(IDS)
    outputs = shares.clamp(min=1e-30).log().requires_grad_()
    Multinomial(6).log_prob(outputs, IDS).sum().backward()
    assert outputs.grad is not None
    assert outputs.grad.abs().max() < 1e-5


@pytest.mark.parametrize("size", [1e4, 1e30])
def test_extreme_outputs_of_multinomial_stay_finite(size: float) -> None:
    outputs = torch.zeros(2, 6)
    outputs[:, 3] = size
    found = Multinomial(6).log_prob(outputs, IDS)
    assert found.tolist() == pytest.approx([-2 * size, -5 * size])  # words that are not word 3


@pytest.mark.parametrize(
    ("name", "kind", "shape", "outputs", "of_words"),
    [
        ("bernoulli", "image", (3, 4, 5), 60, False),
        ("gaussian", "image", (1, 4, 5), 20, False),
        ("gaussian", "tabular", (7,), 7, False),
        ("multinomial", "text", (40,), 30, True),  # a word each, however long the text is
    ],
)
def test_a_likelihood_from_settings_reads_as_many_outputs_as_it_says(
    name: str, kind: str, shape: tuple[int, ...], outputs: int, of_words: bool
) -> None:
    config = resolve("vae", kind, {"likelihood": name, "vocabulary": 30, "tokens": 40})  # type: ignore[arg-type]
    found = LIKELIHOODS.load(name).from_config(config)
    assert found.outputs(shape) == outputs
    assert found.of_words is of_words
    x = torch.full((2, *shape), 5, dtype=torch.uint8 if kind == "image" else torch.long)
    assert found.observed(x).shape == (2, outputs)
    assert found.log_prob(torch.zeros(3, 2, outputs), x).shape == (3, 2)
    assert (found.known_words(x) is not None) == of_words


def test_a_gaussian_starts_with_a_deviation_of_1_whatever_it_was() -> None:
    found = Gaussian()
    torch.nn.init.constant_(found.s, 3.0)
    initialize(found, 0)
    assert found.s.item() == 0
    assert found.log_sigma.item() == pytest.approx(0, abs=3e-3)
