import math

import numpy as np
import pytest
import tiny
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax
from scipy.stats import entropy as entropy_of

from vibcli.models.bottleneck_learner import BottleneckLearner, below
from vibcli.models.bottlenecks import SIGMAS
from vibcli.models.learner import Batch
from vibcli.tasks.classification.target import entropy
from vibcli.tasks.find import all_variants

VARIANTS = all_variants()
ROWS = tiny.batch(tiny.rows(40))
X, Y = ROWS
NOISY = [name for name, variant in VARIANTS.items() if variant.settings["bottleneck"] == "gaussian"]

Floats = NDArray[np.float64]


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def linear(module: torch.nn.Linear, x: Floats) -> Floats:
    weight, bias = (p.detach().double().numpy() for p in (module.weight, module.bias))
    return x @ weight.T + bias


def hidden(model: BottleneckLearner) -> Floats:
    """Features of the one-layer encoder, in NumPy."""
    return np.maximum(linear(model.encoder.layers[0], X.double().numpy()), 0)


def cross_entropy(logits: Floats) -> float:
    """Mean over any leading axes of ``[..., B, C]``."""
    picked = np.take_along_axis(
        log_softmax(logits, axis=-1),
        np.broadcast_to(Y.numpy(), logits.shape[:-1])[..., None],
        axis=-1,
    )
    return float(-picked.mean())


@pytest.mark.parametrize("variant", ["baseline", "control"])
def test_loss_without_noise_by_hand(variant: str) -> None:
    model = tiny.model(variant)
    features = hidden(model)
    z = features if variant == "baseline" else linear(model.bottleneck.mean, features)
    expected = cross_entropy(linear(model.head, z))
    loss, distortion, rates, logits = model.loss(X, Y, generator())
    assert loss.item() == distortion.item() == pytest.approx(expected, rel=1e-5)
    assert rates is None
    assert logits.shape == (1, 40, 3)


@pytest.mark.parametrize("samples", [1, 2, 7])
@pytest.mark.parametrize("sigma", SIGMAS)
def test_loss_of_vib_by_hand(sigma: str, samples: int) -> None:
    model = tiny.model("vib", sigma=sigma, sigma_init=0.7, lam=0.3, train_samples=samples)
    features = hidden(model)
    mean = linear(model.bottleneck.mean, features)
    s = linear(model.bottleneck.spread, features)
    # exp((s + 2 log 0.7) / 2) and log(1 + exp(s + log(exp(0.7) - 1)))
    start = math.expm1(0.7)
    std = 0.7 * np.exp(s / 2) if sigma == "log_var" else np.log1p(start * np.exp(s))
    eps = torch.randn(samples, 40, 4, generator=generator()).double().numpy()
    distortion = cross_entropy(linear(model.head, mean + std * eps))
    rates = 0.5 * (mean**2 + std**2 - 1 - np.log(std**2)).sum(1)

    found = model.loss(X, Y, generator())
    assert found[0].item() == pytest.approx(distortion + 0.3 * rates.mean(), rel=1e-5)
    assert found[1].item() == pytest.approx(distortion, rel=1e-5)
    assert found[2] is not None
    assert np.allclose(found[2].detach(), rates, rtol=1e-4)
    assert found[3].shape == (samples, 40, 3)


def test_loss_of_the_other_penalties_by_hand() -> None:
    threshold = tiny.model("vib-threshold", lam=0.3, beta=0.9)
    loss, distortion, rates, _ = threshold.loss(X, Y, generator())
    assert rates is not None
    excess = np.maximum(rates.detach().numpy() - 0.9, 0)
    assert 0 < (excess > 0).sum() < 40
    assert loss.item() == pytest.approx(distortion.item() + 0.3 * excess.mean(), rel=1e-5)

    adaptive = tiny.model("vib-adaptive", lam=0.3, rate_target=0.5, dual_step=0.1)
    loss, distortion, rates, _ = adaptive.loss(X, Y, generator())
    assert rates is not None
    expected = distortion.item() + 0.3 * (rates.mean().item() - 0.5)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("variant", ["baseline", "control", "vib"])
@pytest.mark.parametrize("smoothing", [0.1, 0.7])
def test_label_smoothing_by_hand(variant: str, smoothing: float) -> None:
    settings = {"train_samples": 3} if variant == "vib" else {}
    model = tiny.model(variant, label_smoothing=smoothing, **settings)
    plain = tiny.model(variant, **settings)
    loss, distortion, _, logits = model.loss(X, Y, generator())
    before, same, _, _ = plain.loss(X, Y, generator())
    assert distortion.item() == same.item()
    targets = (1 - smoothing) * np.eye(3)[Y.numpy()] + smoothing / 3
    logs = log_softmax(logits.detach().double().numpy(), axis=-1)
    smoothed = -(targets * logs).sum(-1).mean()
    expected = smoothed + before.item() - same.item()  # the penalty is as it was
    assert loss.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("variant", ["baseline", "control", "vib"])
