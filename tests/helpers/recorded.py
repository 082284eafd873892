"""Runs as they are recorded, without a training."""

from collections.abc import Sequence
from typing import Any

from vibcli.store.records import DataRecord, Epoch, Run, Selected, Tests
from vibcli.store.rundir import run_id
from vibcli.tasks.resolve import resolve

METRICS = (
    *("accuracy", "nll_nats", "ece", "brier", "macro_f1", "auroc"),
    *("distortion_nats", "rate_nats", "rate_bits", "izy_lower_bound_nats"),
)


def run(
    name: str = "vib",
    seed: int = 0,
    curve: Sequence[float] = (0.5, 0.75),
    tested: dict[str, float | None] | None = None,
    status: Any = "complete",
    created: str = "2026-01-01T00:00:00.000+00:00",
    dataset: str = "wine",
    **settings: Any,
) -> Run:
    """A run of this variant with this validation curve and these test metrics."""
    config = resolve("vib", "tabular", {"dataset": dataset, "epochs": len(curve), **settings})
    metrics = dict.fromkeys(METRICS) | {"accuracy": 0.5, "nll_nats": 1.0} | (tested or {})
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
            classes=("no", "yes"),
            sizes={"train": 8, "validation": 1, "test": 1},
            notes=("no test split",),
        ),
        environment={"threads": 1},
        epochs=tuple(
            Epoch(epoch=i, train={}, validation={"accuracy": a, "nll_nats": 1.0}, seconds=2.0)
            for i, a in enumerate(curve, start=1)
        ),
        selected=Selected(epoch=1, criterion="last epoch", value=None),
        test=Tests(selected=metrics, last=metrics) if status == "complete" else None,
        timings={"train_seconds": 2.0 * len(curve)},
    )
