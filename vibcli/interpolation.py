"""A walk between two latents, and what the model sees on the way."""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vibcli import gaussian, randomness
from vibcli.data import Dataset, Part
from vibcli.data.image import Images
from vibcli.data.text import Texts
from vibcli.errors import VibError, unknown
from vibcli.evaluate import codes
from vibcli.objectives import Objective


class Neighbour(NamedTuple):
    """The training example whose code's mean is nearest, and its distance to z."""

    split: str
    row: int
    label: str
    distance: float


class Step(NamedTuple):
    """One point of the walk."""

    position: float
    norm: float
    log_prior_nats: float
    probabilities: tuple[float, ...]
    entropy_nats: float
    nearest: Neighbour


class Endpoint(NamedTuple):
    """Where a walk starts or ends, and what that is."""

    z: Tensor  # [K]
    origin: dict[str, Any]


@torch.inference_mode()
def latents(model: Objective, part: Part, device: torch.device) -> Tensor:
    """Means of the codes of a part: ``[N, K]``."""
    x = torch.from_numpy(part.x)
    return torch.cat([code.mean for code in codes(model, x, device)])


def test_endpoint(
    model: Objective, test: Part, index: int, classes: tuple[str, ...], device: torch.device
) -> Endpoint:
    """The code's mean of the test example with this number, counted from 0."""
    one = slice(index, index + 1)
    part = Part(test.x[one], test.y[one], test.split, test.rows[one])
    origin = {
        "kind": "test",
        "index": index,
        "split": test.split,
        "row": int(test.rows[index]),
        "label": classes[int(test.y[index])],
    }
    return Endpoint(latents(model, part, device)[0], origin)


def prior_endpoint(model: Objective, seed: int, which: str, device: torch.device) -> Endpoint:
    """A draw from N(0, I)."""
    rng = randomness.generator("cpu", seed, "prior endpoint", which)
    z = torch.randn(model.bottleneck.latent, generator=rng).to(device)
    return Endpoint(z, {"kind": "prior", "seed": seed})


def random_pair(
    test: Part, seed: int, first: int | None = None, last: int | None = None
) -> tuple[int, int]:
    """Numbers of two test examples; what is not given is drawn, of another class if possible.

    Raises:
        VibError: there is no such test example.
    """
    for index in (first, last):
        if index is not None and not 0 <= index < len(test.y):
            raise VibError(
                f"There is no test example {index}: they are numbered 0 to {len(test.y) - 1}."
            )
    rng = np.random.default_rng(randomness.derive(seed, "test endpoints"))

    def other(than: int) -> int:
        rows = np.flatnonzero(test.y != test.y[than])
        return int(rng.choice(rows if len(rows) else np.arange(len(test.y))))

    if first is None:
        first = int(rng.integers(len(test.y))) if last is None else other(last)
    return first, other(first) if last is None else last


def example(dataset: Dataset, neighbour: Neighbour) -> tuple[str | None, NDArray[np.uint8] | None]:
    """The raw training example as a text or as pixels ``[C, H, W]``."""
    inputs = dataset.splits[neighbour.split].inputs
    if isinstance(inputs, Texts):
        return inputs.strings[neighbour.row].as_py(), None
    if isinstance(inputs, Images):
        return None, inputs.pixels[neighbour.row]
    return None, None


@torch.inference_mode()
def walk(
    model: Objective,
    start: Tensor,
    end: Tensor,
    mode: str,
    steps: int,
    train: Part,
    classes: tuple[str, ...],
    device: torch.device,
) -> list[Step]:
    """Walk from ``start`` to ``end``.

    Args:
        model: a classifier with a latent of K dimensions.
        start: ``[K]``.
        end: ``[K]``.
        mode: a name of `vibcli.gaussian.PATHS`.
        steps: points, both ends included.
        train: where nearest examples are looked for.
        classes: names of the labels.
        device: of the model.

    Raises:
        VibError: unknown mode or fewer than two steps.
    """
    if mode not in gaussian.PATHS:
        raise VibError(unknown("mode", mode, gaussian.PATHS))
    if steps < 2:
        raise VibError(f"--steps is {steps}: a walk has at least 2 points.")
    positions = torch.linspace(0, 1, steps, dtype=torch.float64)
    z = gaussian.PATHS[mode](start.cpu().double(), end.cpu().double(), positions)  # [S, K]
    logs = model.head(z.float().to(device)).cpu().double().log_softmax(-1)  # [S, C]
    entropy = -(logs.exp() * logs).sum(-1)
    known = latents(model, train, device).cpu().double()  # [N, K]
    distances, indices = torch.cdist(z, known).min(dim=1)
    density = gaussian.log_standard_normal(z)
    return [
        Step(
            position=float(positions[i]),
            norm=float(z[i].norm()),
            log_prior_nats=float(density[i]),
            probabilities=tuple(logs[i].exp().tolist()),
            entropy_nats=float(entropy[i]),
            nearest=Neighbour(
                train.split,
                int(train.rows[j]),
                classes[int(train.y[j])],
                float(distances[i]),
            ),
        )
        for i, j in enumerate(indices.tolist())
    ]