def test_confidence_penalty_by_hand(variant: str) -> None:
    settings = {"train_samples": 3} if variant == "vib" else {}
    model = tiny.model(variant, confidence_penalty=0.4, **settings)
    before, same, _, _ = tiny.model(variant, **settings).loss(X, Y, generator())
    loss, distortion, _, logits = model.loss(X, Y, generator())
    assert distortion.item() == same.item()
    uncertainty = entropy_of(softmax(logits.detach().double().numpy(), axis=-1), axis=-1)
    assert loss.item() == pytest.approx(before.item() - 0.4 * uncertainty.mean(), rel=1e-5)


def test_rivals_add_up() -> None:
    both = tiny.model("vib", label_smoothing=0.2, confidence_penalty=0.4)
    each = [tiny.model("vib", label_smoothing=0.2), tiny.model("vib", confidence_penalty=0.4)]
    plain, *losses, sum_of_both = (
        model.loss(X, Y, generator())[0].item() for model in (tiny.model("vib"), *each, both)
    )
    assert sum_of_both - plain == pytest.approx(sum(loss - plain for loss in losses), rel=1e-4)


def test_entropy_at_the_edges() -> None:
    found = entropy(torch.tensor([[0.0, 0.0, 0.0], [500.0, 0.0, 0.0], [9.0, 9.0, -500.0]]))
    assert found.tolist() == pytest.approx([math.log(3), 0, math.log(2)])


@pytest.mark.parametrize("strength", [0.5, 2.0])
def test_a_stronger_confidence_penalty_leaves_predictions_less_sure(strength: float) -> None:
    def uncertainty(**settings: float) -> float:
        model, noise = tiny.model("baseline", **settings), generator()
        for _ in range(100):
            model.step(ROWS, noise)
        return entropy(model.head(model.encode(X).mean)).mean().item()

    assert uncertainty(confidence_penalty=strength) > uncertainty(confidence_penalty=0.1)
    assert uncertainty(label_smoothing=0.3) > uncertainty()


def test_loss_with_fixed_noise_by_hand() -> None:
    model = tiny.model("noise", noise=0.3, train_samples=2)
    mean = linear(model.bottleneck.mean, hidden(model))
    eps = torch.randn(2, 40, 4, generator=generator()).double().numpy()
    expected = cross_entropy(linear(model.head, mean + 0.3 * eps))
    loss, distortion, rates, logits = model.loss(X, Y, generator())
    assert loss.item() == distortion.item() == pytest.approx(expected, rel=1e-5)
    assert rates is None
    assert logits.shape == (2, 40, 3)


def test_fixed_noise_and_vib_draw_the_same_noise() -> None:
    noise, vib = tiny.model("noise", noise=0.7), tiny.model("vib", sigma_init=0.7)
    torch.nn.init.zeros_(vib.bottleneck.spread.weight)
    found, expected = (model.loss(X, Y, generator())[1].item() for model in (noise, vib))
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("variant", ["dropout", "vib"])
def test_dropout_is_drawn_from_the_runs_generator_and_only_in_training(variant: str) -> None:
    model = tiny.model(variant, dropout=0.5)
    plain = tiny.model("baseline" if variant == "dropout" else variant)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, again = (model.loss(X, Y, generator())[0].item() for _ in range(2))
    assert first == again
    assert first != model.loss(X, Y, torch.Generator().manual_seed(6))[0].item()
    assert model.encode(X).mean.equal(plain.encode(X).mean)  # no generator, no dropout
    assert torch.get_rng_state().equal(before)


def test_more_samples_estimate_the_same_distortion() -> None:
    one, many = (tiny.model(train_samples=n).loss(X, Y, generator())[1] for n in (1, 500))
    again = tiny.model(train_samples=500).loss(X, Y, torch.Generator().manual_seed(6))[1]
    assert many.item() == pytest.approx(again.item(), abs=0.02)
    assert one.item() == pytest.approx(again.item(), abs=0.3)


