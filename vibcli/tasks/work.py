"""What a task does: the contract of the part that computes."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import torch

from vibcli.config.record import RunConfig
from vibcli.data.dataset import Array
from vibcli.data.prepare import Part
from vibcli.models.learner import Learner
from vibcli.store.records import Metrics

L = TypeVar("L", bound=Learner)

Columns = dict[str, Any]  # by name, ``[N]`` each


class RowPredictions(Protocol):
    """What a model says of N rows."""

    def columns(self, classes: Sequence[str]) -> Columns:
        """What is stored of each row; ``classes`` are those of the labels, if they have any."""
        ...


class Evaluated(NamedTuple):
    """All metrics of some rows, and what they come from."""

    metrics: Metrics
    outcome: RowPredictions


class Work(Protocol[L]):
    """Builds and evaluates the learners of a task."""

    def build(
        self,
        config: RunConfig,
        shape: tuple[int, ...],
        classes: int,
        seed: int,
        device: torch.device,
    ) -> L:
        """The learner of ``config`` for inputs of this shape, with initial weights of ``seed``."""
        ...

    def validate(self, learner: L, part: Part, device: torch.device) -> Metrics:
        """The few metrics that are watched after each epoch."""
        ...

    def evaluate(
        self,
        learner: L,
        part: Part,
        device: torch.device,
        samples: int | None = None,
        seed: int = 0,
    ) -> Evaluated:
        """All metrics of a part; ``samples`` are draws of z, None as many as is usual."""
        ...

    def predict(
        self,
        learner: L,
        x: Array,
        device: torch.device,
        samples: int = 0,
        seed: int = 0,
        *,
        classes: Sequence[str],
    ) -> Columns:
        """What is added to new rows ``x``, ``[N, ...]`` as prepared, whose labels are not known."""
        ...
