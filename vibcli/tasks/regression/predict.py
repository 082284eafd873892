"""A regression and rows -> Gaussians, rates, distortion."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vibcli import randomness
from vibcli.errors import VibError
from vibcli.evaluation.codes import codes, draws
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.tasks.regression import metrics
from vibcli.tasks.regression.target import NumberTarget
from vibcli.tasks.work import Columns

DISTORTION_DRAWS = 12
MOST_KEPT = 10**8  # Gaussians that are kept of all rows: 1.6 GB
LEVEL = 0.9  # of the interval that is reported

Floats = NDArray[np.float64]


class NumberPredictions(NamedTuple):
    """What a regression says of N rows: of each a mixture of S Gaussians, in the label's unit."""

    means: Floats  # [S, N]
    deviations: Floats  # [S, N]
    rates: Floats | None  # [N], nats; None where z is deterministic
    distortion: Floats | None  # [N], nats; None where labels are not known
    labels: Floats | None  # [N]

    def columns(self, classes: Sequence[str]) -> Columns:
        """Prediction, deviation, ends of the 90% interval; what is said of the label; the rate."""
        low, high = metrics.central_interval(self.means, self.deviations, LEVEL)
        columns: Columns = {
            "prediction": metrics.mixture_mean(self.means),
            "deviation": metrics.mixture_deviation(self.means, self.deviations),
            "low_90": low,
            "high_90": high,
        }
        if self.labels is not None:
            columns["pit"] = metrics.pit(self.means, self.deviations, self.labels)
        return columns if self.rates is None else columns | {"rate_nats": self.rates}


@torch.inference_mode()
def predict(
    model: BottleneckLearner,
    x: Tensor,
    device: torch.device,
    samples: int = 0,
    seed: int = 0,
    labels: Floats | None = None,
) -> NumberPredictions:
    """Gaussians and rates of the rows of ``x``, and the distortion of ``labels``.

    Args:
        model: in evaluation mode afterwards.
        x: ``[N, ...]`` as prepared.
        device: where to compute.
        samples: 0 uses the mean of z; n mixes the Gaussians of n draws.
        seed: of the draws.
        labels: ``[N]`` in their own unit; where given, their distortion is estimated. It is an
            expectation over z and always takes draws, 12 where ``samples`` is 0.

    Raises:
        VibError: so many draws of so many rows are more than fit into memory.
    """
    if samples * len(x) > MOST_KEPT:
        raise VibError(
            f"{samples:,} draws of {len(x):,} rows are too many to mix; take at most "
            f"{MOST_KEPT // len(x):,}."
        )
    target = model.target
    assert isinstance(target, NumberTarget)
    noise = randomness.generator(device, seed, "evaluation noise")
    distortion_noise = randomness.generator(device, seed, "distortion noise")
    means, deviations, rates, losses = [], [], [], []
    start = 0
    for code in codes(model, x, device):
        drawn = [target.gaussians(model.head(z)) for z in draws(code, samples, noise)]  # [s, B]
        mean, deviation = (torch.cat(some) for some in zip(*drawn, strict=True))  # [S, B]
        means.append(mean.numpy())
        deviations.append(deviation.numpy())
        if (rate := code.rates()) is not None:
            rates.append(rate.cpu().double().numpy())
        if labels is not None:
            truth = target.standardised(torch.from_numpy(labels[start : start + mean.shape[1]]))
            nats = [
                target.nats(model.head(z).cpu().double(), truth)
                for z in draws(code, samples or DISTORTION_DRAWS, distortion_noise)
            ]
            losses.append(torch.cat(nats).mean(0).numpy())
        start += mean.shape[1]
    return NumberPredictions(
        np.concatenate(means, axis=1),
        np.concatenate(deviations, axis=1),
        np.concatenate(rates) if rates else None,
        np.concatenate(losses) if losses else None,
        labels,
    )
