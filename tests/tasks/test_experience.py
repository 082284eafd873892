import numpy as np
import pytest
import tiny
import torch

from vibcli import randomness
from vibcli.registry import TASKS
from vibcli.tasks.experience import RowExperience, row_experience
from vibcli.tasks.resolve import resolve


def experience(n: int = 10, batch_size: int = 4, seed: int = 0) -> RowExperience:
    """Rows whose inputs say which row it is."""
    x = torch.arange(3 * n).view(n, 3)
    return RowExperience(x, 100 + torch.arange(n), batch_size, seed, tiny.CPU)


def order(given: RowExperience, epoch: int) -> list[int]:
    return [row - 100 for batch in given.epoch(epoch) for row in batch.y.tolist()]


@pytest.mark.parametrize(
    ("n", "batch_size", "sizes"),
    [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 4, [3]), (1, 1, [1]), (5, 1, [1] * 5), (4, 9, [4])],
)
def test_every_row_comes_once_and_the_last_batch_may_be_smaller(
    n: int, batch_size: int, sizes: list[int]
) -> None:
    given = experience(n, batch_size)
    batches = list(given.epoch(1))
    assert [batch.size for batch in batches] == sizes
    assert given.steps == len(sizes)
    assert sorted(order(given, 1)) == list(range(n))
    for batch in batches:  # labels stay with their inputs
        assert batch.x[:, 0].tolist() == (3 * (batch.y - 100)).tolist()


def test_an_epoch_is_the_same_for_the_same_number_whatever_came_before() -> None:
    given = experience(50)
    third = order(given, 3)
    first = order(given, 1)
    assert order(given, 3) == third == order(experience(50), 3)
    next(iter(given.epoch(3)))  # one that was broken off
    assert order(given, 3) == third
    assert first != third
    assert order(experience(50, seed=1), 3) != third


def test_the_order_does_not_depend_on_the_batch_size() -> None:
    assert order(experience(50, 4), 2) == order(experience(50, 50), 2)


def test_the_order_is_a_fair_shuffle() -> None:
    first = np.array([order(experience(5, 5, seed), 1) for seed in range(600)])
    share = (first == np.arange(5)).mean(0)  # rows that stay in their place
    assert share == pytest.approx(np.full(5, 0.2), abs=0.06)


def test_the_order_comes_from_a_stream_of_its_own() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    expected = torch.randperm(50, generator=randomness.generator("cpu", 3, "order", 2)).tolist()
    assert order(experience(50, seed=3), 2) == expected
    assert torch.get_rng_state().equal(before)


@pytest.mark.parametrize("name", TASKS)
def test_labels_are_as_the_target_takes_them(name: str) -> None:
    task = TASKS.load(name)
    part = tiny.numbers(20) if name == "regression" else tiny.rows(20)
    variant = next(iter(task.variants))
    learner = tiny.model(variant, task=name)
    learner.begin(part)
    config = resolve(variant, "tabular", {"batch_size": 7}, task)
    given = row_experience(learner, part, config, 5, tiny.CPU)
    assert (given.steps, given.batch_size, given.seed) == (3, 7, 5)
    assert given.x.numpy() == pytest.approx(part.x)
    expected = (part.y - part.y.mean()) / part.y.std() if name == "regression" else part.y
    assert given.y.numpy() == pytest.approx(expected, abs=1e-6)
    same = task.experience.load()(learner, part, config, 5, tiny.CPU)
    for one, other in zip(same.epoch(2), given.epoch(2), strict=True):
        assert one.x.equal(other.x)
        assert one.y.equal(other.y)
