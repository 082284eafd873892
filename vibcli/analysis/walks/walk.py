"""A walk between two ends, and what the model sees on the way."""

from typing import NamedTuple

import torch
from torch import Tensor

from vibcli.analysis.walks.endpoints import Endpoint, label_of, label_text
from vibcli.analysis.walks.views import (
    Floats,
    LatentSpace,
    PointViews,
    as_inputs,
    latents,
    look,
    look_at,
    observed,
)
from vibcli.errors import VibError, unknown
from vibcli.models import gaussian
from vibcli.tasks.autoencoding.samples import decode_latents

BLEND = "blend"  # the name of the walk that mixes the inputs themselves


class Neighbour(NamedTuple):
    """The training example whose code's mean is nearest, and its distance to z."""

    split: str
    row: int
    label: str | float
    distance: float

    @property
    def said(self) -> str:
        """The label in words."""
        return label_text(self.label)


class WalkStep(NamedTuple):
    """One point of the walk; what does not apply is None.

    ``probabilities`` and ``entropy_nats`` are of classes, ``prediction`` is of a number. Where
    inputs are decoded the entropy is that of the decoded pixels or of one word, and
    ``distance_to_data`` how far what is decoded is from the nearest training example
    (`vibcli.analysis.walks.views.distance_to_nearest`). A blend of texts has no latent.
    """

    position: float
    norm: float | None
    log_prior_nats: float | None
    entropy_nats: float | None
    probabilities: tuple[float, ...] | None
    prediction: float | None
    distance_to_data: float | None
    nearest: Neighbour | None


class Walk(NamedTuple):
    """Steps from end to end, and the values ``[S, D]`` that an autoencoder decodes on the way.

    Of a blend they are the blended values, of a classifier too.
    """

    mode: str
    steps: list[WalkStep]
    values: Floats | None


def walk(space: LatentSpace, start: Tensor, end: Tensor, mode: str, steps: int) -> Walk:
    """Walk through the latent from ``start`` to ``end``, ``[K]`` each.

    Args:
        space: the model and what it was trained on.
        start: where to begin.
        end: where to end.
        mode: a name of `vibcli.models.gaussian.PATHS`.
        steps: points, both ends included.

    Raises:
        VibError: unknown mode or fewer than two steps.
    """
    if mode not in gaussian.PATHS:
        raise VibError(unknown("mode", mode, gaussian.PATHS))
    positions = _positions(steps)
    z = gaussian.PATHS[mode](start.cpu().double(), end.cpu().double(), positions)  # [S, K]
    view = look(space, z)
    return Walk(mode, _steps(space, positions, z, view), view.values)


def blend(space: LatentSpace, start: Endpoint, end: Endpoint, steps: int) -> Walk | None:
    """Mix the inputs themselves, (1 - a) x1 + a x2, and show the model the mixtures.

    Between draws from the prior an autoencoder's decoded ends are mixed. None where there is
    nothing to mix: texts, and draws from the prior of a classifier, which have no input. Texts of
    an autoencoder are mixed as shares of words, which have no latent.
    """
    positions = _positions(steps)
    ends = [_values(space, end) for end in (start, end)]
    if ends[0] is None or ends[1] is None:
        return None
    values = gaussian.linear_path(ends[0], ends[1], positions.to(ends[0]))  # [S, D]
    inputs = as_inputs(space, values)
    z = None if inputs is None else latents(space.model, inputs, space.device)
    view = look_at(space, values)
    return Walk(BLEND, _steps(space, positions, z, view), view.values)


def _values(space: LatentSpace, end: Endpoint) -> Tensor | None:
    """The observed values ``[D]`` of an end's input, or those that it decodes to."""
    autoencoder = space.likelihood is not None
    if end.x is not None and (autoencoder or not space.of_texts):
        return observed(space, torch.from_numpy(end.x))[0]
    return decode_latents(space.model, end.z.to(space.device).float()) if autoencoder else None


def _positions(steps: int) -> Tensor:
    if steps < 2:
        raise VibError(f"--steps is {steps}: a walk has at least 2 points.")
    return torch.linspace(0, 1, steps, dtype=torch.float64)


def _steps(
    space: LatentSpace, positions: Tensor, z: Tensor | None, view: PointViews
) -> list[WalkStep]:
    norms = densities = None
    near: list[Neighbour | None] = [None] * len(positions)
    if z is not None:
        norms, densities = z.norm(dim=-1), gaussian.log_standard_normal(z)
        near = _neighbours(space, z)
    probabilities = view.probabilities
    return [
        WalkStep(
            position=float(position),
            norm=_at(norms, i),
            log_prior_nats=_at(densities, i),
            entropy_nats=_at(view.entropy, i),
            probabilities=None if probabilities is None else tuple(probabilities[i].tolist()),
            prediction=_at(view.prediction, i),
            distance_to_data=_at(view.distance, i),
            nearest=near[i],
        )
        for i, position in enumerate(positions)
    ]


def _neighbours(space: LatentSpace, z: Tensor) -> list[Neighbour | None]:
    train = space.train
    if not len(space.codes):
        return [None] * len(z)
    distances, indices = torch.cdist(z, space.codes).min(dim=1)
    return [
        Neighbour(train.split, int(train.rows[j]), label_of(space.classes, train.y[j]), distance)
        for j, distance in zip(indices.tolist(), distances.tolist(), strict=True)
    ]


def _at(values: Tensor | Floats | None, i: int) -> float | None:
    return None if values is None else float(values[i])
