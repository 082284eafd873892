"""The loop neither knows what it trains nor where the experience comes from."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from bandit import PULLS, ROUNDS, ActorCritic, Levers, Pulls, expected_reward

from vibcli import randomness
from vibcli.models.learner import Terms
from vibcli.runs.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vibcli.runs.loop import Diverged, check_finite, train_epochs
from vibcli.runs.observer import Silent, Step
from vibcli.store.records import Epoch
from vibcli.store.rundir import RunDir

CPU = torch.device("cpu")


def training(learner: ActorCritic, **settings: Any) -> Iterator[Epoch]:
    given: dict[str, Any] = {"seed": 0, "device": CPU, "epochs": 3, **settings}
    experience = given.pop("experience", None) or Levers(learner, given["seed"])
    return train_epochs(learner, experience, lambda: {"reward": expected_reward(learner)}, **given)


def measured(epochs: Iterator[Epoch]) -> list[dict[str, Any]]:
    """Everything but the time, exactly."""
    return [epoch.model_dump(exclude={"seconds"}) for epoch in epochs]


def most_reward(epochs: Any) -> int:
    return max(epochs, key=lambda epoch: epoch.validation["reward"] or 0).epoch


def test_an_actor_and_a_critic_learn() -> None:
    learner = ActorCritic()
    first, *_, last = training(learner, epochs=30)
    assert expected_reward(ActorCritic()) == pytest.approx(1.3 / 3)
    assert last.validation["reward"] is not None
    assert last.validation["reward"] > 0.9
    assert learner.critic[1] == pytest.approx(1, abs=0.1)  # what the best lever is worth
    assert last.train["reward"] > first.train["reward"]


def test_the_same_seed_gives_the_same_numbers_and_another_others() -> None:
    first, again, other = (measured(training(ActorCritic(), seed=seed)) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_what_is_called_when() -> None:
    learner = ActorCritic()
    list(training(learner, epochs=3))
    assert learner.epochs == [1, 2, 3]
    assert learner.begun == 0  # that is for who knows whether this is the beginning
    expected = [epoch + step / ROUNDS for epoch in range(3) for step in range(ROUNDS)]
    assert learner.positions == pytest.approx(expected)
    noise = [randomness.generator(CPU, 0, "noise", epoch) for epoch in (1, 2, 3)]
    drawn = [torch.randn(3, generator=rng)[0].item() for rng in noise for _ in range(ROUNDS)]
    assert learner.draws == drawn


def test_an_epoch_is_the_mean_over_its_examples_and_what_its_end_adds() -> None:
    steps: list[Step] = []

    class Watching(Silent):
        def on_step(self, step: Step) -> None:
            steps.append(step)

    (epoch,) = training(ActorCritic(), epochs=1, observers=[Watching()])
    assert [step[:3] for step in steps] == [(1, n, ROUNDS) for n in range(1, ROUNDS + 1)]
    sizes = [PULLS] * (ROUNDS - 1) + [3]
    for key in ("loss_nats", "reward"):
        terms = [step.terms[key] for step in steps]
        mean = sum(n * value for n, value in zip(sizes, terms, strict=True)) / sum(sizes)
        assert epoch.train[key] == pytest.approx(mean)
    assert epoch.train["rate_of_learning"] == 0.5
    assert list(epoch.train) == ["loss_nats", "reward", "rate_of_learning"]


def test_it_is_measured_with_its_average_and_goes_on_without() -> None:
    learner = ActorCritic()
    (epoch,) = training(learner, epochs=1)
    assert epoch.validation["reward"] != expected_reward(learner)
    with learner.averaged():
        assert epoch.validation["reward"] == expected_reward(learner)


def test_the_average_is_put_back_where_measuring_fails() -> None:
    learner = ActorCritic()

    def broken() -> Any:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        list(train_epochs(learner, Levers(learner), broken, seed=0, device=CPU, epochs=1))
    assert not torch.equal(learner.actor, learner.mean_actor)


@pytest.mark.parametrize("pause", [1, 2, 4])
def test_a_training_that_goes_on_equals_one_never_interrupted(tmp_path: Path, pause: int) -> None:
    whole = ActorCritic()
    expected = measured(training(whole, epochs=5))
    first = ActorCritic()
    history = tuple(training(first, epochs=pause))
    folder = RunDir(tmp_path, "levers/any-0/seed-0")
    save_checkpoint(folder, Checkpoint(history, first.training_state(), first.weights()))
    saved = load_checkpoint(folder)
    assert saved is not None
    second = ActorCritic()
    second.load_training_state(saved.state)
    rest = measured(training(second, epochs=5, history=saved.epochs))
    assert measured(iter(saved.epochs)) + rest == expected
    found = second.training_state()
    assert all(value.equal(found[key]) for key, value in whole.training_state().items())
    assert second.epochs == list(range(pause + 1, 6))


def test_patience_asks_whoever_knows_which_epoch_is_best() -> None:
    asked: list[int] = []

    def best(epochs: Any) -> int:
        asked.append(len(epochs))
        return 2

    found = [e.epoch for e in training(ActorCritic(), epochs=9, patience=3, best=best)]
    assert found == [1, 2, 3, 4, 5]
    assert asked == [1, 2, 3, 4, 5]
    stopped = training(ActorCritic(), epochs=30, patience=2, best=most_reward)
    epochs = list(stopped)
    assert len(epochs) == min(30, most_reward(epochs) + 2)
    # by default the last is the best, so there is always hope
    assert len(list(training(ActorCritic(), epochs=4, patience=1))) == 4


class Breaking(ActorCritic):
    """Says something that is no number in the seventh step."""

    def __init__(self, wrong: Terms) -> None:
        super().__init__()
        self.wrong = wrong

    def step(self, batch: Pulls, rng: torch.Generator) -> Terms:
        terms = super().step(batch, rng)
        return terms | self.wrong if len(self.positions) == 7 else terms


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"loss_nats": math.nan, "reward": 0.5}, r"^loss nan in epoch 2, step 2 \(reward 0.5\)$"),
        ({"loss_nats": 1.5, "reward": -math.inf}, r"^loss 1.5 in epoch 2, step 2 \(reward -inf\)$"),
    ],
)
def test_any_term_that_is_no_number_ends_it(wrong: Terms, message: str) -> None:
    learner = Breaking(wrong)
    epochs = training(learner, epochs=3)
    assert next(epochs).epoch == 1
    with pytest.raises(Diverged, match=message):
        next(epochs)
    assert len(learner.positions) == 7


def test_a_measurement_that_is_no_number_ends_it() -> None:
    learner = ActorCritic()
    epochs = train_epochs(
        learner, Levers(learner), lambda: {"reward": math.inf}, seed=0, device=CPU, epochs=2
    )
    with pytest.raises(Diverged, match="reward of validation after epoch 1: inf"):
        next(epochs)


def test_what_is_not_known_is_no_divergence() -> None:
    check_finite({"a": None, "b": 0.0}, "anywhere")
    with pytest.raises(Diverged, match=r"^b anywhere: nan$"):
        check_finite({"a": None, "b": math.nan}, "anywhere")


def test_an_environment_may_end_an_epoch_early() -> None:
    """As many batches as come count, whatever was said of how many there would be."""

    class Short(Levers):
        def epoch(self, number: int) -> Iterator[Pulls]:
            yield from list(super().epoch(number))[:2]

    learner = ActorCritic()
    (epoch,) = training(learner, epochs=1, experience=Short(learner))
    assert len(learner.positions) == 2
    assert epoch.train["reward"] is not None
    assert math.isfinite(epoch.train["reward"])
