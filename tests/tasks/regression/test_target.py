import math
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from numpy.typing import NDArray
from scipy import optimize, stats
from torch import Tensor, nn

from vibcli.models.networks.initialization import initialize
from vibcli.runs.tensors import load_tensors, save_tensors
from vibcli.tasks.regression import target as module
from vibcli.tasks.regression.target import NumberTarget

Floats = NDArray[np.float64]
KINDS = pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
PART = tiny.numbers(40)
UNIT = 100.0, 25.0  # mean and deviation of labels, as `begin` learns them


def outputs(own: bool, draws: int = 3, rows: int = 40, seed: int = 0) -> Tensor:
    """Of a head, in the unit that labels have once they are standardised."""
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(draws, rows, 2 if own else 1, generator=rng, dtype=torch.float64)


def of(own: bool, scale: tuple[float, float] = UNIT, s: float = 0.03) -> NumberTarget:
    target = NumberTarget(own).double()
    target.scale = scale
    if target.s is not None:
        nn.init.constant_(target.s, s)
    return target


def said(target: NumberTarget, out: Tensor) -> tuple[Floats, Floats]:
    """Mean and deviation in the label's unit."""
    mean, log_deviation = (v.detach().numpy() for v in target.split(out))
    centre, scale = target.scale
    return centre + scale * mean, scale * np.exp(log_deviation)


# scale


@pytest.mark.parametrize("n", [2, 7, 400])
def test_labels_are_standardised_by_the_training_part(n: int) -> None:
    y = np.random.default_rng(n).normal(-7, 300, n)
    part, target = tiny.part(np.zeros((n, 1)), y), NumberTarget()
    target.begin(nn.Identity(), part)
    assert target.scale == pytest.approx((np.mean(y), np.std(y)))
    assert target.labels(part).dtype == torch.float32
    assert target.labels(part).numpy() == pytest.approx(stats.zscore(y), rel=1e-5, abs=1e-6)
    other = tiny.part(np.zeros((1, 1)), [y.mean() + 2 * y.std()])
    assert target.labels(other).tolist() == pytest.approx([2])


@pytest.mark.parametrize("value", [0.0, 7.0, -3.0, 0.1, 1e9 / 3])
@pytest.mark.parametrize("n", [1, 10])
def test_labels_that_do_not_vary_keep_their_unit(n: int, value: float) -> None:
    """Rounding may leave a deviation above 0, which is no unit to tell anything in."""
    target = NumberTarget()
    target.begin(nn.Identity(), tiny.part(np.zeros((n, 1)), np.full(n, value)))
    assert target.scale == pytest.approx((value, 1.0))


def test_labels_far_from_zero_keep_their_digits() -> None:
    y = 2.0**40 + np.arange(8.0)
    target = NumberTarget()
    part = tiny.part(np.zeros((8, 1)), y)
    target.begin(nn.Identity(), part)
    assert target.labels(part).numpy() == pytest.approx(stats.zscore(np.arange(8)), rel=1e-6)
    mean, _ = target.gaussians(target.labels(part)[:, None])
    assert mean.numpy() - 2.0**40 == pytest.approx(np.arange(8), abs=2e-3)


# loss


@KINDS
@pytest.mark.parametrize("draws", [1, 4])
def test_the_loss_is_that_of_scipy_in_the_labels_unit(own: bool, draws: int) -> None:
    target, out = of(own), outputs(own, draws)
    mean, deviation = said(target, out)
    labels = np.random.default_rng(1).normal(*UNIT, 40)
    expected = -stats.norm(mean, deviation).logpdf(labels)
    y = target.standardised(torch.from_numpy(labels))
    assert target.nats(out, y).detach().numpy() == pytest.approx(expected)
    loss, distortion = target.losses(out, torch.zeros(40, 1), y)
    assert loss.item() == distortion.item() == pytest.approx(expected.mean())
    assert target.nats(out, y).shape == (draws, 40)


