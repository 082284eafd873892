"""What a model makes of points of its latent, and of inputs between two inputs."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vibcli.data.dataset import Array
from vibcli.data.prepare import Part
from vibcli.evaluation.codes import means
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.likelihoods import Gaussian, Likelihood
from vibcli.models.target import View
from vibcli.tasks.autoencoding.samples import decode_latents

BATCH = 4096  # training rows that are compared at a time

Floats = NDArray[np.float64]


class PointViews(NamedTuple):
    """How a model sees N points, as `vibcli.models.target.View`; what does not apply is None."""

    probabilities: Floats | None  # [N, C], of classes
    prediction: Floats | None  # [N], of a number
    values: Floats | None  # [N, D], E[x|z], what is decoded
    entropy: Floats | None  # [N], nats: of the class; of all pixels; of one word
    distance: (
        Floats | None
    )  # [N], from ``values`` to the nearest training example, see `distance_to_nearest`

    @classmethod
    def of(cls, view: View, distance: Floats | None = None) -> Self:
        """What a model says, and how far what it decodes is from the data."""
        told = (view.probabilities, view.prediction, view.values, view.entropy)
        probabilities, prediction, values, entropy = (
            None if part is None else part.numpy() for part in told
        )
        return cls(probabilities, prediction, values, entropy, distance)


@dataclass(frozen=True)
class LatentSpace:
    """What walks go through: a model, and the training rows that points are compared with.

    Where the data are not at hand there is no such row, and what compares with them is left out.
    """

    model: BottleneckLearner
    train: Part
    classes: tuple[str, ...]
    device: torch.device
    codes: Tensor  # [N, K], means of the codes of ``train``, float64 on the CPU

    @classmethod
    def of(
        cls, model: BottleneckLearner, train: Part, classes: tuple[str, ...], device: torch.device
    ) -> Self:
        """Encode the training rows."""
        return cls(model, train, classes, device, latents(model, train.x, device))

    @property
    def likelihood(self) -> Likelihood | None:
        """What the model takes its input for, where it decodes; else None."""
        return self.model.target.likelihood

    @property
    def of_texts(self) -> bool:
        """Whether inputs are word ids, between which there is nothing."""
        return self.train.x.dtype == np.int32


def latents(model: BottleneckLearner, x: Array, device: torch.device) -> Tensor:
    """Means of the codes of prepared rows: ``[N, ...]`` -> ``[N, K]``, float64 on the CPU."""
    return means(model, torch.from_numpy(x), device).cpu().double()


@torch.inference_mode()
def look(space: LatentSpace, z: Tensor, distances: bool = True) -> PointViews:
    """See latents ``[N, K]``; ``distances`` is whether to look for nearest examples."""
    model = space.model
    z = z.to(space.device, torch.float32)
    if space.likelihood is not None:
        return look_at(space, decode_latents(model, z), distances)
    return PointViews.of(model.target.look(model.head(z)))


@torch.inference_mode()
def look_at(space: LatentSpace, values: Tensor, distances: bool = True) -> PointViews:
    """See observed values ``[N, D]``: as if decoded, or as inputs where nothing is."""
    seen = values.cpu().double()
    likelihood = space.likelihood
    if likelihood is None:
        x = as_inputs(space, values)
        assert x is not None
        view = look(space, latents(space.model, x, space.device))
        return view._replace(values=seen.numpy())
    compared = distances and not space.of_texts and len(space.codes)
    distance = distance_to_nearest(space, values) if compared else None
    return PointViews.of(View(values=seen, entropy=likelihood.entropy(seen)), distance)


def distance_to_nearest(space: LatentSpace, values: Tensor) -> Floats:
    """Root mean square difference to the nearest training example: ``[N, D]`` -> ``[N]``.

    In units of the observed values: pixels 0..1, numbers in standard deviations.
    """
    values = values.to(space.device, torch.float32)
    least = torch.full((len(values),), torch.inf, device=space.device)
    for batch in torch.split(torch.from_numpy(space.train.x), BATCH):
        known = observed(space, batch)
        least = torch.minimum(least, torch.cdist(values, known).amin(1))
    distances: Floats = (least.cpu().double() / values.shape[1] ** 0.5).numpy()
    return distances


def observed(space: LatentSpace, x: Tensor) -> Tensor:
    """Inputs ``[N, ...]`` -> the values ``[N, D]`` that stand for them.

    Pixels 0..1, standardised numbers, or the share of each word.
    """
    likelihood = space.likelihood or Gaussian()  # which takes pixels and numbers as they are
    return likelihood.observed(x.to(space.device))


def as_inputs(space: LatentSpace, values: Tensor) -> Array | None:
    """Values ``[N, D]`` -> inputs ``[N, ...]`` that a model reads; None for texts.

    Pixels are rounded to whole numbers 0..255.
    """
    if space.of_texts:
        return None
    like = space.train.x
    if like.dtype == np.uint8:
        values = (255 * values).round().clamp(0, 255)
    x: Array = values.cpu().numpy().astype(like.dtype).reshape(len(values), *like.shape[1:])
    return x
