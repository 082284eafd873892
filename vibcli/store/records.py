"""What a run leaves behind, as types."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from vibcli.config.record import RunConfig, check_names
from vibcli.errors import VibError
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

    @field_validator("config")
    @classmethod
    def _known(cls, config: RunConfig) -> RunConfig:
        """A record of a newer version may name what this one does not have."""
        try:
            check_names(config, type(config).model_fields)
        except VibError as error:
            raise ValueError(str(error)) from None
        return config

    def updated(self, **changes: Any) -> "Run":
        """A copy with some fields replaced."""
        return self.model_copy(update=changes)

    @property
    def experiment(self) -> str:
        """Name and settings of the experiment that this run is one seed of."""
        return self.id.split("/")[1]
