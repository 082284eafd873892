import copy
import io
import math

import numpy as np
import pytest
import torch
from scipy.special import expit
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from vibcli.models.bottlenecks import (
    SIGMAS,
    VIB,
    Code,
    Deterministic,
    NoBottleneck,
    Noisy,
    Units,
)
from vibcli.registry import BOTTLENECKS
from vibcli.tasks.resolve import resolve

FEATURES = torch.randn(5, 8, generator=torch.Generator().manual_seed(0))

# sigma as a function of the layer's output s, with its default offset, written once more
BY_HAND = {
    "log_var": lambda s: np.exp(s / 2),
    "softplus": lambda s: np.log1p(np.exp(s - 5)),
}


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("sigma", [None, torch.full((5, 8), 0.3)])
def test_no_samples_means_the_mean_without_noise(sigma: Tensor | None) -> None:
    assert Code(FEATURES, sigma).draw(0, generator())[0].equal(FEATURES)


def test_draws_have_mean_and_sigma_of_the_code() -> None:
    sigma = FEATURES.abs() + 0.1
    z = Code(FEATURES, sigma).draw(20_000, generator())
    assert z.shape == (20_000, 5, 8)
    assert torch.allclose(z.mean(0), FEATURES, atol=0.1)
    assert torch.allclose(z.std(0), sigma, rtol=0.03)


@pytest.mark.parametrize("samples", [0, 1, 7])
def test_without_sigma_there_is_one_draw_and_no_rate(samples: int) -> None:
    code = Code(FEATURES, None)
    assert code.draw(samples, generator()).equal(FEATURES[None])
    assert code.rates() is None


def test_units_are_a_sigmoid_of_a_linear_map_without_noise_and_rate() -> None:
    layer = Units(8, 3)
    code = layer.encode(100 * FEATURES)
    weight, bias = (p.detach().double().numpy() for p in layer.parameters())
    expected = expit(100 * FEATURES.double().numpy() @ weight.T + bias)
    assert np.allclose(code.mean.detach(), expected, atol=1e-5)
    assert code.draw(5, generator()).shape == (1, 5, 3)
    assert code.rates() is None
    assert layer.latent == 3


def test_rates_of_a_code_agree_with_torch() -> None:
    code = Code(FEATURES, FEATURES.abs() + 0.1)
    rates = code.rates()
    assert rates is not None
    assert code.sigma is not None
    expected = kl_divergence(Normal(code.mean, code.sigma), Normal(0.0, 1.0)).sum(1)
    assert torch.allclose(rates, expected, rtol=1e-5)


def test_baseline_passes_the_features_on() -> None:
    layer = NoBottleneck(8)
    assert layer.latent == 8
    assert not list(layer.parameters())
    assert layer.encode(FEATURES) == Code(FEATURES, None)


def test_control_is_linear_of_the_latents_width() -> None:
    layer = Deterministic(8, 3)
    mean, sigma = layer.encode(FEATURES)
    expected = FEATURES.numpy() @ layer.mean.weight.detach().numpy().T
    assert np.allclose(mean.detach(), expected + layer.mean.bias.detach().numpy(), atol=1e-6)
    assert sigma is None


def test_fixed_noise_is_the_control_with_noise_of_one_size_and_no_rate() -> None:
    layer, control = Noisy(8, 3, 0.25), Deterministic(8, 3)
    control.load_state_dict(layer.state_dict())
    assert layer.latent == 3
    code = layer.encode(FEATURES)
    assert code.mean.equal(control.encode(FEATURES).mean)
    assert code.draw(0, generator())[0].equal(code.mean)
    assert code.rates() is None
    eps = torch.randn(2, 5, 3, generator=generator())
    assert torch.allclose(code.draw(2, generator()), code.mean + 0.25 * eps)


def test_fixed_noise_is_that_of_a_gaussian_code_of_its_size() -> None:
    code = Noisy(8, 3, 0.25).encode(FEATURES)
    gaussian = Code(code.mean, torch.full((5, 3), 0.25))
    assert code.draw(4, generator()).equal(gaussian.draw(4, generator()))
    assert gaussian.rates() is not None


def test_every_parametrisation_is_written_here_once_more() -> None:
    assert set(SIGMAS) == set(BY_HAND)


@pytest.mark.parametrize("name", SIGMAS)
def test_sigma_is_the_function_of_the_layers_output_that_it_says(name: str) -> None:
    layer = VIB(8, 3, name)
    s = layer.spread(FEATURES).detach().double().numpy()
    sigma = layer.encode(FEATURES).sigma
    assert sigma is not None
    assert np.allclose(sigma.detach(), BY_HAND[name](s), rtol=1e-5)


def starting_sigma(layer: VIB) -> Tensor:
    torch.nn.init.zeros_(layer.spread.weight)
    torch.nn.init.zeros_(layer.spread.bias)
    sigma = layer.encode(FEATURES).sigma
    assert sigma is not None
    return sigma


@pytest.mark.parametrize("name", SIGMAS)
@pytest.mark.parametrize("sigma_init", [1e-3, 0.1, 1.0, 5.0, 30.0])
def test_sigma_starts_where_it_was_asked_to(name: str, sigma_init: float) -> None:
    sigma = starting_sigma(VIB(8, 3, name, sigma_init))
    assert torch.allclose(sigma, torch.full_like(sigma, sigma_init), rtol=1e-5)


