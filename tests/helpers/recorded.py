"""Runs as they are recorded, without a training."""

from collections.abc import Sequence
from typing import Any

from vibcli.registry import TASKS
from vibcli.store.records import DataRecord, Epoch, Run, Selected, Tests
from vibcli.store.rundir import run_id
from vibcli.tasks.resolve import resolve
from vibcli.tasks.task import Task

METRICS = (
    *("accuracy", "nll_nats", "ece", "brier", "macro_f1", "auroc"),
    *("distortion_nats", "rate_nats", "rate_bits", "izy_lower_bound_nats"),
)
TESTED = {
    "classification": dict.fromkeys(METRICS) | {"accuracy": 0.5, "nll_nats": 1.0},
    "regression": {"rmse": 50.0, "mae": 40.0, "nll_nats": 1.0},
    "autoencoding": {"distortion_nats": 10.0},
}


def run(
    name: str = "vib",
    seed: int = 0,
    curve: Sequence[float] = (0.5, 0.75),
    tested: dict[str, float | None] | None = None,
    status: Any = "complete",
    created: str = "2026-01-01T00:00:00.000+00:00",
    dataset: str = "wine",
    task: str = "classification",
    **settings: Any,
) -> Run:
    """A run of this task with this validation curve and these test metrics."""
    own: Task = TASKS.load(task)
    typed = {"dataset": dataset, "epochs": len(curve), **settings}
    config = resolve(own.pair[1], "tabular", typed, own)
    metrics = TESTED.get(task, {}) | (tested or {})
    watched = own.convergence.key if own.convergence else "distortion_nats"
    return Run(
        id=run_id(dataset, name, config.digest("f00d"), seed),
        name=name,
        status=status,
        created=created,
        seed=seed,
        config=config,
        data=DataRecord(
            name=dataset,
            source="package sklearn",
            revision=None,
            fingerprint="f00d",
            kind="tabular",
            inputs=("features",),
            label="label",
            classes=() if own.label == "number" else ("no", "yes"),
            sizes={"train": 8, "validation": 1, "test": 1},
            notes=("no test split",),
        ),
        environment={"threads": 1},
        epochs=tuple(
            Epoch(epoch=i, train={}, validation={watched: a, "nll_nats": 1.0}, seconds=2.0)
            for i, a in enumerate(curve, start=1)
        ),
        selected=Selected(epoch=1, criterion="last epoch", value=None),
        test=Tests(selected=metrics, last=metrics) if status == "complete" else None,
        timings={"train_seconds": 2.0 * len(curve)},
    )
