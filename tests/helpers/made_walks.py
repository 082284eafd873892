"""Walks as tables and pictures get them, made up."""

from collections.abc import Sequence
from typing import Any

import latent_spaces
import numpy as np

from vibcli.analysis.walks.endpoints import Endpoint
from vibcli.analysis.walks.modes import Leg, Walks, assumption
from vibcli.analysis.walks.walk import Neighbour, Walk, WalkStep

ALL = ("linear", "spherical", "slerp", "blend")


def step(position: float, name: str = "yes", row: int = 7, **more: Any) -> WalkStep:
    """A step that has nothing but a place, unless ``more`` says so."""
    found: dict[str, Any] = {
        "norm": 12.345,
        "log_prior_nats": -98.765,
        "entropy_nats": 0.5623,
        "probabilities": None,
        "prediction": None,
        "distance_to_data": None,
        "nearest": Neighbour("train", row, name, 1.0),
    }
    return WalkStep(position=position, **(found | more))


def classified(
    steps: int, names: Sequence[str], near: Sequence[int] | None = None
) -> list[WalkStep]:
    """Steps on which the last class takes over from the first."""
    path = []
    for i in range(steps):
        a = i / (steps - 1)
        p = [0.0] * len(names)
        p[0], p[-1] = 1 - a, a
        row = near[i] if near else i
        more = {"norm": 5 + a, "entropy_nats": a * (1 - a), "probabilities": tuple(p)}
        path.append(step(a, names[row % len(names)], row, **more))
    return path


def made_walk(
    steps: Sequence[WalkStep],
    nearest: Sequence[tuple[Any, Any]] | None = None,
    modes: Sequence[str] = ("linear",),
    values: Any = None,
    readings: Sequence[Any] | None = None,
    inputs: Any = None,
    input_readings: Sequence[Any] = (None, None),
) -> Walks:
    """The same steps in each mode, between two draws of N(0, I)."""
    nothing = [None] * len(steps)
    near = nearest or [(None, None)] * len(steps)
    legs = [
        Leg(Walk(mode, list(steps), values), list(readings or nothing), list(near))
        for mode in modes
    ]
    start, end = (
        Endpoint(latent_spaces.latent(i), {"kind": "prior", "seed": 0}, None) for i in (1, 2)
    )
    return Walks(
        start,
        end,
        legs,
        inputs,
        list(input_readings),
        assumption.ends(start.z, end.z),
        assumption.CodeMoments(0.0, 1.0, 0.9, 1.1),
        [],
    )


def linear_values(first: Any, last: Any, steps: int) -> Any:
    """``[S, D]`` from the one to the other."""
    a = np.linspace(0, 1, steps)[:, None]
    return (1 - a) * np.ravel(first) + a * np.ravel(last)
