"""Experiments to be compared, as they are recorded."""

from collections.abc import Mapping, Sequence
from typing import Any

import recorded

from vibcli.comparison.member import Member


def member(
    name: str,
    tested: Mapping[str, Sequence[float]],
    task: str = "autoencoding",
    curves: Sequence[Sequence[float]] | None = None,
    broken: int = 0,
    **settings: Any,
) -> Member:
    """An experiment with these test metrics and validation curves, an entry for each seed."""
    runs = {}
    for seed in range(len(next(iter(tested.values())))):
        own = {key: values[seed] for key, values in tested.items()}
        curve = {} if curves is None else {"curve": curves[seed]}
        runs[seed] = recorded.run(name, seed, tested=own, task=task, **curve, **settings)
    return Member(name, runs, broken)


GAUSSIAN = {"likelihood": "gaussian"}
AE = member(
    "ae",
    {"distortion_at_mean_nats": (80.0, 82.0, 81.0), "sample_energy": (0.2, 0.25, 0.21)},
    **GAUSSIAN,
)
VAE = member(
    "vae",
    {
        "distortion_at_mean_nats": (92.0, 93.5, 92.5),
        "sample_energy": (0.01, 0.02, 0.015),
        "elbo_nats": (-118.0, -119.0, -118.4),
        "iwae_nats": (-113.0, -113.5, -113.2),
        "iw_samples": (64.0, 64.0, 64.0),
        "rate_nats": (19.0, 20.0, 19.5),
    },
    **GAUSSIAN,
)
