"""What holds for every task: the warm-up of the rate's weight, a step, and what is kept."""

import math

import pytest
import tiny
import torch

from vibcli.data.prepare import Part
from vibcli.models.bottleneck_learner import BottleneckLearner, below
from vibcli.models.learner import Batch, Terms
from vibcli.runs.observer import Silent, Step
from vibcli.store.records import Epoch
from vibcli.tasks.find import tasks

VARIANTS = [(task.name, name) for task in tasks() for name in task.variants]
NOISY = [
    (task.name, name)
    for task in tasks()
    for name, variant in task.variants.items()
    if variant.settings["bottleneck"] == "gaussian"
]
WEIGHTED = [("classification", "vib"), ("regression", "vib"), ("autoencoding", "vae")]
METRIC = {"classification": "accuracy", "regression": "rmse"}


def rows(task: str, n: int, seed: int = 0) -> Part:
    return tiny.numbers(n, seed) if task == "regression" else tiny.rows(n, seed)


def batch(task: str, model: BottleneckLearner) -> Batch:
    """Forty rows, of which the learner knows what it has to before its first step."""
    part = rows(task, 40)
    model.begin(part)
    return tiny.batch(part, model)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(5)


@pytest.mark.parametrize(("task", "variant"), NOISY)
def test_the_penalty_grows_with_the_position(task: str, variant: str) -> None:
    settings = {"lam": 0.7, "beta": 0.1, "rate_target": 0.2, "task": task}
    model = tiny.model(variant, warm_up=4, **settings)
    whole = tiny.model(variant, **settings)
    x, y = batch(task, model)
    batch(task, whole)
    loss, distortion, _, _ = whole.loss(x, y, generator())
    penalty = (loss - distortion).item()
    assert abs(penalty) > 0.01
    for position, share in ((0, 0), (1, 0.25), (2, 0.5), (3.5, 0.875), (4, 1), (9, 1)):
        model.position = position
        assert model.warmth == share
        loss, same, _, _ = model.loss(x, y, generator())
        assert same.item() == distortion.item()
        assert loss.item() == pytest.approx(distortion.item() + share * penalty, abs=1e-5)


def steps_of(model: BottleneckLearner, task: str, epochs: int) -> list[tuple[float, Terms]]:
    """The share of the penalty at each step, and the terms."""
    found: list[tuple[float, Terms]] = []

    class Note(Silent):
        def on_step(self, step: Step) -> None:
            found.append((model.warmth, step.terms))

    given = {"task": task, "epochs": epochs, "batch_size": 25, "observers": [Note()]}
    list(tiny.training(model, rows(task, 100), rows(task, 60, seed=1), **given))
    return found


@pytest.mark.parametrize(("task", "variant"), WEIGHTED)
def test_the_weight_is_0_at_first_half_in_the_middle_and_full_after(
    task: str, variant: str
) -> None:
    found = steps_of(tiny.model(variant, task=task, warm_up=2, lam=0.7), task, epochs=3)
    shares = [share for share, _ in found]
    assert shares == [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1, 1, 1, 1]
    for share, terms in found:
        expected = terms["distortion_nats"] + share * 0.7 * terms["rate_nats"]
        assert terms["loss_nats"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("task", "variant"), WEIGHTED)
def test_without_a_warm_up_the_weight_is_full_from_the_start(task: str, variant: str) -> None:
    found = steps_of(tiny.model(variant, task=task), task, epochs=1)
    assert [share for share, _ in found] == [1, 1, 1, 1]


def test_a_warm_up_lets_information_through_first() -> None:
    warmed, plain = (
        steps_of(tiny.model("vae", lam=5.0, warm_up=n), "autoencoding", epochs=20)
        for n in (20, None)
    )
    rates = [[terms["rate_nats"] for _, terms in steps[8:40]] for steps in (warmed, plain)]
    assert sum(rates[0]) > 1.5 * sum(rates[1])


@pytest.mark.parametrize(("task", "variant"), WEIGHTED)
def test_a_warm_up_that_is_interrupted_goes_on_where_it_was(task: str, variant: str) -> None:
    def run(model: BottleneckLearner, epochs: int, history: tuple[Epoch, ...] = ()) -> list[Epoch]:
        given = {"task": task, "batch_size": 25, "epochs": epochs, "history": history}
        return list(tiny.training(model, rows(task, 100), rows(task, 60, seed=1), **given))

    whole = tiny.model(variant, task=task, warm_up=4)
    expected = run(whole, 5)
    first = tiny.model(variant, task=task, warm_up=4)
    history = tuple(run(first, 2))
    state = {name: value.clone() for name, value in first.training_state().items()}
    second = tiny.model(variant, task=task, seed=9, warm_up=4)
    second.load_training_state(state)
    rest = run(second, 5, history)
    measured = [(e.train, e.validation) for e in (*history, *rest)]
    assert measured == [(e.train, e.validation) for e in expected]
    assert all(v.equal(tiny.weights(whole)[name]) for name, v in tiny.weights(second).items())


