import math

import numpy as np
import pytest
import tiny
import torch
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit
from torch import Tensor

from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.likelihoods import Bernoulli
from vibcli.tasks.autoencoding.target import InputTarget
from vibcli.tasks.autoencoding.work import WORK
from vibcli.tasks.resolve import resolve

Floats = NDArray[np.float64]
PART, PICTURES = tiny.rows(40), tiny.pixels(40)
ROWS = tiny.batch(PART)
X, Y = ROWS
PIXELS, LABELS = tiny.batch(PICTURES)
NOISY = ["vae", "vae-threshold", "vae-adaptive"]


def generator(seed: int = 5) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def linear(module: torch.nn.Linear, x: Floats) -> Floats:
    weight, bias = (p.detach().double().numpy() for p in (module.weight, module.bias))
    return x @ weight.T + bias


def decoded(model: BottleneckLearner, z: Floats) -> Floats:
    first, _, last = model.head.layers
    return linear(last, np.maximum(linear(first, z), 0))


@pytest.mark.parametrize("samples", [1, 4])
@pytest.mark.parametrize("variant", NOISY)
def test_loss_of_numbers_by_hand(variant: str, samples: int) -> None:
    settings = {"lam": 0.3, "beta": 0.9, "rate_target": 0.5, "train_samples": samples}
    settings |= {"dual_step": 0.1}  # without one lambda is controlled, see `Controlled`
    model = tiny.model(variant, **settings)
    features = np.maximum(linear(model.encoder.layers[0], X.double().numpy()), 0)
    mean = linear(model.bottleneck.mean, features)
    sigma = np.exp(linear(model.bottleneck.spread, features) / 2)
    eps = torch.randn(samples, 40, 4, generator=generator()).double().numpy()
    outputs = decoded(model, mean + sigma * eps)
    deviation = math.exp(model.target.likelihood.log_sigma.item())
    distortion = -stats.norm(outputs, deviation).logpdf(X.double().numpy()).sum(-1).mean()
    rates = 0.5 * (mean**2 + sigma**2 - 1 - np.log(sigma**2)).sum(1)
    cost = {
        "vae": 0.3 * rates.mean(),
        "vae-threshold": 0.3 * np.maximum(rates - 0.9, 0).mean(),
        "vae-adaptive": 0.3 * (rates.mean() - 0.5),
    }[variant]
    found = model.loss(X, Y, generator())
    assert found[0].item() == pytest.approx(distortion + cost, rel=1e-5)
    assert found[1].item() == pytest.approx(distortion, rel=1e-5)
    assert found[2] is not None
    assert np.allclose(found[2].detach(), rates, rtol=1e-4)
    assert found[3].shape == (samples, 40, 6)


def test_loss_of_pixels_without_noise_by_hand() -> None:
    model = tiny.picture_model("ae")
    grey = PIXELS.flatten(1).double().numpy() / 255
    features = np.maximum(linear(model.encoder.layers[0], 2 * grey - 1), 0)
    p = expit(decoded(model, linear(model.bottleneck.mean, features)))
    expected = -(grey * np.log(p) + (1 - grey) * np.log(1 - p)).sum(-1).mean()
    loss, distortion, rates, _ = model.loss(PIXELS, LABELS, generator())
    assert loss.item() == distortion.item() == pytest.approx(expected, rel=1e-5)
    assert rates is None


def test_labels_make_no_difference() -> None:
    for variant in tiny.AUTOENCODERS:
        found, other = (tiny.model(variant).loss(X, y, generator())[0] for y in (Y, 2 - Y))
        assert found.equal(other)


def test_the_deviation_is_learnt_with_the_rest() -> None:
    model = tiny.model("ae")
    before = model.target.likelihood.s.item()
    model.step(ROWS, generator())
    assert model.target.likelihood.s.item() != before
    assert any(name.endswith("likelihood.s") for name in model.training_state())


