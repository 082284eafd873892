"""A linear model, whose every number is known in closed form, stands for the truth."""

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
import tiny
import torch
from numpy.typing import NDArray
from scipy import optimize, stats
from sklearn import metrics as reference
from sklearn.linear_model import LinearRegression
from torch import Tensor, nn

from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.bottlenecks import VIB, NoBottleneck
from vibcli.tasks.regression import metrics
from vibcli.tasks.regression.predict import predict
from vibcli.tasks.regression.target import NumberTarget
from vibcli.tasks.regression.work import WORK

Floats = NDArray[np.float64]
PART = tiny.numbers(293)
ROWS = tiny.batch(PART)
D, K = 6, 3


class Same(nn.Module):
    """Features that are the input."""

    def forward(self, x: Tensor, rng: torch.Generator | None = None) -> Tensor:
        return x


def fill(parameter: Tensor, values: Any) -> None:
    with torch.no_grad():
        parameter.copy_(torch.as_tensor(values))


def target_of(deviation: float) -> NumberTarget:
    """A target of the labels of `PART` that has learnt this deviation, in their unit."""
    target = NumberTarget()
    target.begin(nn.Identity(), PART)
    assert target.s is not None

    def off(s: float) -> float:
        fill(target.s, s)
        return float(target.gaussians(torch.zeros(1, 1))[1]) - deviation

    with torch.no_grad():
        optimize.brentq(off, -1, 1, xtol=1e-9)
    return target


class Linear(NamedTuple):
    """A learner that is a linear regression, and what it predicts of `PART`."""

    learner: BottleneckLearner
    prediction: Floats  # [N]
    deviation: float


def linear() -> Linear:
    """The least squares fit, with the deviation of its residuals."""
    fit = LinearRegression().fit(PART.x, PART.y)
    prediction = fit.predict(PART.x)
    deviation = float(np.sqrt(np.mean((PART.y - prediction) ** 2)))
    head, scale = nn.Linear(D, 1), PART.y.std()
    fill(head.weight, fit.coef_[None] / scale)
    fill(head.bias, [(fit.intercept_ - PART.y.mean()) / scale])
    learner = BottleneckLearner(Same(), NoBottleneck(D), head, target_of(deviation))
    return Linear(learner, prediction.astype(np.float64), deviation)


def test_a_linear_model_is_measured_as_scikit_learn_and_closed_forms_have_it() -> None:
    model = linear()
    found, _ = WORK.evaluate(model.learner, PART, tiny.CPU)
    y, prediction, s = PART.y, model.prediction, model.deviation
    z = (y - prediction) / s
    crps = s * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi))
    nll = math.log(s) + 0.5 * math.log(2 * math.pi) + 0.5  # as s^2 is the mean squared error
    expected = {
        "rmse": reference.root_mean_squared_error(y, prediction),
        "mae": reference.mean_absolute_error(y, prediction),
        "r2": LinearRegression().fit(PART.x, y).score(PART.x, y),
        "nll_nats": nll,
        "crps": crps.mean(),
        "coverage_90": (np.abs(z) <= stats.norm.ppf(0.95)).mean(),
        "distortion_nats": nll,
        "rate_nats": None,
        "rate_bits": None,
        "rows": 293,
    }
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert found[name] == (value if value is None else pytest.approx(value, rel=1e-5))
    assert expected["rmse"] == pytest.approx(s)
    assert 0.85 < expected["coverage_90"] < 0.95  # the noise is Gaussian


def test_the_mean_of_the_labels_explains_nothing() -> None:
    head = nn.Linear(D, 1)
    fill(head.weight, torch.zeros(1, D))
    fill(head.bias, [0.0])
    learner = BottleneckLearner(Same(), NoBottleneck(D), head, target_of(PART.y.std()))
    found, _ = WORK.evaluate(learner, PART, tiny.CPU)
    assert found["r2"] == pytest.approx(0, abs=1e-6)
    assert found["rmse"] == pytest.approx(PART.y.std())
    assert found["nll_nats"] == pytest.approx(
        0.5 * math.log(2 * math.pi * math.e) + math.log(PART.y.std()), rel=1e-5
    )