def test_the_loss_reaches_every_weight() -> None:
    model = tiny.model()
    model.loss(X, Y, generator())[0].backward()
    for parameter in model.parameters():
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 0


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_step_says_what_it_measured_before_it_moved(variant: str) -> None:
    model = tiny.model(variant)
    loss, distortion, rates, logits = model.loss(X, Y, generator())
    before = tiny.weights(model)
    terms = model.step(ROWS, generator())
    assert (terms["loss_nats"], terms["distortion_nats"]) == (loss.item(), distortion.item())
    assert terms.get("rate_nats") == (None if rates is None else rates.mean().item())
    if variant in tiny.CLASSIFIERS:
        right = (logits[0].argmax(1) == Y).double().mean().item()
        assert terms["accuracy"] == pytest.approx(right)
    else:
        assert "accuracy" not in terms
    assert all(not value.equal(before[name]) for name, value in tiny.weights(model).items())


def test_accuracy_averages_probabilities_not_logits() -> None:
    model = tiny.model(train_samples=3, sigma_init=8.0)
    logits = model.loss(X, Y, generator())[3].detach().numpy()
    by_probability = softmax(logits, axis=-1).mean(0).argmax(1)
    by_logit = logits.mean(0).argmax(1)
    assert (by_probability == Y.numpy()).mean() != (by_logit == Y.numpy()).mean()
    accuracy = model.step(ROWS, generator())["accuracy"]
    assert accuracy == pytest.approx((by_probability == Y.numpy()).mean())


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_loss_that_is_not_finite_changes_nothing(variant: str) -> None:
    model = tiny.model(variant, ema=0.9)
    model.step(ROWS, generator())
    before = {name: value.clone() for name, value in model.training_state().items()}
    broken = X.clone()
    broken[3, 2] = math.inf
    terms = model.step(Batch(broken, Y), generator())
    assert not math.isfinite(terms["loss_nats"])
    assert all(value.equal(before[name]) for name, value in model.training_state().items())


def test_adaptive_lambda_leaves_zero_where_the_rate_is_too_high_and_comes_back() -> None:
    model = tiny.model("vib-adaptive", rate_target=0.2, dual_step=0.05, lr=0.02)
    assert model.penalty is not None
    assert model.penalty.lam == 0
    noise, lams, rates = generator(), [0.0], []
    for _ in range(600):
        rate = model.step(ROWS, noise)["rate_nats"]
        rates.append(rate)
        assert model.penalty.lam == max(0.0, lams[-1] + 0.05 * (rate - 0.2))
        lams.append(model.penalty.lam)
    steps = np.diff(lams)
    assert (steps > 0).any()
    assert (steps < 0).any()
    assert min(lams) >= 0
    assert np.mean(rates[300:]) == pytest.approx(0.2, rel=0.3)  # the constraint is met


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("ema", [None, 0.9])
def test_a_stored_state_continues_bit_by_bit(variant: str, ema: float | None) -> None:
    settings = {"ema": ema, "rate_target": 0.1, "dual_step": 0.1}
    model, noise = tiny.model(variant, **settings), generator()
    for _ in range(3):
        model.step(ROWS, noise)
    state = {name: value.clone() for name, value in model.training_state().items()}
    resumed = tiny.model(variant, seed=1, **settings)
    resumed.load_training_state(state)
    for _ in range(3):
        position = noise.get_state()
        terms = model.step(ROWS, noise)
        noise.set_state(position)
        assert resumed.step(ROWS, noise) == terms
    found = resumed.training_state()
    assert found.keys() == model.training_state().keys()
    assert all(value.equal(found[name]) for name, value in model.training_state().items())
    assert ("penalty.lam" in found) == (variant in NOISY)


@pytest.mark.parametrize("variant", VARIANTS)
def test_bf16_trains_close_to_fp32_with_weights_in_fp32(variant: str) -> None:
    full, half = (tiny.model(variant, precision=p) for p in ("fp32", "bf16"))
    codes = [model.encode(X).mean for model in (full, half)]
    assert codes[1].dtype == torch.float32
    assert not codes[0].equal(codes[1])
    assert torch.allclose(*codes, atol=0.05)
    for model in (full, half):
        noise = generator()
        losses = [model.step(ROWS, noise)["loss_nats"] for _ in range(20)]
        assert losses[-1] < losses[0]
    assert all(p.dtype == torch.float32 for p in half.parameters())


def test_below_takes_the_tensors_under_a_prefix() -> None:
    one, two = torch.ones(1), torch.ones(2)
    found = below("a.", {"a.b": one, "a.a.c": two, "b.a.d": one, "ab": two})
    assert found.keys() == {"b", "a.c"}
    assert found["b"] is one
    assert found["a.c"] is two
