"""Experience from rows."""

from collections.abc import Iterator

import torch
from torch import Tensor

from vibcli import randomness
from vibcli.config.record import RunConfig
from vibcli.data.prepare import Part
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.learner import Batch


class RowExperience:
    """Batches of rows, in an order that is drawn anew in each epoch from a stream of its number.

    Args:
        x: inputs ``[N, ...]``.
        y: labels ``[N]``.
        batch_size: rows a step; the last batch of an epoch may be smaller.
        seed: of the order.
        device: where batches go.
    """

    def __init__(
        self, x: Tensor, y: Tensor, batch_size: int, seed: int, device: torch.device
    ) -> None:
        self.x, self.y = x, y
        self.batch_size = batch_size
        self.seed = seed
        self.device = device
        self.steps = -(-len(y) // batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Every row once."""
        shuffle = randomness.generator("cpu", self.seed, "order", number)
        order = torch.randperm(len(self.y), generator=shuffle)
        for index in torch.split(order, self.batch_size):
            yield Batch(self.x[index].to(self.device), self.y[index].to(self.device))


def row_experience(
    learner: BottleneckLearner, training: Part, config: RunConfig, seed: int, device: torch.device
) -> RowExperience:
    """The rows of a part, with labels as the learner's target takes them."""
    x, y = torch.from_numpy(training.x), learner.target.labels(training)
    return RowExperience(x, y, config.batch_size, seed, device)
