"""What a run leaves behind, as types."""

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from vibcli.config.record import RunConfig
from vibcli.store.schema import SCHEMA_VERSION

Status = Literal["running", "complete", "failed", "diverged"]
Metrics = dict[str, float | None]


class Record(BaseModel):
    """Base of the stored types: immutable; an infinite or undefined number is stored as null."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="null", defer_build=True
    )


class Epoch(Record):
    """One pass over the training part and the validation after it."""

    epoch: int
    train: Metrics
    validation: Metrics
    seconds: float


class DataRecord(Record):
    """Which data a run saw."""

    name: str
    source: str
    revision: str | None
    fingerprint: str
    kind: str
    inputs: tuple[str, ...]
    label: str
    classes: tuple[str, ...]
    sizes: dict[str, int]
    notes: tuple[str, ...]


class Selected(Record):
    """The epoch whose weights are kept, and why."""

    epoch: int
    criterion: str
    value: float | None


class Tests(Record):
    """Test metrics at the selected and at the last epoch."""

    selected: Metrics
    last: Metrics


class Run(Record):
    """All that is known of a run: the content of its ``run.json``."""

    schema_version: int = SCHEMA_VERSION
    id: str
    name: str
    status: Status
    created: str
    seed: int
    config: RunConfig
    data: DataRecord
    environment: dict[str, Any]
    epochs: tuple[Epoch, ...] = ()
    selected: Selected | None = None
    test: Tests | None = None
    timings: dict[str, float] = {}
    message: str | None = None

    def updated(self, **changes: Any) -> "Run":
        """A copy with some fields replaced."""
        return self.model_copy(update=changes)

    @property
    def experiment(self) -> str:
        """Name and settings of the experiment that this run is one seed of."""
        return self.id.split("/")[1]


def select(epochs: tuple[Epoch, ...], criterion: str) -> Selected:
    """Choose the epoch to keep by what validation said.

    ``criterion`` is ``accuracy`` (highest; between equals the lowest NLL, because small
    validation parts often tie), ``nll`` (lowest), ``elbo`` (highest; without a rate there is none,
    and the lowest distortion counts) or ``last``. What still ties goes to the first.
    """
    if criterion == "last":
        return Selected(epoch=epochs[-1].epoch, criterion="last epoch", value=None)

    def accuracy(epoch: Epoch) -> float:
        return _known(epoch.validation["accuracy"])

    def likelihood(epoch: Epoch) -> float:
        return _known(_times(-1, epoch.validation["nll_nats"]))

    if criterion == "elbo":
        key, word = ("elbo_nats", "highest validation ELBO")
        if epochs[0].validation[key] is None:
            key, word = ("distortion_nats", "lowest validation distortion")
        sign = 1 if key == "elbo_nats" else -1
        best = max(epochs, key=lambda epoch: _known(_times(sign, epoch.validation[key])))
        return Selected(epoch=best.epoch, criterion=word, value=best.validation[key])
    if criterion == "nll":
        best = max(epochs, key=likelihood)
        name, value = "lowest validation NLL", best.validation["nll_nats"]
    else:
        best = max(epochs, key=lambda epoch: (accuracy(epoch), likelihood(epoch)))
        name, value = "highest validation accuracy", best.validation["accuracy"]
    return Selected(epoch=best.epoch, criterion=name, value=value)


def _known(merit: float | None) -> float:
    return float("-inf") if merit is None or math.isnan(merit) else merit


def _times(sign: int, value: float | None) -> float | None:
    return None if value is None else sign * value
