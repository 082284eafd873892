"""What an autoencoder makes of pictures: reconstructions, samples, and the plane of its latent."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vibcli.data.prepare import Part
from vibcli.evaluation.codes import means
from vibcli.runs.saved_model import SavedModel
from vibcli.tasks.autoencoding.bounds import likelihood_of
from vibcli.tasks.autoencoding.samples import decode_latents, prior_samples

SHOWN = 10  # pictures that are rebuilt
SAMPLES = 36
SIDE = 17  # points of the plane, each way
SCATTERED = 5000  # codes at most

Pixels = NDArray[np.float32]


class Plane(NamedTuple):
    """A latent of two dimensions, decoded at the quantiles of the prior, and where rows lie.

    ``decoded`` is ``[SIDE, SIDE, C, H, W]`` or None where inputs are no pictures: rows go down
    from the highest z_2, columns go right from the lowest z_1. ``codes`` are means, ``[N, 2]``.
    """

    decoded: Pixels | None
    codes: NDArray[np.float32]
    labels: NDArray[np.int64]


class Gallery(NamedTuple):
    """Pictures ``[N, C, H, W]`` in 0..1."""

    inputs: Pixels
    reconstructions: Pixels
    samples: Pixels | None  # None for units, which have no normal prior


def gallery(saved: SavedModel, part: Part, device: torch.device | str, seed: int = 0) -> Gallery:
    """Rebuild the first rows of ``part``, of different classes where it can be, and draw samples.

    Args:
        saved: an autoencoder of pictures.
        part: rows as they are prepared.
        device: of the model.
        seed: of the samples.
    """
    model = saved.model
    shape = saved.preprocessor.shape
    x = torch.from_numpy(part.x[_by_turns(part.y, SHOWN)]).to(device)
    samples = None
    if not model.bottleneck.bounded:
        samples = _pictures(prior_samples(model, SAMPLES, device, seed), shape)
    return Gallery(
        inputs=_pictures(likelihood_of(model).observed(x), shape),
        reconstructions=_pictures(decode_latents(model, means(model, x, device)), shape),
        samples=samples,
    )


def plane(saved: SavedModel, part: Part, device: torch.device | str) -> Plane:
    """Look at a latent of two dimensions.

    Args:
        saved: an autoencoder with ``latent`` 2.
        part: rows as they are prepared.
        device: of the model.
    """
    from scipy.stats import norm

    model = saved.model
    x, y = part.x[:SCATTERED], part.y[:SCATTERED]
    found = means(model, torch.from_numpy(x), device)
    decoded = None
    if saved.run.data.kind == "image":
        steps = torch.from_numpy(norm.ppf((np.arange(SIDE) + 0.5) / SIDE)).float()
        if model.bottleneck.bounded:
            steps = (torch.arange(SIDE) + 0.5) / SIDE
        across, up = torch.meshgrid(steps, steps.flip(0), indexing="xy")
        z = torch.stack([across, up], dim=-1).to(device)  # [SIDE, SIDE, 2]
        decoded = _pictures(decode_latents(model, z), saved.preprocessor.shape)
    return Plane(decoded, found.cpu().numpy(), y)


def _pictures(values: Tensor, shape: tuple[int, ...]) -> Pixels:
    """``[..., D]`` -> ``[..., C, H, W]``, kept within 0..1."""
    pixels: Pixels = values.clamp(0, 1).unflatten(-1, shape).cpu().numpy()  # type: ignore[no-untyped-call]
    return pixels


def _by_turns(labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The first rows such that classes take turns: ``[count]`` or fewer."""
    turn = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        own = labels == label
        turn[own] = np.arange(own.sum())
    return np.lexsort((labels, turn))[:count]