def noisy() -> tuple[BottleneckLearner, Floats, float, float]:
    """Linear through a Gaussian z: its mean, the deviation that z gives it, that of the target."""
    rng = np.random.default_rng(3)
    bottleneck, head = VIB(D, K), nn.Linear(K, 1)
    projection, sigma = rng.normal(size=(K, D)), np.array([0.3, 0.5, 0.2])
    weight = rng.normal(size=K) / 4
    fill(bottleneck.mean.weight, projection)
    fill(bottleneck.mean.bias, np.zeros(K))
    fill(bottleneck.spread.weight, np.zeros((K, D)))
    fill(bottleneck.spread.bias, 2 * np.log(sigma))
    fill(head.weight, weight[None])
    fill(head.bias, [0.25])
    deviation = 8.0
    learner = BottleneckLearner(Same(), bottleneck, head, target_of(deviation))
    scale = PART.y.std()
    mean = PART.y.mean() + scale * (PART.x @ projection.T @ weight + 0.25)
    return learner, mean, scale * float(np.sqrt(((weight * sigma) ** 2).sum())), deviation


def test_averaged_over_z_a_prediction_is_the_wider_gaussian() -> None:
    learner, mean, spread, deviation = noisy()
    found, _ = WORK.evaluate(learner, PART, tiny.CPU, samples=200)
    wide = stats.norm(mean, math.hypot(spread, deviation))
    z = wide.cdf(PART.y)
    assert spread > deviation / 4
    assert found["rmse"] == pytest.approx(reference.root_mean_squared_error(PART.y, mean), rel=0.01)
    assert found["nll_nats"] == pytest.approx(-wide.logpdf(PART.y).mean(), rel=0.01)
    assert found["coverage_90"] == pytest.approx((np.abs(2 * z - 1) <= 0.9).mean(), abs=0.02)
    narrow = -stats.norm(mean, deviation).logpdf(PART.y)
    distortion = narrow.mean() + 0.5 * (spread / deviation) ** 2
    assert found["distortion_nats"] == pytest.approx(distortion, rel=0.01)
    assert found["nll_nats"] < found["distortion_nats"]
    at_mean, _ = WORK.evaluate(learner, PART, tiny.CPU)
    assert at_mean["nll_nats"] == pytest.approx(narrow.mean(), rel=1e-4)
    assert at_mean["distortion_nats"] == pytest.approx(distortion, rel=0.02)  # twelve draws


def trained(variant: str, steps: int = 30, **settings: Any) -> BottleneckLearner:
    model = tiny.model(variant, task="regression", **settings)
    model.begin(PART)
    noise = torch.Generator().manual_seed(0)
    for _ in range(steps):
        tiny.step(model, PART, noise)
    return model


@pytest.mark.parametrize("variant", tiny.REGRESSIONS)
@pytest.mark.parametrize("samples", [None, 0, 3])
def test_evaluate_gives_all_metrics_of_its_predictions(variant: str, samples: int | None) -> None:
    model = trained(variant)
    values, found = WORK.evaluate(model, PART, tiny.CPU, samples, seed=4)
    again = predict(model, ROWS.x, tiny.CPU, samples or 0, seed=4, labels=PART.y)
    assert np.array_equal(found.means, again.means)
    assert again.distortion is not None
    assert values == metrics.all_metrics(
        again.means, again.deviations, PART.y, again.distortion, again.rates
    )
    assert values["r2"] is not None
    prediction = again.means.mean(0)
    assert values["r2"] == pytest.approx(reference.r2_score(PART.y, prediction))


@pytest.mark.parametrize("variant", tiny.REGRESSIONS)
@pytest.mark.parametrize("deviation", ["shared", "own"])
def test_validation_watches_what_evaluation_measures_at_the_mean(
    variant: str, deviation: str
) -> None:
    model = trained(variant, deviation=deviation)
    values, _ = WORK.evaluate(model, PART, tiny.CPU)
    watched = WORK.validate(model, PART, tiny.CPU)
    assert watched == {key: values[key] for key in ("rmse", "nll_nats", "rate_nats")}


def test_evaluation_leaves_the_model_as_it_was() -> None:
    model = trained("vib")
    before = tiny.weights(model)
    WORK.evaluate(model, PART, tiny.CPU, samples=2)
    assert all(value.equal(before[name]) for name, value in tiny.weights(model).items())
    tiny.step(model, PART, torch.Generator().manual_seed(0))  # it can still be trained


def test_other_rows_are_told_in_the_unit_of_the_training_part() -> None:
    """Mean and deviation of the part that is measured play no role."""
    model = trained("control")
    rows = PART.y > np.median(PART.y)
    part = tiny.part(PART.x[rows], PART.y[rows])
    found, outcome = WORK.evaluate(model, part, tiny.CPU)
    whole = predict(model, ROWS.x, tiny.CPU)
    assert outcome.means[0] == pytest.approx(whole.means[0, rows], rel=1e-5)
    assert found["rmse"] == pytest.approx(
        reference.root_mean_squared_error(part.y, whole.means[0, rows]), rel=1e-5
    )


