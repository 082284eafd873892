"""A classifier and rows -> probabilities of classes, rates, distortion."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vibcli import randomness
from vibcli.evaluation.codes import codes, draws
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.bottlenecks import Code
from vibcli.tasks.work import Columns

DISTORTION_DRAWS = 12


class ClassPredictions(NamedTuple):
    """What a classifier says of N rows."""

    log_probabilities: NDArray[np.float64]  # [N, C]
    rates: NDArray[np.float64] | None  # [N], nats; None where z is deterministic
    distortion: NDArray[np.float64] | None  # [N], nats; None where labels are not known

    def columns(self, classes: Sequence[str]) -> Columns:
        """Probability of each class, and the rate."""
        probabilities = np.exp(self.log_probabilities)
        columns: Columns = {f"p({name})": probabilities[:, i] for i, name in enumerate(classes)}
        return columns if self.rates is None else columns | {"rate_nats": self.rates}


@torch.inference_mode()
def predict(
    model: BottleneckLearner,
    x: Tensor,
    device: torch.device,
    samples: int = 0,
    seed: int = 0,
    labels: Tensor | None = None,
) -> ClassPredictions:
    """Class probabilities and rates of the rows of ``x``, and the distortion of ``labels``.

    Args:
        model: in evaluation mode afterwards.
        x: ``[N, ...]`` as prepared.
        device: where to compute.
        samples: 0 uses the mean of z; n averages the probabilities of n draws.
        seed: of the draws.
        labels: ``[N]``; where given, their distortion is estimated. It is an expectation over
            z and always takes draws, 12 where ``samples`` is 0.
    """
    noise = randomness.generator(device, seed, "evaluation noise")
    distortion_noise = randomness.generator(device, seed, "distortion noise")
    rows, rates, losses = [], [], []
    start = 0
    for code in codes(model, x, device):
        rows.append(_averaged(model, code, samples, noise).numpy())
        if (rate := code.rates()) is not None:
            rates.append(rate.cpu().double().numpy())
        if labels is not None:
            target = labels[start : start + len(code.mean)]
            drawn = samples or DISTORTION_DRAWS
            losses.append(_distortion(model, code, drawn, distortion_noise, target).numpy())
        start += len(code.mean)
    return ClassPredictions(
        np.concatenate(rows),
        np.concatenate(rates) if rates else None,
        np.concatenate(losses) if losses else None,
    )


def _averaged(model: BottleneckLearner, code: Code, samples: int, noise: torch.Generator) -> Tensor:
    """Log of the mean probability over draws, ``[B, C]``."""
    total, drawn = torch.tensor(-math.inf), 0
    for z in draws(code, samples, noise):
        total = torch.logaddexp(total, _log_probabilities(model, z).logsumexp(0))
        drawn += len(z)
    return total - math.log(drawn)


def _distortion(
    model: BottleneckLearner, code: Code, samples: int, noise: torch.Generator, target: Tensor
) -> Tensor:
    """Mean over draws of -log p of the labels ``[B]``, in nats, ``[B]``."""
    total, drawn = torch.zeros(len(target), dtype=torch.float64), 0
    for z in draws(code, samples, noise):
        logs = _log_probabilities(model, z)
        picked = logs.gather(-1, target.expand(logs.shape[:2])[..., None])  # [s, B, 1]
        total += picked.squeeze(-1).sum(0)
        drawn += len(z)
    return -total / drawn


def _log_probabilities(model: BottleneckLearner, z: Tensor) -> Tensor:
    """``[S, B, K]`` -> ``[S, B, C]`` in double precision, on the CPU: not every device has it."""
    logits: Tensor = model.head(z)
    return logits.cpu().double().log_softmax(-1)
