"""A model and some rows -> predictions."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vibcli import randomness
from vibcli.evaluation import elbo, metrics
from vibcli.evaluation.elbo import Bounds
from vibcli.evaluation.generate import sample_energy
from vibcli.models.bottlenecks import Code
from vibcli.models.objectives import Objective
from vibcli.store.records import Metrics

BATCH = 128
DISTORTION_DRAWS = 12


class Predictions(NamedTuple):
    """What a model says of N rows."""

    log_probabilities: NDArray[np.float64]  # [N, C]
    rates: NDArray[np.float64] | None  # [N], nats; None where z is deterministic
    distortion: NDArray[np.float64] | None  # [N], nats; None where labels are not known


@torch.inference_mode()
def codes(model: Objective, x: Tensor, device: torch.device) -> Iterator[Code]:
    """The latent distributions of the rows of ``x``, batch by batch, without gradient."""
    model.eval()
    pixels = randomness.generator(device, 0, "evaluation pixels")
    for batch in torch.split(x, BATCH):
        yield model.encode(model.target.view(batch.to(device), pixels))


def means(model: Objective, x: Tensor, device: torch.device) -> Tensor:
    """Means of the codes of the rows of ``x``: ``[N, ...]`` -> ``[N, K]`` on ``device``."""
    return torch.cat([code.mean for code in codes(model, x, device)])


@torch.inference_mode()
def predict(
    model: Objective,
    x: Tensor,
    device: torch.device,
    samples: int = 0,
    seed: int = 0,
    labels: Tensor | None = None,
) -> Predictions:
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
        logs = _log_probabilities(model, code.draw(samples, noise))
        rows.append((logs.logsumexp(0) - math.log(len(logs))).numpy())
        if (rate := code.rates()) is not None:
            rates.append(rate.cpu().double().numpy())
        if labels is not None:
            draws = code.draw(samples or DISTORTION_DRAWS, distortion_noise)
            logs = _log_probabilities(model, draws)
            target = labels[start : start + logs.shape[1]]
            picked = logs.gather(-1, target.expand(logs.shape[:2])[..., None])  # [S, B, 1]
            losses.append(-picked.squeeze(-1).mean(0).numpy())
        start += logs.shape[1]
    return Predictions(
        np.concatenate(rows),
        np.concatenate(rates) if rates else None,
        np.concatenate(losses) if losses else None,
    )


def _log_probabilities(model: Objective, z: Tensor) -> Tensor:
    """``[S, B, K]`` -> ``[S, B, C]`` in double precision, on the CPU: not every device has it."""
    logits: Tensor = model.head(z)
    return logits.cpu().double().log_softmax(-1)


def evaluate(
    model: Objective,
    x: Tensor,
    y: Tensor,
    device: torch.device,
    samples: int | None = None,
    seed: int = 0,
) -> tuple[Metrics, Predictions | Bounds]:
    """All metrics of the rows ``x, y``, and what they come from: see `predict`, `elbo.bounds`.

    ``samples`` is 0, the mean of z, by default; for an autoencoder `elbo.usual_samples`.
    """
    if model.target.predicts == "input":
        found = elbo.bounds(model, x, device, samples, seed)
        values = elbo.all_metrics(found)
        return values | {"sample_energy": sample_energy(model, x, device, seed)}, found
    predictions = predict(model, x, device, samples or 0, seed, labels=y)
    rates, distortion = predictions.rates, predictions.distortion
    assert distortion is not None
    values = metrics.all_metrics(predictions.log_probabilities, y.numpy(), distortion, rates)
    return values, predictions


def validate(model: Objective, x: Tensor, y: Tensor, device: torch.device) -> Metrics:
    """The few metrics that are watched after each epoch.

    They are at the mean of z; for an autoencoder at one draw of it, for the ELBO is an expectation.
    """
    if model.target.predicts == "input":
        found = elbo.all_metrics(elbo.bounds(model, x, device, samples=1))
        return {key: found[key] for key in ("elbo_nats", "distortion_nats", "rate_nats")}
    predictions = predict(model, x, device)
    labels = y.numpy()
    rates = predictions.rates
    return {
        "accuracy": metrics.accuracy(predictions.log_probabilities, labels),
        "nll_nats": metrics.nll(predictions.log_probabilities, labels),
        "rate_nats": None if rates is None else float(rates.mean()),
    }
