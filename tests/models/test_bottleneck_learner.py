"""What holds for labels and for inputs: the warm-up of the rate's weight."""

import pytest
import tiny
import torch
from vibcli.config.variants import VARIANTS

from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.learner import Terms
from vibcli.runs.loop import train

X, Y = tiny.rows(40)
TRAIN, VALIDATION = tiny.rows(100), tiny.rows(60, seed=1)
NOISY = [name for name, variant in VARIANTS.items() if variant.settings["bottleneck"] == "gaussian"]
WEIGHTED = ["vib", "vae"]


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def criterion(variant: str) -> str:
    return "elbo" if variant in tiny.AUTOENCODERS else "accuracy"


@pytest.mark.parametrize("variant", NOISY)
def test_the_penalty_grows_with_the_position(variant: str) -> None:
    settings = {"lam": 0.7, "beta": 0.1, "rate_target": 0.2}
    model = tiny.model(variant, warm_up=4, **settings)
    whole = tiny.model(variant, **settings)
    loss, distortion, _, _ = whole.loss(X, Y, generator())
    penalty = (loss - distortion).item()
    assert abs(penalty) > 0.01
    for position, share in ((0, 0), (1, 0.25), (2, 0.5), (3.5, 0.875), (4, 1), (9, 1)):
        model.position = position
        assert model.warmth == share
        loss, same, _, _ = model.loss(X, Y, generator())
        assert same.item() == distortion.item()
        assert loss.item() == pytest.approx(distortion.item() + share * penalty, abs=1e-5)


def steps_of(model: BottleneckLearner, variant: str, epochs: int) -> list[tuple[float, Terms]]:
    """The share of the penalty at each step, and the terms."""
    found: list[tuple[float, Terms]] = []

    def note(epoch: int, step: int, steps: int, terms: Terms) -> None:
        found.append((model.warmth, terms))

    given = {"seed": 0, "device": tiny.CPU, "epochs": epochs, "batch_size": 25}
    list(train(model, TRAIN, VALIDATION, criterion=criterion(variant), on_step=note, **given))
    return found


@pytest.mark.parametrize("variant", WEIGHTED)
def test_the_weight_is_0_at_first_half_in_the_middle_and_full_after(variant: str) -> None:
    found = steps_of(tiny.model(variant, warm_up=2, lam=0.7), variant, epochs=3)
    shares = [share for share, _ in found]
    assert shares == [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1, 1, 1, 1]
    for share, terms in found:
        assert terms.rate is not None
        expected = terms.distortion + share * 0.7 * terms.rate
        assert terms.loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("variant", WEIGHTED)
def test_without_a_warm_up_the_weight_is_full_from_the_start(variant: str) -> None:
    found = steps_of(tiny.model(variant), variant, epochs=1)
    assert [share for share, _ in found] == [1, 1, 1, 1]


def test_a_warm_up_lets_information_through_first() -> None:
    warmed, plain = (
        steps_of(tiny.model("vae", lam=5.0, warm_up=n), "vae", epochs=20) for n in (20, None)
    )
    rates = [[terms.rate or 0.0 for _, terms in steps[8:40]] for steps in (warmed, plain)]
    assert sum(rates[0]) > 1.5 * sum(rates[1])


@pytest.mark.parametrize("variant", WEIGHTED)
def test_a_warm_up_that_is_interrupted_goes_on_where_it_was(variant: str) -> None:
    def run(model: BottleneckLearner, epochs: int, history: tuple = ()) -> list:  # type: ignore[type-arg]
        given = {"seed": 0, "device": tiny.CPU, "batch_size": 25, "criterion": criterion(variant)}
        return list(train(model, TRAIN, VALIDATION, epochs=epochs, history=history, **given))

    whole = tiny.model(variant, warm_up=4)
    expected = run(whole, 5)
    first = tiny.model(variant, warm_up=4)
    history = tuple(run(first, 2))
    state = {name: value.clone() for name, value in first.training_state().items()}
    second = tiny.model(variant, seed=9, warm_up=4)
    second.load_training_state(state)
    rest = run(second, 5, history)
    measured = [(e.train, e.validation) for e in (*history, *rest)]
    assert measured == [(e.train, e.validation) for e in expected]
    assert all(v.equal(tiny.weights(whole)[name]) for name, v in tiny.weights(second).items())


@pytest.mark.parametrize("variant", tiny.AUTOENCODERS)
def test_an_autoencoder_has_no_accuracy(variant: str) -> None:
    model = tiny.model(variant)
    assert model.step(X, Y, generator()).accuracy is None
    assert model.target.predicts == "input"


@pytest.mark.parametrize("variant", tiny.CLASSIFIERS)
def test_a_classifier_predicts_labels(variant: str) -> None:
    assert tiny.model(variant).target.predicts == "label"