@pytest.mark.parametrize("samples", [0, 5])
def test_of_new_rows_number_deviation_and_interval_are_told(samples: int) -> None:
    model = trained("vib")
    found = WORK.predict(model, PART.x, tiny.CPU, samples, 3, classes=())
    expected = predict(model, ROWS.x, tiny.CPU, samples, 3)
    assert list(found) == ["prediction", "deviation", "low_90", "high_90", "rate_nats"]
    for name, values in expected.columns(()).items():
        assert np.array_equal(found[name], values)
    assert (found["low_90"] < found["prediction"]).all()
    assert (found["prediction"] < found["high_90"]).all()


def test_it_learns() -> None:
    """A linear label with noise of deviation 5: near it, far below that of the labels."""
    train, validation = tiny.numbers(200), tiny.numbers(200, seed=1)
    model = tiny.model("baseline", task="regression", lr=2e-2)
    first, *_, last = tiny.training(model, train, validation, task="regression", epochs=15)
    error = last.validation["rmse"]
    assert error is not None
    assert error < 0.35 * validation.y.std()
    assert last.train["rmse"] < first.train["rmse"]
    assert last.validation["nll_nats"] < first.validation["nll_nats"]
    found, _ = WORK.evaluate(model, validation, tiny.CPU)
    assert 0.7 < found["coverage_90"] <= 1


# penalties


def cost(variant: str, rates: Floats) -> float:
    return {
        "vib": 0.3 * rates.mean(),
        "vib-threshold": 0.3 * np.maximum(rates - 0.9, 0).mean(),
        "vib-adaptive": 0.3 * (rates.mean() - 0.5),
    }[variant]


@pytest.mark.parametrize("variant", ["vib", "vib-threshold", "vib-adaptive"])
@pytest.mark.parametrize("samples", [1, 4])
def test_the_loss_is_distortion_and_penalty(variant: str, samples: int) -> None:
    settings = {"lam": 0.3, "beta": 0.9, "rate_target": 0.5, "train_samples": samples}
    settings |= {"dual_step": 0.1}  # without one lambda is controlled, see `Controlled`
    model = tiny.model(variant, task="regression", **settings)
    model.begin(PART)
    batch = tiny.batch(PART, model)
    rng = torch.Generator().manual_seed(5)
    loss, distortion, rates, outputs = model.loss(*batch, rng)
    assert outputs.shape == (samples, 293, 1)
    assert rates is not None
    mean, sd = (v.detach().numpy() for v in model.target.gaussians(outputs))
    assert distortion.item() == pytest.approx(-stats.norm(mean, sd).logpdf(PART.y).mean(), rel=1e-5)
    expected = distortion.item() + cost(variant, rates.detach().double().numpy())
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    assert model.step(batch, torch.Generator().manual_seed(5)) == {
        "loss_nats": loss.item(),
        "distortion_nats": distortion.item(),
        "rmse": pytest.approx(reference.root_mean_squared_error(PART.y, mean.mean(0)), rel=1e-5),
        "rate_nats": rates.mean().item(),
    }


def rate_after(variant: str, steps: int = 100, **settings: Any) -> float:
    found = WORK.validate(trained(variant, steps, lr=2e-2, **settings), PART, tiny.CPU)
    assert found["rate_nats"] is not None
    return found["rate_nats"]


def test_a_dearer_rate_is_a_lower_rate() -> None:
    free, cheap, dear = (rate_after("vib", lam=lam) for lam in (0.0, 0.1, 10.0))
    assert free > cheap > dear
    assert dear < 0.1


def test_information_is_free_up_to_the_threshold() -> None:
    model = trained("vib-threshold", 150, lr=2e-2, lam=20.0, beta=1.0)
    rates = predict(model, ROWS.x, tiny.CPU).rates
    assert rates is not None
    assert rates.mean() > 0.3
    assert np.quantile(rates, 0.9) == pytest.approx(1.0, abs=0.2)
    assert rate_after("vib", lam=20.0) < 0.1


def test_an_adaptive_weight_holds_the_rate_at_its_target() -> None:
    model = tiny.model("vib-adaptive", task="regression", rate_target=0.7, dual_step=0.1, lr=2e-2)
    model.begin(PART)
    noise = torch.Generator().manual_seed(0)
    rates = [tiny.step(model, PART, noise)["rate_nats"] for _ in range(300)]
    assert np.mean(rates[150:]) == pytest.approx(0.7, rel=0.25)
    assert model.penalty is not None
    assert model.penalty.lam > 0
