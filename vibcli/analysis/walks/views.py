"""What a model makes of points of its latent, and of inputs between two inputs."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vibcli.data import Part
from vibcli.data.dataset import Array
from vibcli.evaluation import generate
from vibcli.evaluation.evaluate import means
from vibcli.models.likelihoods import Bernoulli, Gaussian, Multinomial
from vibcli.models.objectives import Inputs, Objective

BATCH = 4096  # training rows that are compared at a time

Floats = NDArray[np.float64]


class View(NamedTuple):
    """How a model sees N points; what does not apply is None."""

    probabilities: Floats | None  # [N, C], of a classifier
    values: Floats | None  # [N, D], E[x|z] of an autoencoder
    entropy: Floats | None  # [N], nats: of the class; of all pixels; of one word
    distance: Floats | None  # [N], from ``values`` to the nearest training example, see `nearest`


@dataclass(frozen=True)
class Terrain:
    """What walks go through: a model, and the training rows that points are compared with."""

    model: Objective
    train: Part
    classes: tuple[str, ...]
    device: torch.device
    codes: Tensor  # [N, K], means of the codes of ``train``, float64 on the CPU

    @classmethod
    def of(
        cls, model: Objective, train: Part, classes: tuple[str, ...], device: torch.device
    ) -> Self:
        """Encode the training rows."""
        return cls(model, train, classes, device, latents(model, train.x, device))

    @property
    def likelihood(self) -> Bernoulli | Gaussian | Multinomial | None:
        """What an autoencoder takes its input for; None of a classifier."""
        target = self.model.target
        return target.likelihood if isinstance(target, Inputs) else None

    @property
    def of_texts(self) -> bool:
        """Whether inputs are word ids, between which there is nothing."""
        return self.train.x.dtype == np.int32


def latents(model: Objective, x: Array, device: torch.device) -> Tensor:
    """Means of the codes of prepared rows: ``[N, ...]`` -> ``[N, K]``, float64 on the CPU."""
    return means(model, torch.from_numpy(x), device).cpu().double()


@torch.inference_mode()
def look(terrain: Terrain, z: Tensor, distances: bool = True) -> View:
    """See latents ``[N, K]``; ``distances`` is whether to look for nearest examples."""
    model = terrain.model
    z = z.to(terrain.device, torch.float32)
    if terrain.likelihood is not None:
        return look_at(terrain, generate.decode(model, z), distances)
    logs = model.head(z).cpu().double().log_softmax(-1)  # [N, C]
    entropy = -(logs.exp() * logs).sum(-1)
    return View(logs.exp().numpy(), None, entropy.numpy(), None)


@torch.inference_mode()
def look_at(terrain: Terrain, values: Tensor, distances: bool = True) -> View:
    """See observed values ``[N, D]``: a classifier as inputs, an autoencoder as if decoded."""
    seen = values.cpu().double()
    likelihood = terrain.likelihood
    if likelihood is None:
        x = as_inputs(terrain, values)
        assert x is not None
        view = look(terrain, latents(terrain.model, x, terrain.device))
        return view._replace(values=seen.numpy())
    entropy = likelihood.entropy(seen)
    distance = nearest(terrain, values) if distances and not terrain.of_texts else None
    return View(None, seen.numpy(), None if entropy is None else entropy.numpy(), distance)


def nearest(terrain: Terrain, values: Tensor) -> Floats:
    """Root mean square difference to the nearest training example: ``[N, D]`` -> ``[N]``.

    In units of the observed values: pixels 0..1, numbers in standard deviations.
    """
    values = values.to(terrain.device, torch.float32)
    least = torch.full((len(values),), torch.inf, device=terrain.device)
    for batch in torch.split(torch.from_numpy(terrain.train.x), BATCH):
        known = observed(terrain, batch)
        least = torch.minimum(least, torch.cdist(values, known).amin(1))
    distances: Floats = (least.cpu().double() / values.shape[1] ** 0.5).numpy()
    return distances


def observed(terrain: Terrain, x: Tensor) -> Tensor:
    """Inputs ``[N, ...]`` -> the values ``[N, D]`` that stand for them.

    Pixels 0..1, standardised numbers, or the share of each word.
    """
    likelihood = terrain.likelihood or Gaussian()  # which takes pixels and numbers as they are
    return likelihood.observed(x.to(terrain.device))


def as_inputs(terrain: Terrain, values: Tensor) -> Array | None:
    """Values ``[N, D]`` -> inputs ``[N, ...]`` that a model reads; None for texts.

    Pixels are rounded to whole numbers 0..255.
    """
    if terrain.of_texts:
        return None
    like = terrain.train.x
    if like.dtype == np.uint8:
        values = (255 * values).round().clamp(0, 255)
    x: Array = values.cpu().numpy().astype(like.dtype).reshape(len(values), *like.shape[1:])
    return x