def binarised(likelihood: Bernoulli | None = None) -> InputTarget:
    return InputTarget(likelihood or Bernoulli(), binarise=True)


def test_binarised_pixels_are_black_or_white_with_the_grey_value_as_their_mean() -> None:
    x = torch.tensor([0, 1, 51, 128, 254, 255], dtype=torch.uint8).repeat(40_000, 1)
    drawn = binarised().view(x, generator())
    assert drawn.dtype == torch.uint8
    assert drawn.unique().tolist() == [0, 255]
    means = drawn.double().mean(0) / 255
    assert means.tolist() == pytest.approx([v / 255 for v in (0, 1, 51, 128, 254, 255)], abs=0.01)
    assert means[0] == 0
    assert means[-1] == 1
    assert InputTarget(Bernoulli()).view(x, generator()) is x


def test_pixels_are_drawn_one_by_one() -> None:
    x = torch.full((4000, 1, 2, 2), 128, dtype=torch.uint8)
    drawn = binarised().view(x, generator()).flatten(1).double()
    assert torch.corrcoef(drawn.T).fill_diagonal_(0).abs().max() < 0.06


class Watched(Bernoulli):
    """Keeps the inputs that it is asked about."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []

    def log_prob(self, output: Tensor, x: Tensor) -> Tensor:
        self.seen.append(x)
        return super().log_prob(output, x)


def watched(**settings: object) -> tuple[BottleneckLearner, list[Tensor], list[Tensor]]:
    """A model that binarises, what its encoder gets and what its likelihood gets."""
    model = tiny.picture_model("vae", **settings)
    likelihood, encoded = Watched(), []
    model.target = binarised(likelihood)
    model.encoder.register_forward_pre_hook(lambda _, inputs: encoded.append(inputs[0]))
    return model, encoded, likelihood.seen


def test_encoder_and_likelihood_see_the_same_draw() -> None:
    model, encoded, judged = watched(train_samples=3)
    for step in range(3):
        model.step(tiny.batch(PICTURES), generator(step))
    WORK.validate(model, PICTURES, tiny.CPU)
    assert len(encoded) == 4
    assert all(x.unique().tolist() == [0, 255] for x in encoded)
    # the validation asks at the mean and at a draw of z
    assert len(judged) == 5
    pairs = [*zip(encoded, judged, strict=False), (encoded[3], judged[4])]
    assert all(a.equal(b) for a, b in pairs)


def test_training_draws_anew_in_each_epoch_and_evaluation_always_the_same() -> None:
    one = PICTURES.x[:1].repeat(8, 0)  # one picture, so that the order does not matter
    rows = tiny.part(one, np.zeros(8, np.int64))

    def draws(seed: int) -> list[Tensor]:
        model, encoded, _ = watched()
        given = {"task": "autoencoding", "epochs": 3, "batch_size": 8}
        list(tiny.training(model, rows, rows, seed=seed, **given))
        return encoded

    first = draws(0)
    assert len(first) == 6  # training and validation in turn
    trained, validated = first[::2], first[1::2]
    assert all(x.equal(validated[0]) for x in validated)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert not trained[a].equal(trained[b])
    assert not trained[0][0].equal(trained[0][1])
    assert all(a.equal(b) for a, b in zip(first, draws(0), strict=True))
    assert not draws(1)[0].equal(trained[0])


@pytest.mark.parametrize("variant", tiny.AUTOENCODERS)
def test_a_decoder_starts_at_the_mean_of_the_pixels(variant: str) -> None:
    model = tiny.picture_model(variant)
    before = tiny.weights(model)
    model.target.begin(model.head, PICTURES)
    moved = {name for name, value in tiny.weights(model).items() if not value.equal(before[name])}
    assert moved == {"head.layers.2.bias"}
    at_zero = model.head(torch.zeros(1, 3)).sigmoid()
    mean = PIXELS.flatten(1).float().mean(0) / 255
    assert at_zero[0].tolist() == pytest.approx(mean.tolist(), abs=1e-5)


def test_a_decoder_starts_at_the_mean_of_numbers_and_of_words() -> None:
    model = tiny.model("vae")
    model.target.begin(model.head, PART)
    assert model.head(torch.zeros(1, 4))[0].tolist() == pytest.approx(X.mean(0).tolist(), abs=1e-5)
    config = resolve("vae", "text", {"vocabulary": 6, "widths": (8,), "latent": 3})
    words = WORK.build(config, (4,), 2, 0, tiny.CPU)
    texts = np.array([[0, 2, 2, 3], [4, 4, 5, 1]], np.int32)
    words.target.begin(words.head, tiny.part(texts, [0, 1]))
    shares = [1 / 3, 1 / 6, 1 / 3, 1 / 6]
    found = words.head(torch.zeros(1, 3)).softmax(-1)[0].tolist()
    rarest = 1 / 6  # what never occurs has the probability of the rarest
    assert found == pytest.approx([p / (1 + 2 * rarest) for p in (rarest, rarest, *shares)])


def test_training_starts_there_once_and_a_classifier_nowhere() -> None:
    def first_bias(history: bool) -> Tensor:
        model = tiny.picture_model("vae", lr=1e-9)
        rows = PICTURES
        given = {"task": "autoencoding", "epochs": 2, "batch_size": 40}
        epochs = tiny.training(model, rows, rows, **given)
        first = next(epochs)
        if history:
            model.head.layers[-1].bias.data.zero_()
            list(tiny.training(model, rows, rows, history=(first,), **given))
        return model.head.layers[-1].bias.detach()

    mean = PIXELS.flatten(1).float().mean(0) / 255
    assert torch.allclose(first_bias(False), torch.logit(mean), atol=1e-4)
    assert first_bias(True).abs().max() < 1e-6
    classifier = tiny.model("vib")
    before = tiny.weights(classifier)
    classifier.begin(PART)
    assert all(value.equal(before[name]) for name, value in tiny.weights(classifier).items())


def test_an_input_that_is_not_finite_leaves_the_start_finite() -> None:
    model, broken = tiny.model("vae"), X.clone()
    broken[3, 2] = math.inf
    model.target.begin(model.head, tiny.part(broken, Y))
    bias = model.head.layers[-1].bias
    assert bias[2] == 0
    others = [0, 1, 3, 4, 5]
    assert torch.allclose(bias[others], X.mean(0)[others], atol=1e-5)


def rates_of(model: BottleneckLearner, steps: int) -> list[float]:
    noise, rates = generator(), []
    for _ in range(steps):
        rates.append(model.step(ROWS, noise)["rate_nats"])
    return rates


@pytest.mark.parametrize("target", [0.5, 2.0])
def test_an_adaptive_weight_holds_the_rate_at_its_target(target: float) -> None:
    model = tiny.model("vae-adaptive", rate_target=target, dual_step=0.05)
    rates = rates_of(model, 400)
    assert np.mean(rates[200:]) == pytest.approx(target, rel=0.25)
    assert model.penalty is not None
    assert model.penalty.lam > 0


def test_a_target_that_is_out_of_reach_leaves_the_rate_alone() -> None:
    model = tiny.model("vae-adaptive", rate_target=99.0, dual_step=0.05)
    assert np.mean(rates_of(model, 200)[100:]) > 3
    assert model.penalty is not None
    assert model.penalty.lam == 0


def test_information_is_free_up_to_the_threshold() -> None:
    def rates(variant: str, **settings: float) -> Floats:
        model = tiny.model(variant, lam=20.0, **settings)
        rates_of(model, 250)
        found = model.encode(X).rates()
        assert found is not None
        return found.detach().double().numpy()

    free = rates("vae-threshold", beta=1.5)
    assert free.mean() == pytest.approx(1.5, abs=0.4)
    assert rates("vae").mean() < 0.1  # at the same weight nothing is free
