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


RISING = (0.5, 0.7, 0.8, 0.85, 0.9, 0.9)
FALLING = (60.0, 50.0, 45.0, 47.0)


def classes(
    name: str,
    accuracies: Sequence[float],
    curves: Sequence[Sequence[float]] | None = None,
    broken: int = 0,
    nll: Sequence[float] | None = None,
    **settings: Any,
) -> Member:
    """A classifier with these test accuracies; all learn alike unless curves say otherwise."""
    tested = {"accuracy": accuracies} | ({} if nll is None else {"nll_nats": nll})
    return member(
        name, tested, "classification", curves or [RISING] * len(accuracies), broken, **settings
    )


def numbers(name: str, rmse: Sequence[float], **more: Any) -> Member:
    """A regression with these test errors; all learn alike."""
    return member(name, {"rmse": rmse}, "regression", [FALLING] * len(rmse), **more)


def apart(by: float, spread: float, seeds: int) -> list[float]:
    """Differences of about ``by``, no two alike, whose mean is ``by`` where seeds are even."""
    steps = [(-1) ** seed * (1 + 0.1 * (seed // 2)) for seed in range(seeds)]
    return [by + spread * step for step in steps]


def later(member: Member, by: int) -> Member:
    """The same runs as other seeds."""
    runs = {seed + by: run.updated(seed=seed + by) for seed, run in member.runs.items()}
    return member._replace(runs=runs)


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
