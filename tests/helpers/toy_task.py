"""A task that the package does not know, with a learner that has no network and no latent."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch

from vibcli.config.record import RunConfig
from vibcli.data.prepare import Part
from vibcli.models.learner import Batch, State, Terms
from vibcli.registry import Entry, TaskEntry
from vibcli.store.records import Metrics
from vibcli.tasks.experience import RowExperience
from vibcli.tasks.task import Column, ComparisonTable, Criterion, Quantity, Shown, Task, Variant
from vibcli.tasks.work import Columns, Evaluated

ERROR = Criterion("lowest validation error", (("error", -1),))

TASK = Task(
    name="centring",
    predicts="centre",
    label=None,
    variants={
        "slow": Variant("a small step to each row", {"bottleneck": "none", "lr": 0.01}),
        "fast": Variant("a larger one", {"bottleneck": "none", "lr": 0.1}),
    },
    pair=("slow", "fast"),
    defaults={"tabular": {"epochs": 3, "select": "error"}},
    settings=Entry("vibcli.config.fields:Group"),
    criteria={"error": (ERROR,)},
    headlines={"error": Shown("error", "{:.3f}")},
    metrics={"error": Shown("squared distance", "{:.4f}")},
    quantities={"error": Quantity(-1, True, "test error", "nearer", "farther", "{:+.3f}")},
    asides=(),
    margin=None,
    convergence=None,
    same={},
    screen=(Column("error", "error", digits=3),),
    tables=(
        ComparisonTable(
            "", (Column("seeds", what="seeds"), Column("error", "error", "estimate", 1, 3))
        ),
    ),
    explained="Error: mean squared distance of the rows to the centre.",
    pictures=(),
    row_scores=None,
    options=frozenset(),
    implementation=Entry("toy_task:WORK"),
    experience=Entry("toy_task:row_experience"),
)

ENTRY = TaskEntry("toy_task:TASK", "centre")


class Centre:
    """A point that moves towards each batch."""

    def __init__(self, width: int, rate: float) -> None:
        self.position = 0.0
        self.rate = rate
        self.point = torch.zeros(width)

    def begin(self, training: Part) -> None:
        self.point = torch.from_numpy(training.x[0]).clone()

    def start_epoch(self, epoch: int) -> None:
        pass

    def step(self, batch: Batch, rng: torch.Generator) -> Terms:
        apart = batch.x.mean(0) - self.point
        jitter = 1e-3 * torch.randn(len(apart), generator=rng)
        self.point = self.point + self.rate * (apart + jitter)
        return {"error": apart.square().mean().item()}

    def at_end_of_epoch(self) -> Terms:
        return {}

    @contextmanager
    def averaged(self) -> Iterator[None]:
        yield

    def weights(self) -> State:
        return {"point": self.point.clone()}

    def load_weights(self, weights: State) -> None:
        self.point = weights["point"]

    def training_state(self) -> State:
        return self.weights()

    def load_training_state(self, state: State) -> None:
        self.load_weights(state)


class Distances(NamedTuple):
    """Squared distances ``[N]``."""

    values: Any

    def columns(self, classes: Sequence[str]) -> Columns:
        return {"distance": self.values}


def row_experience(
    learner: "Centre", training: Part, config: RunConfig, seed: int, device: torch.device
) -> RowExperience:
    """The training rows."""
    x, y = torch.from_numpy(training.x), torch.from_numpy(training.y)
    return RowExperience(x, y, config.batch_size, seed, device)


class Centring:
    """See `vibcli.tasks.work.Work`."""

    def build(
        self,
        config: RunConfig,
        shape: tuple[int, ...],
        classes: int,
        seed: int,
        device: torch.device,
    ) -> Centre:
        return Centre(shape[0], config.lr)

    def validate(self, learner: Centre, part: Part, device: torch.device) -> Metrics:
        return self.evaluate(learner, part, device).metrics

    def evaluate(
        self,
        learner: Centre,
        part: Part,
        device: torch.device,
        samples: int | None = None,
        seed: int = 0,
    ) -> Evaluated:
        values = ((part.x - learner.point.numpy()) ** 2).mean(1).astype(np.float64)
        return Evaluated({"error": float(values.mean())}, Distances(values))

    def predict(
        self,
        learner: Centre,
        x: Any,
        device: torch.device,
        samples: int = 0,
        seed: int = 0,
        *,
        classes: Sequence[str],
    ) -> Columns:
        return Distances(((x - learner.point.numpy()) ** 2).mean(1).astype(np.float64)).columns(())


WORK = Centring()