@pytest.mark.parametrize(("name", "expected"), [("log_var", 1.0), ("softplus", 0.00672)])
def test_default_sigma_at_the_start(name: str, expected: float) -> None:
    assert starting_sigma(VIB(8, 3, name))[0, 0].item() == pytest.approx(expected, abs=5e-6)


def test_softplus_has_the_offset_of_alemi() -> None:
    assert VIB(8, 3, "softplus").offset == -5


@pytest.mark.parametrize(
    "arguments",
    [("exp", None), ("", None), ("log_var", 0.0), ("softplus", -1.0), ("log_var", math.inf)],
)
def test_bad_sigma_is_refused(arguments: tuple[str, float | None]) -> None:
    with pytest.raises(ValueError, match="sigma"):
        VIB(8, 3, *arguments)


@pytest.mark.parametrize("name", SIGMAS)
def test_the_layer_draws_in_training_and_gives_the_mean_in_evaluation(name: str) -> None:
    layer = VIB(8, 3, name, sigma_init=0.5)
    assert not layer(FEATURES).equal(layer(FEATURES))
    layer.eval()
    assert layer(FEATURES).equal(layer.mean(FEATURES))
    assert layer(FEATURES).shape == (5, 3)


def test_the_layer_keeps_the_rates_of_its_last_batch() -> None:
    layer = VIB(8, 3)
    layer(FEATURES)
    mean, sigma = layer.encode(FEATURES)
    assert sigma is not None
    expected = kl_divergence(Normal(mean, sigma), Normal(0.0, 1.0)).sum(1)
    assert torch.allclose(layer.rates, expected, rtol=1e-5)
    assert layer.rate.item() == pytest.approx(expected.mean().item(), rel=1e-5)
    layer(FEATURES[:2])
    assert layer.rates.shape == (2,)


def test_rate_and_draw_have_gradients_to_both_maps() -> None:
    for value in (
        lambda layer: layer(FEATURES).sum(),
        lambda layer: (layer(FEATURES), layer.rate)[1],
    ):
        layer = VIB(8, 3)
        value(layer).backward()
        for parameter in layer.parameters():
            assert parameter.grad is not None
            assert parameter.grad.abs().sum() > 0


def test_descending_the_rate_leads_to_the_prior() -> None:
    layer = VIB(8, 2, "softplus")
    optimiser = torch.optim.Adam(layer.parameters(), lr=0.05)
    for _ in range(500):
        layer(FEATURES)
        optimiser.zero_grad()
        layer.rate.backward()
        optimiser.step()
    mean, sigma = layer.encode(FEATURES)
    assert sigma is not None
    assert mean.abs().max() < 0.05
    assert (sigma - 1).abs().max() < 0.05


def test_a_layer_in_use_can_be_copied_and_stored() -> None:
    layer = VIB(8, 3, "softplus", 0.2)
    layer(FEATURES)
    file = io.BytesIO()
    torch.save(layer, file)
    file.seek(0)
    for other in (copy.deepcopy(layer), torch.load(file, weights_only=False)):
        assert other.eval()(FEATURES).equal(layer.mean(FEATURES))
        assert other.encode(FEATURES).sigma.equal(layer.encode(FEATURES).sigma)
    assert layer.rates.shape == (5,)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("none", NoBottleneck),
        ("deterministic", Deterministic),
        ("units", Units),
        ("noisy", Noisy),
        ("gaussian", VIB),
    ],
)
def test_a_bottleneck_is_what_its_settings_say(name: str, kind: type) -> None:
    settings = {"bottleneck": name, "latent": 3, "noise": 0.25, "sigma": "softplus"}
    config = resolve("vib", "tabular", {**settings, "sigma_init": 0.2})
    layer = BOTTLENECKS.load(name).from_config(8, config)
    assert type(layer) is kind
    code = layer.encode(FEATURES)
    assert layer.latent == code.mean.shape[1] == (8 if name == "none" else 3)
    if name == "noisy":
        assert code.sigma.eq(0.25).all()
    if name == "gaussian":
        assert torch.allclose(starting_sigma(layer), torch.full((5, 3), 0.2))


@pytest.mark.parametrize("name", BOTTLENECKS)
def test_units_that_are_bounded_lie_between_0_and_1_and_no_others(name: str) -> None:
    config = resolve("vib", "tabular", {"bottleneck": name, "latent": 3})
    layer = BOTTLENECKS.load(name).from_config(8, config)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=2, generator=generator())
    mean = layer.encode(10 * FEATURES).mean
    assert ((mean >= 0) & (mean <= 1)).all().item() == layer.bounded == (name == "units")


def test_rates_are_in_full_precision_whatever_the_layer_computes_in() -> None:
    features = torch.randn(16, 8, generator=torch.Generator().manual_seed(0))
    layer = VIB(8, 64)
    layer(features)
    plain = layer.rates
    with torch.autocast("cpu", torch.bfloat16):
        z = layer(features.bfloat16().float())
    assert z.dtype == layer.rates.dtype == torch.float32
    torch.testing.assert_close(layer.rates, plain, rtol=0.02, atol=0.02)
    half = VIB(8, 64).half()
    half.load_state_dict(layer.state_dict())
    assert half(features.half()).dtype == torch.float16
    assert half.rates.dtype == torch.float32
    torch.testing.assert_close(half.rates, plain, rtol=0.02, atol=0.02)


def test_there_is_no_rate_before_the_first_batch() -> None:
    with pytest.raises(RuntimeError, match="before the first batch"):
        _ = VIB(8, 2).rate
