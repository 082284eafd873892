"""A learner that is no network: an actor and a critic in an environment of three levers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

from vibcli import randomness
from vibcli.data.prepare import Part
from vibcli.models.learner import State, Terms

REWARDS = torch.tensor([0.0, 1.0, 0.3])  # expected, of each lever
ROUNDS, PULLS = 5, 8  # steps in an epoch; pulls a step, in the last one fewer


class Pulls(NamedTuple):
    """Levers that were pulled, and what they gave, ``[B]`` each."""

    levers: Tensor
    rewards: Tensor

    @property
    def size(self) -> int:
        return len(self.levers)


class ActorCritic:
    """Preferences for levers and what they are worth, each with a momentum of its own."""

    def __init__(self) -> None:
        self.position = 0.0
        self.positions: list[float] = []
        self.epochs: list[int] = []
        self.begun = 0
        self.rate = 0.0
        self.draws: list[float] = []
        self.actor, self.critic = torch.zeros(3), torch.zeros(3)
        self.actor_momentum, self.critic_momentum = torch.zeros(3), torch.zeros(3)
        self.mean_actor = torch.zeros(3)

    def policy(self) -> Tensor:
        return self.actor.softmax(0)

    def begin(self, training: Part) -> None:
        self.begun += 1

    def start_epoch(self, epoch: int) -> None:
        self.epochs.append(epoch)
        self.rate = 0.5 / epoch

    def step(self, batch: Pulls, rng: torch.Generator) -> Terms:
        self.positions.append(self.position)
        noise = torch.randn(3, generator=rng)
        self.draws.append(noise[0].item())
        error = batch.rewards - self.critic[batch.levers]
        loss = error.square().mean()
        terms = {"loss_nats": loss.item(), "reward": batch.rewards.mean().item()}
        if not loss.isfinite():
            return terms
        pulled = torch.nn.functional.one_hot(batch.levers, 3).float()
        towards_worth = (pulled * error[:, None]).mean(0)
        advantage = batch.rewards - batch.rewards.mean()
        towards_reward = ((pulled - self.policy()) * advantage[:, None]).mean(0)
        self.critic_momentum = 0.9 * self.critic_momentum + towards_worth
        self.actor_momentum = 0.5 * self.actor_momentum + towards_reward + 1e-3 * noise
        self.critic = self.critic + self.rate * self.critic_momentum
        self.actor = self.actor + 4 * self.rate * self.actor_momentum
        self.mean_actor = 0.8 * self.mean_actor + 0.2 * self.actor
        return terms

    def at_end_of_epoch(self) -> Terms:
        return {"rate_of_learning": self.rate}

    @contextmanager
    def averaged(self) -> Iterator[None]:
        kept, self.actor = self.actor, self.mean_actor
        try:
            yield
        finally:
            self.actor = kept

    def weights(self) -> State:
        return {"actor": self.actor.clone(), "critic": self.critic.clone()}

    def load_weights(self, weights: State) -> None:
        self.actor, self.critic = weights["actor"], weights["critic"]

    def training_state(self) -> State:
        return {
            **self.weights(),
            "actor.momentum": self.actor_momentum,
            "critic.momentum": self.critic_momentum,
            "actor.mean": self.mean_actor,
        }

    def load_training_state(self, state: State) -> None:
        self.load_weights(state)
        self.actor_momentum = state["actor.momentum"]
        self.critic_momentum = state["critic.momentum"]
        self.mean_actor = state["actor.mean"]


class Levers:
    """An environment in which the learner itself decides what it will see."""

    steps = ROUNDS

    def __init__(self, learner: ActorCritic, seed: int = 0) -> None:
        self.learner = learner
        self.seed = seed

    def epoch(self, number: int) -> Iterator[Pulls]:
        rng = randomness.generator("cpu", self.seed, "levers", number)
        for step in range(ROUNDS):
            count = PULLS if step < ROUNDS - 1 else 3
            levers = torch.multinomial(self.learner.policy(), count, True, generator=rng)
            noise = 0.1 * torch.randn(count, generator=rng)
            yield Pulls(levers, REWARDS[levers] + noise)


def expected_reward(learner: ActorCritic) -> float:
    return float(learner.policy() @ REWARDS)
