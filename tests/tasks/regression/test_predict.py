from typing import Any

import numpy as np
import pytest
import tiny
import torch
from numpy.typing import NDArray
from scipy import stats
from torch.distributions import Normal, kl_divergence

from vibcli.errors import VibError
from vibcli.evaluation.codes import BATCH
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.tasks.regression.predict import DISTORTION_DRAWS, predict

Floats = NDArray[np.float64]
PART = tiny.numbers(2 * BATCH + 37)
X = torch.from_numpy(PART.x)
Y = PART.y


def trained(variant: str = "vib", steps: int = 30, **settings: Any) -> BottleneckLearner:
    model = tiny.model(variant, task="regression", **settings)
    model.begin(PART)
    noise = torch.Generator().manual_seed(0)
    for _ in range(steps):
        tiny.step(model, PART, noise)
    return model


def head(model: BottleneckLearner, z: Floats) -> tuple[Floats, Floats]:
    """Mean and deviation in the label's unit of latents ``[..., K]``, in NumPy."""
    weight, bias = (p.detach().double().numpy() for p in model.head.parameters())
    out = torch.from_numpy(z @ weight.T + bias)
    mean, log_deviation = (v.detach().numpy() for v in model.target.split(out))
    return Y.mean() + Y.std() * mean, Y.std() * np.exp(log_deviation)


@pytest.mark.parametrize("deviation", ["shared", "own"])
@pytest.mark.parametrize("variant", tiny.REGRESSIONS)
def test_without_samples_the_mean_of_z_is_used_and_no_noise(variant: str, deviation: str) -> None:
    model = trained(variant, deviation=deviation)
    with torch.no_grad():
        z = model.encode(X).mean.double().numpy()
    found = predict(model, X, tiny.CPU)
    mean, sd = head(model, z)
    assert found.means.shape == found.deviations.shape == (1, len(Y))
    assert found.means.dtype == found.deviations.dtype == np.float64
    assert found.means[0] == pytest.approx(mean, rel=1e-5)
    assert found.deviations[0] == pytest.approx(sd, rel=1e-4)
    assert (np.ptp(found.deviations) == 0) == (deviation == "shared")
    other = predict(model, X, tiny.CPU, seed=1)
    assert np.array_equal(found.means, other.means)
    assert not model.training


@pytest.mark.parametrize("samples", [1, 5])
def test_samples_are_drawn_by_seed(samples: int) -> None:
    model = trained()
    first, again, other = (predict(model, X, tiny.CPU, samples, seed) for seed in (0, 0, 1))
    assert first.means.shape == (samples, len(Y))
    assert np.array_equal(first.means, again.means)
    assert not np.allclose(first.means, other.means)
    assert len(np.unique(first.means[:, 0])) == samples


@pytest.mark.parametrize("deviation", ["shared", "own"])
def test_draws_are_distributed_as_z_is(deviation: str) -> None:
    """A linear head of a Gaussian z: the means of the draws are Gaussian too."""
    model = trained(deviation=deviation)
    rows = [0, BATCH, len(Y) - 1]
    found = predict(model, X[rows], tiny.CPU, samples=4000)
    with torch.no_grad():
        z, sigma = (v.double().numpy() for v in model.encode(X[rows]))
    mean, _ = head(model, z)
    weight = Y.std() * model.head.weight[0].detach().double().numpy()
    spread = np.sqrt(((weight * sigma) ** 2).sum(1))
    for i in range(3):
        test = stats.kstest(found.means[:, i], stats.norm(mean[i], spread[i]).cdf)
        assert test.pvalue > 0.001


def expected_distortion(model: BottleneckLearner, rows: list[int]) -> Floats:
    """E[-log N(y; w z + b, s^2)] of a Gaussian z in closed form."""
    with torch.no_grad():
        z, sigma = (v.double().numpy() for v in model.encode(X[rows]))
    mean, sd = head(model, z)
    weight = Y.std() * model.head.weight[0].detach().double().numpy()
    variance = ((weight * sigma) ** 2).sum(1)
    surprise = -stats.norm(mean, sd).logpdf(Y[rows])
    return np.asarray(surprise + 0.5 * variance / sd**2)


