"""Many walks through a model's latent: what its means, its prior and a uniform one are as ends."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from vibcli import randomness
from vibcli.analysis.walks.endpoints import of_class
from vibcli.analysis.walks.statistics import MIDDLE, POSITIONS, Pairs, walks_between
from vibcli.analysis.walks.views import (
    Floats,
    LatentSpace,
    PointViews,
    latents,
    look,
    look_at,
    observed,
)
from vibcli.analysis.walks.walk import BLEND
from vibcli.data.dataset import Ints
from vibcli.data.prepare import Part
from vibcli.errors import VibError
from vibcli.files import plain
from vibcli.models import gaussian
from vibcli.statistics import Estimate, estimate
from vibcli.tasks.autoencoding.samples import decode_latents

PRIOR, ENCODER, UNIFORM = "prior", "encoder", "uniform"


class EndsAndMiddles(NamedTuple):
    """Something the model says, at the ends and in the middle of each walk.

    ``changes`` are middle less ends, pair by pair.
    """

    ends: Estimate
    middles: dict[str, Estimate]
    changes: dict[str, Estimate]


class Report(NamedTuple):
    """All that is measured of N pairs, by what the ends are.

    ``pairs``: draws from N(0, I), the encoder's means of test examples, and draws from U(-1, 1).
    ``seen`` holds what the model says of the first two (`_measures`); the blend mixes the inputs
    (of the prior's draws, what they decode to).
    """

    pairs: dict[str, Pairs]
    seen: dict[str, dict[str, EndsAndMiddles]]

    def content(self) -> dict[str, Any]:
        """All of it as JSON, with the positions that lists along walks belong to."""
        found: dict[str, Any] = plain({"ends": self.pairs, "model": self.seen})
        return {"positions": POSITIONS.tolist(), **found}


def example_pairs(
    test: Part,
    classes: tuple[str, ...],
    count: int,
    seed: int,
    first: str | None,
    last: str | None,
) -> tuple[Ints, Ints]:
    """Numbers of the test examples of each pair, ``[P]`` twice; no example is taken twice.

    ``first`` and ``last`` name the class of the one end and of the other; without them examples
    are drawn from all, whatever their class, so that the ends are independent.

    Raises:
        VibError: there are too few examples, or no such class.
    """
    pools = [
        np.arange(len(test.y)) if name is None else of_class(test, classes, name)
        for name in (first, last)
    ]
    apart = first != last and None not in (first, last)
    most = min(map(len, pools)) if apart else min(*map(len, pools), max(map(len, pools)) // 2)
    if count > most:
        raise VibError(
            f"--pairs {count} takes {2 * count} different test examples, and there are not so "
            f"many: give at most {most}."
        )
    rng = np.random.default_rng(randomness.derive(seed, "test pairs"))
    smaller = int(len(pools[1]) < len(pools[0]))  # it has less choice, so it chooses first
    one = rng.choice(pools[smaller], count, replace=False)
    other = rng.choice(np.setdiff1d(pools[1 - smaller], one), count, replace=False)
    return (other, one) if smaller else (one, other)


def measure_pairs(space: LatentSpace, test: Part, chosen: tuple[Ints, Ints], seed: int) -> Report:
    """Walk between the chosen test examples, and between as many draws from each prior."""
    shape = (len(chosen[0]), space.codes.shape[1])
    rng = randomness.generator("cpu", seed, "prior pairs")
    normal = [torch.randn(shape, generator=rng, dtype=torch.float64) for _ in range(2)]
    uniform = [2 * torch.rand(shape, generator=rng, dtype=torch.float64) - 1 for _ in range(2)]
    inputs = [test.x[rows] for rows in chosen]
    means = [latents(space.model, x, space.device) for x in inputs]
    autoencoder = space.likelihood is not None
    decoded = values = None
    if autoencoder:
        decoded = [decode_latents(space.model, z.to(space.device).float()) for z in normal]
    if autoencoder or not space.of_texts:
        values = [observed(space, torch.from_numpy(x)) for x in inputs]
    return Report(
        pairs={
            PRIOR: walks_between(normal[0], normal[1], "normal"),
            ENCODER: walks_between(means[0], means[1], "normal"),
            UNIFORM: walks_between(uniform[0], uniform[1], "uniform"),
        },
        seen={
            PRIOR: _seen(space, normal, decoded),
            ENCODER: _seen(space, means, values),
        },
    )


def _seen(
    space: LatentSpace, ends: list[Tensor], mixed: list[Tensor] | None
) -> dict[str, EndsAndMiddles]:
    """What the model says of ends ``[P, K]``, of the walks' middles and of the inputs mixed."""
    at_ends = [_measures(look(space, z)) for z in ends]
    middle = torch.tensor([MIDDLE], dtype=torch.float64)
    at_middles = {
        mode: _measures(look(space, path(ends[0], ends[1], middle)[0]))
        for mode, path in gaussian.PATHS.items()
    }
    if mixed is not None:
        at_middles[BLEND] = _measures(look_at(space, (mixed[0] + mixed[1]) / 2))
    found = {}
    for key in at_ends[0]:
        before = (at_ends[0][key] + at_ends[1][key]) / 2  # [P]
        found[key] = EndsAndMiddles(
            ends=estimate(before),
            middles={mode: estimate(said[key]) for mode, said in at_middles.items()},
            changes={mode: estimate(said[key] - before) for mode, said in at_middles.items()},
        )
    return found


def _measures(view: PointViews) -> dict[str, Floats]:
    """The numbers of `PointViews` that are one a point, ``[P]`` each; see there."""
    found = {
        "top_probability": None if view.probabilities is None else view.probabilities.max(1),
        "prediction": view.prediction,
        "entropy_nats": view.entropy,
        "distance_to_data": view.distance,
    }
    return {key: values for key, values in found.items() if values is not None}