@pytest.mark.parametrize("variant", tiny.AUTOENCODERS)
def test_an_autoencoder_has_no_accuracy(variant: str) -> None:
    model = tiny.model(variant)
    assert "accuracy" not in tiny.step(model, tiny.rows(40), generator())
    assert model.target.likelihood is not None


@pytest.mark.parametrize(
    ("task", "variant"), [both for both in VARIANTS if both[0] != "autoencoding"]
)
def test_who_predicts_a_label_has_no_likelihood_of_the_input(task: str, variant: str) -> None:
    model = tiny.model(variant, task=task)
    assert model.target.likelihood is None
    assert METRIC[task] in model.step(batch(task, model), generator())


# a step


@pytest.mark.parametrize(("task", "variant"), VARIANTS)
def test_the_terms_of_a_step_are_those_of_its_loss(task: str, variant: str) -> None:
    model, same = (tiny.model(variant, task=task, lam=0.7) for _ in range(2))
    rows_of_step = batch(task, model)
    loss, distortion, rates, _ = same.loss(*batch(task, same), generator())
    terms = model.step(rows_of_step, generator())
    assert list(terms)[:2] == ["loss_nats", "distortion_nats"]
    assert (terms["loss_nats"], terms["distortion_nats"]) == (loss.item(), distortion.item())
    assert ("rate_nats" in terms) == ((task, variant) in NOISY) == (rates is not None)
    if rates is not None:
        assert terms["rate_nats"] == pytest.approx(rates.mean().item())


@pytest.mark.parametrize(("task", "variant"), VARIANTS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_step_with_a_loss_that_is_not_finite_changes_nothing(
    task: str, variant: str, bad: float
) -> None:
    model = tiny.model(variant, task=task, ema=0.9, dual_step=0.5)
    x, y = batch(task, model)
    model.step(Batch(x, y), generator())
    before = model.training_state()
    before = {name: value.clone() for name, value in before.items()}
    x = x.clone()
    x[3, 1] = bad
    terms = model.step(Batch(x, y), generator())
    assert not math.isfinite(terms["loss_nats"])
    after = model.training_state()
    assert before.keys() == after.keys()
    assert all(after[name].equal(value) for name, value in before.items())


@pytest.mark.parametrize(("task", "variant"), VARIANTS)
def test_the_end_of_an_epoch_tells_the_weight_of_the_rate(task: str, variant: str) -> None:
    told = tiny.model(variant, task=task, lam=0.7).at_end_of_epoch()
    assert told == ({"lambda": 0.7} if (task, variant) in NOISY else {})


def test_adaptive_weights_move_by_the_rate_of_each_step() -> None:
    model = tiny.model("vib-adaptive", lam=0.1, dual_step=0.5, rate_target=0.3)
    rates = [model.step(tiny.batch(tiny.rows(40)), generator())["rate_nats"] for _ in range(3)]
    expected = 0.1
    for rate in rates:
        expected = max(0.0, expected + 0.5 * (rate - 0.3))
    assert model.at_end_of_epoch() == {"lambda": pytest.approx(expected)}
    assert expected != 0.1


# state


@pytest.mark.parametrize(("task", "variant"), VARIANTS)
def test_weights_are_a_copy_that_can_be_put_back(task: str, variant: str) -> None:
    model = tiny.model(variant, task=task)
    part = batch(task, model)
    before, kept = tiny.weights(model), model.weights()
    for _ in range(2):
        model.step(part, generator())
    assert not all(v.equal(before[name]) for name, v in tiny.weights(model).items())
    model.load_weights(kept)
    assert all(v.equal(before[name]) for name, v in tiny.weights(model).items())


@pytest.mark.parametrize(("task", "variant"), VARIANTS)
def test_the_average_is_in_place_for_as_long_as_it_is_asked_for(task: str, variant: str) -> None:
    model = tiny.model(variant, task=task, ema=0.5)
    part = batch(task, model)
    model.step(part, generator())
    first = tiny.weights(model)
    model.step(part, generator())
    second = tiny.weights(model)
    with model.averaged():
        averaged = tiny.weights(model)
    # zero-debiased: (0.25 w1 + 0.5 w2) / 0.75
    for name, value in averaged.items():
        assert torch.allclose(value, (first[name] + 2 * second[name]) / 3, atol=1e-6)
    assert all(v.equal(second[name]) for name, v in tiny.weights(model).items())


def test_what_lies_below_a_prefix_is_named_without_it() -> None:
    a, b = torch.zeros(1), torch.ones(1)
    found = below("model.", {"model.x": a, "model.model.y": b, "optimiser.x": b, "modelx": b})
    assert found == {"x": a, "model.y": b}