@pytest.mark.parametrize("samples", [0, 30_000])
def test_distortion_is_the_expected_surprise_of_the_label(samples: int) -> None:
    model = trained(latent=2, steps=60)
    rows = [0, 1, 2]
    many = np.repeat(rows, 1 if samples else 3000)
    found = predict(model, X[many], tiny.CPU, samples, labels=Y[many]).distortion
    assert found is not None
    for row, expected in zip(rows, expected_distortion(model, rows), strict=True):
        # without samples 12 draws a row are taken, here averaged over many equal rows
        assert found[many == row].mean() == pytest.approx(expected, rel=0.03)


def test_without_samples_distortion_takes_twelve_draws() -> None:
    model = trained()
    seen: list[torch.Size] = []
    model.head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape))
    predict(model, X[:5], tiny.CPU, labels=Y[:5])
    assert [shape[0] for shape in seen] == [1, DISTORTION_DRAWS]
    assert DISTORTION_DRAWS == 12
    seen.clear()
    predict(model, X[:5], tiny.CPU, 3, labels=Y[:5])
    assert [shape[0] for shape in seen] == [3, 3]


@pytest.mark.parametrize("variant", ["baseline", "control"])
@pytest.mark.parametrize("samples", [0, 4])
def test_without_noise_distortion_is_the_nll_of_each_row(variant: str, samples: int) -> None:
    found = predict(trained(variant), X, tiny.CPU, samples, labels=Y)
    assert found.rates is None
    assert found.means.shape == (1, len(Y))
    nll = -stats.norm(found.means[0], found.deviations[0]).logpdf(Y)
    assert found.distortion == pytest.approx(nll, rel=1e-9)


def test_distortion_is_never_below_the_nll_of_the_mixture() -> None:
    model = trained(sigma_init=2.0)
    found = predict(model, X, tiny.CPU, samples=500, labels=Y)
    density = stats.norm.pdf(Y, found.means, found.deviations).mean(0)
    assert found.distortion is not None
    # other draws than those of the mixture, so a row may miss by chance
    assert found.distortion.mean() > -np.log(density).mean()
    assert (found.distortion > -np.log(density) - 0.25).all()


def test_without_labels_there_is_neither_distortion_nor_pit() -> None:
    model = trained()
    found = predict(model, X, tiny.CPU)
    assert (found.distortion, found.labels) == (None, None)
    said = ["prediction", "deviation", "low_90", "high_90"]
    assert list(found.columns(())) == [*said, "rate_nats"]
    with_labels = predict(model, X, tiny.CPU, labels=Y)
    assert list(with_labels.columns(())) == [*said, "pit", "rate_nats"]
    assert np.array_equal(with_labels.means, found.means)  # labels change no prediction


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
        assert one.means[0, 0] == pytest.approx(whole.means[0, row], rel=1e-5)
        assert one.distortion[0] == pytest.approx(whole.distortion[row], abs=1e-4)


def test_columns_of_one_gaussian_in_closed_form() -> None:
    found = predict(trained(deviation="own"), X, tiny.CPU, labels=Y)
    columns = found.columns(())
    gaussian = stats.norm(found.means[0], found.deviations[0])
    low, high = gaussian.interval(0.9)
    assert np.array_equal(columns["prediction"], found.means[0])
    assert columns["deviation"] == pytest.approx(found.deviations[0])
    assert columns["low_90"] == pytest.approx(low)
    assert columns["high_90"] == pytest.approx(high)
    assert columns["pit"] == pytest.approx(gaussian.cdf(Y))


def test_columns_of_a_mixture_are_those_of_its_distribution() -> None:
    found = predict(trained(), X[:50], tiny.CPU, samples=7, labels=Y[:50])
    columns = found.columns(())
    assert columns["prediction"] == pytest.approx(found.means.mean(0))
    second = (found.means**2 + found.deviations**2).mean(0)
    expected = np.sqrt(second - found.means.mean(0) ** 2)
    assert columns["deviation"] == pytest.approx(expected)
    for end, share in (("low_90", 0.05), ("high_90", 0.95)):
        below = stats.norm.cdf(columns[end], found.means, found.deviations).mean(0)
        assert below == pytest.approx(np.full(50, share))
    assert columns["pit"] == pytest.approx(
        stats.norm.cdf(Y[:50], found.means, found.deviations).mean(0)
    )


def test_more_draws_than_fit_into_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vibcli.tasks.regression.predict.MOST_KEPT", 3 * len(X))
    assert predict(trained("vib"), X, tiny.CPU, samples=3).means.shape == (3, len(X))
    with pytest.raises(VibError, match=f"4 draws of {len(X)} rows are too many .* at most 3"):
        predict(trained("vib"), X, tiny.CPU, samples=4)