@KINDS
def test_single_precision_is_close(own: bool) -> None:
    target, out = of(own), outputs(own)
    y = torch.randn(40, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    expected = target.nats(out, y).detach()
    found = target.float().nats(out.float(), y.float()).detach()
    assert found.dtype == torch.float32
    assert torch.allclose(found.double(), expected, atol=1e-4)


@KINDS
@pytest.mark.parametrize("c", [2.0**-20, 0.3, 1e5])
def test_in_another_unit_everything_follows_the_unit(own: bool, c: float) -> None:
    out = outputs(own)
    labels = np.random.default_rng(1).normal(*UNIT, 40)
    one, other = of(own), of(own, (c * UNIT[0], c * UNIT[1]))
    y = one.standardised(torch.from_numpy(labels))
    again = other.standardised(torch.from_numpy(c * labels))
    assert again.numpy() == pytest.approx(y.numpy(), abs=1e-12)
    loss, scaled = (t.losses(out, out, u)[0].item() for t, u in ((one, y), (other, again)))
    assert scaled == pytest.approx(loss + math.log(c))
    rmse, scaled = (t.terms(out, u)["rmse"] for t, u in ((one, y), (other, again)))
    assert scaled == pytest.approx(c * rmse)
    for found, expected in zip(other.gaussians(out), one.gaussians(out), strict=True):
        assert found.detach().numpy() == pytest.approx(c * expected.detach().numpy())


def trained(part: Any, steps: int, variant: str = "vib", **settings: Any) -> Any:
    learner = tiny.model(variant, task="regression", **settings)
    learner.begin(part)
    noise = torch.Generator().manual_seed(0)
    terms = [tiny.step(learner, part, noise) for _ in range(steps)]
    return learner, terms


@pytest.mark.parametrize("deviation", ["shared", "own"])
def test_training_takes_the_same_steps_in_every_unit(deviation: str) -> None:
    """A power of two changes no digit, so the weights are the same to the last one."""
    y = PART.y
    one, first = trained(PART, 20, deviation=deviation)
    other, second = trained(PART._replace(y=2.0**10 * y), 20, deviation=deviation)
    before, after = one.weights(), other.weights()
    scale = before.pop("target._extra_state"), after.pop("target._extra_state")
    assert torch.equal(2.0**10 * scale[0], scale[1])
    assert all(value.equal(after[name]) for name, value in before.items())
    for mine, other_terms in zip(first, second, strict=True):
        assert other_terms["rmse"] == pytest.approx(2.0**10 * mine["rmse"], rel=1e-12)
        assert other_terms["rate_nats"] == mine["rate_nats"]
        for name in ("loss_nats", "distortion_nats"):
            assert other_terms[name] == pytest.approx(mine[name] + 10 * math.log(2), rel=1e-6)
    shifted, third = trained(PART._replace(y=y - 5000), 20, deviation=deviation)
    assert third[-1]["rmse"] == pytest.approx(first[-1]["rmse"], rel=1e-3)
    assert shifted.target.scale == pytest.approx((one.target.scale[0] - 5000, one.target.scale[1]))


def test_terms_measure_the_mean_over_draws() -> None:
    target, out = of(False), outputs(False)
    labels = np.random.default_rng(1).normal(*UNIT, 40)
    terms = target.terms(out, target.standardised(torch.from_numpy(labels)))
    mean = said(target, out)[0].mean(0)
    assert terms == {"rmse": pytest.approx(math.sqrt(((mean - labels) ** 2).mean()))}


# what is learnt


def line(n: int = 60, seed: int = 0) -> tuple[Floats, Floats]:
    """A line with noise that is the wider the further to the right."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return x, 40 + 7 * x + rng.normal(size=n) * 3 * np.exp(0.4 * x)


def fitted(own: bool) -> tuple[NumberTarget, nn.Linear, Floats, Floats]:
    """A target and a linear head at the minimum of their loss."""
    x, y = line()
    part = tiny.part(x[:, None], y)
    target = NumberTarget(own).double()
    head = nn.Linear(1, target.outputs).double()
    initialize(head, 0)
    initialize(target, 0)
    target.begin(head, part)
    u = target.standardised(torch.from_numpy(y))
    inputs = torch.from_numpy(part.x)
    weights = [*head.parameters(), *target.parameters()]

    def loss_and_slope(values: Floats) -> tuple[float, Floats]:
        nn.utils.vector_to_parameters(torch.from_numpy(values), weights)
        loss, _ = target.losses(head(inputs)[None], inputs, u)
        slope = torch.autograd.grad(loss, weights)
        return loss.item(), nn.utils.parameters_to_vector(slope).numpy()

    start = nn.utils.parameters_to_vector(weights).detach().numpy()
    best = optimize.minimize(loss_and_slope, start, jac=True, tol=1e-9)
    loss_and_slope(best.x)
    return target, head, x, y


def test_one_deviation_is_that_of_the_residuals() -> None:
    target, head, x, y = fitted(own=False)
    slope, offset = np.polyfit(x, y, 1)
    residuals = y - offset - slope * x
    mean, deviation = (v.detach().numpy() for v in target.gaussians(head(torch.tensor(x)[:, None])))
    assert mean == pytest.approx(offset + slope * x, abs=1e-4)
    assert deviation == pytest.approx(np.full(60, np.sqrt(np.mean(residuals**2))), rel=1e-4)


def test_deviations_of_their_own_are_those_of_the_greatest_likelihood() -> None:
    target, head, x, y = fitted(own=True)

    def surprise(p: Floats) -> float:
        return float(-stats.norm(p[0] + p[1] * x, np.exp(p[2] + p[3] * x)).logpdf(y).mean())

    best = optimize.minimize(surprise, [40, 7, 1, 0], tol=1e-10)
    out = head(torch.tensor(x)[:, None])
    loss = target.losses(out[None], out, target.standardised(torch.from_numpy(y)))[0].item()
    # log deviations are bent a little towards their bounds, so the lines are nearly the same
    assert loss == pytest.approx(best.fun, abs=0.01)
    mean, deviation = (v.detach().numpy() for v in target.gaussians(out))
    a, b, c, d = best.x
    assert mean == pytest.approx(a + b * x, abs=0.3)
    assert np.log(deviation) == pytest.approx(c + d * x, abs=0.35)
    assert np.corrcoef(np.log(deviation), x)[0, 1] > 0.98


@pytest.mark.parametrize("variant", ["baseline", "vib"])
def test_in_training_the_deviation_comes_to_the_error(variant: str) -> None:
    """It is where the derivative by it is zero: s^2 is the mean of the squared errors."""
    part = tiny.numbers(60)
    learner, terms = trained(part, 300, variant, lr=2e-2, widths=(4,))
    _, deviation = learner.target.gaussians(torch.zeros(1, 1))
    late = np.mean([step["rmse"] ** 2 for step in terms[-50:]]) ** 0.5
    assert deviation.item() == pytest.approx(late, rel=0.1)
    assert deviation.item() < 0.7 * part.y.std()


# the deviation's bounds


def log_deviation_of(s: float, own: bool) -> tuple[float, float]:
    """The log deviation, and its derivative by s, where the head or the parameter says s."""
    target = NumberTarget(own).double()
    value = torch.tensor(s, dtype=torch.float64, requires_grad=True)
    if own:
        log_deviation = target.split(torch.stack([torch.zeros_like(value), value])[None, None])[1]
        log_deviation.sum().backward()
        assert value.grad is not None
        return log_deviation.item(), value.grad.item()
    assert target.s is not None
    nn.init.constant_(target.s, s)
    log_deviation = target.split(torch.zeros(1, 1, 1, dtype=torch.float64))[1]
    log_deviation.sum().backward()
    assert target.s.grad is not None
    return log_deviation.item(), target.s.grad.item()


@KINDS
def test_deviations_are_bounded_softly(own: bool) -> None:
    least, most = module.LEAST_LOG_DEVIATION, module.MOST_LOG_DEVIATION
    reach = 20.0 if own else 2.0
    found = [log_deviation_of(s, own) for s in np.linspace(-reach, reach, 201)]
    values, slopes = np.array(found).T
    assert (np.diff(values) > 0).all()
    assert (slopes > 0).all()  # there is a way back from everywhere
    assert values.min() == pytest.approx(least, abs=1e-3)
    assert values.max() == pytest.approx(most, abs=1e-3)
    for s in (-1e4, 1e4):
        value, _ = log_deviation_of(s, own)
        assert least - 1e-3 <= value <= most


@KINDS
def test_a_training_begins_with_about_the_labels_own_deviation(own: bool) -> None:
    target = NumberTarget(own)
    if target.s is not None:
        nn.init.constant_(target.s, 5.0)
        initialize(target, 0)
        assert target.s.item() == 0
    target.scale = UNIT
    _, deviation = target.gaussians(torch.zeros(3, target.outputs))
    assert deviation.detach().numpy() == pytest.approx(UNIT[1], rel=0.15)


@KINDS
def test_rows_told_exactly_have_a_finite_loss(own: bool) -> None:
    target = NumberTarget(own)
    if target.s is not None:
        nn.init.constant_(target.s, -100.0)
    out = torch.zeros(1, 5, target.outputs)
    if own:
        out[..., 1] = -1000.0
    loss, _ = target.losses(out, out, torch.zeros(5))
    assert loss.isfinite()
    bound = module.LEAST_LOG_DEVIATION + 0.5 * math.log(2 * math.pi)
    assert loss.item() == pytest.approx(bound, abs=1e-3)


@pytest.mark.parametrize("s", [-1e4, 1e4])
def test_no_output_makes_a_deviation_that_cannot_be(s: float) -> None:
    target = of(True, (0.0, 1e-3))
    out = torch.tensor([[0.0, s]])
    view = target.look(out)
    assert view.deviation is not None
    assert 0 < view.deviation.item() < math.inf
    assert view.deviation.dtype == torch.float64


# what is kept


def test_the_head_has_as_many_outputs_as_are_read() -> None:
    assert NumberTarget().outputs == 1
    assert NumberTarget(own_deviation=True).outputs == 2
    for deviation, outputs in (("shared", 1), ("own", 2)):
        learner = tiny.model("vib", task="regression", deviation=deviation)
        assert learner.head.out_features == outputs
        names = [name for name, _ in learner.named_parameters()]
        assert ("target.s" in names) == (deviation == "shared")
        assert any(key.endswith("target.s") for key in learner.optimizer.state()) == (
            deviation == "shared"
        )


@pytest.mark.parametrize("deviation", ["shared", "own"])
def test_the_scale_is_kept_with_the_weights(tmp_path: Any, deviation: str) -> None:
    part = PART._replace(y=PART.y / 3 + 1e6)  # digits that no float32 has
    learner, _ = trained(part, 5, deviation=deviation)
    path = tmp_path / "model.safetensors"
    save_tensors(path, learner.weights(), {})
    tensors, _ = load_tensors(path)
    assert tensors["target._extra_state"].dtype == torch.float64
    again = tiny.model("vib", seed=1, task="regression", deviation=deviation)
    assert again.target.scale == (0.0, 1.0)
    again.load_weights(tensors)
    assert again.target.scale == learner.target.scale
    assert again.target.scale == (part.y.mean(), part.y.std())
    x = torch.from_numpy(part.x)
    with torch.no_grad():
        found, expected = (m.target.look(m.head(m.encode(x).mean)) for m in (again, learner))
    assert torch.equal(found.prediction, expected.prediction)
    assert torch.equal(found.deviation, expected.deviation)


def test_the_scale_is_part_of_the_state_of_a_training() -> None:
    learner, _ = trained(PART, 3)
    again = tiny.model("vib", seed=1, task="regression")
    again.load_training_state(learner.training_state())
    assert again.target.scale == learner.target.scale
    batch = tiny.batch(PART, learner)
    assert batch.y.equal(tiny.batch(PART, again).y)
    terms = [m.step(batch, torch.Generator().manual_seed(0)) for m in (learner, again)]
    assert terms[0] == terms[1]


def test_a_view_has_what_applies_in_double_precision() -> None:
    target = of(True)
    out = outputs(True)[0]
    view = target.look(out.float())
    mean, deviation = said(target, out.float().double())
    assert view.prediction is not None
    assert view.deviation is not None
    assert view.prediction.numpy() == pytest.approx(mean)
    assert view.deviation.numpy() == pytest.approx(deviation)
    assert view.prediction.dtype == torch.float64
    assert (view.probabilities, view.values, view.entropy) == (None, None, None)
    assert target.likelihood is None
    x = torch.randn(3, 2, generator=torch.Generator().manual_seed(0))
    assert target.view(x, None) is x
