"""How well an autoencoder describes rows: ELBO, importance-weighted bound, reconstruction."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vibcli import randomness
from vibcli.evaluation.codes import draws
from vibcli.models import gaussian
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.bottlenecks import Code
from vibcli.models.likelihoods import Likelihood
from vibcli.models.networks.decoder import Decoder
from vibcli.store.records import Metrics
from vibcli.tasks.work import Columns

BATCH = 128
MANY, FEW, WIDE = 64, 8, 2000  # draws of z for each row; few where more values are predicted
ACTIVE = 0.01  # variance of a unit's mean above which it is in use (Burda et al. 2016)

Floats = NDArray[np.float64]


class LikelihoodBounds(NamedTuple):
    """What an autoencoder says of N rows, ``[N]`` each and in nats.

    Where z is deterministic there is no density of z: ``rates`` and ``iwae`` are None and both
    distortions are the same.
    """

    distortion: Floats  # E[-log p(x|z)] over draws of z
    at_mean: Floats  # -log p(x|z) at the mean of z
    rates: Floats | None  # KL(p(z|x) || N(0, I))
    iwae: Floats | None  # lower bound on log p(x)
    squared_error: Floats  # of the reconstruction at the mean of z, a mean over observed values
    words: Floats | None  # known words of a text
    active_units: int
    samples: int  # draws of z for each row

    @property
    def elbo(self) -> Floats | None:
        """Lower bound on log p(x): -distortion - rate."""
        return None if self.rates is None else -self.distortion - self.rates

    def columns(self, classes: Sequence[str]) -> Columns:
        """Distortion, rate and bounds, as far as there are any."""
        columns = {
            "distortion_nats": self.distortion,
            "rate_nats": self.rates,
            "elbo_nats": self.elbo,
            "iwae_nats": self.iwae,
        }
        return {name: values for name, values in columns.items() if values is not None}


def importance_weighted(log_weights: Tensor) -> Tensor:
    """log (1/K) sum_k w_k: log weights ``[K, ...]`` -> ``[...]``.

    With w = p(x|z) p(z) / p(z|x), z ~ p(z|x), its expectation is a lower bound on log p(x) that
    rises with K; with K = 1 it is the ELBO (Burda, Grosse & Salakhutdinov 2016, eq. 8).

    >>> round(importance_weighted(torch.tensor([1.0, 3.0]).log()).exp().item(), 4)
    2.0
    """
    return log_weights.logsumexp(0) - math.log(len(log_weights))


def likelihood_of(model: BottleneckLearner) -> Likelihood:
    """What an autoencoder takes its input for."""
    likelihood = model.target.likelihood
    assert likelihood is not None
    return likelihood


def usual_samples(model: BottleneckLearner) -> int:
    """How many draws of z `bounds` takes where it is not told: those that take seconds."""
    assert isinstance(model.head, Decoder)
    return FEW if model.head.outputs > WIDE else MANY


@torch.inference_mode()
def bounds(
    model: BottleneckLearner,
    x: Tensor,
    device: torch.device,
    samples: int | None = None,
    seed: int = 0,
) -> LikelihoodBounds:
    """Describe the rows ``x``.

    Args:
        model: an autoencoder; in evaluation mode afterwards.
        x: ``[N, ...]`` as prepared.
        device: where to compute.
        samples: K, draws of z for each row; by default `usual_samples`.
        seed: of the draws, and of binarised pixels.
    """
    model.eval()
    target, likelihood = model.target, likelihood_of(model)
    samples = samples or usual_samples(model)
    pixels = randomness.generator(device, seed, "evaluation pixels")
    noise = randomness.generator(device, seed, "evaluation noise")
    columns: dict[str, list[Tensor]] = {}
    for batch in torch.split(x, BATCH):
        seen = target.view(batch.to(device), pixels)
        code = model.encode(seen)
        for name, values in _of_batch(model, likelihood, seen, code, samples, noise).items():
            columns.setdefault(name, []).append(values.cpu())
    whole = {name: torch.cat(parts) for name, parts in columns.items()}
    means = whole.pop("mean")
    spread = means.double().var(0, correction=0)
    found = {name: values.double().numpy() for name, values in whole.items()}
    return LikelihoodBounds(
        distortion=found["distortion"],
        at_mean=found["at_mean"],
        rates=found.get("rates"),
        iwae=found.get("iwae"),
        squared_error=found["squared_error"],
        words=found.get("words"),
        active_units=int((spread > ACTIVE).sum()),
        samples=samples,
    )


def _of_batch(
    model: BottleneckLearner,
    likelihood: Likelihood,
    seen: Tensor,
    code: Code,
    samples: int,
    noise: torch.Generator,
) -> dict[str, Tensor]:
    """What `LikelihoodBounds` holds, of one batch; and the means of its codes."""
    at_mean = model.head(code.mean)
    values = likelihood.observed(seen)
    found = {
        "mean": code.mean,
        "at_mean": -likelihood.log_prob(at_mean, seen),
        "squared_error": (values - likelihood.mean(at_mean)).square().mean(-1),
    }
    found["distortion"] = found["at_mean"]
    if (words := likelihood.known_words(seen)) is not None:
        found["words"] = words
    rates = code.rates()
    if rates is None or code.sigma is None:
        return found
    log_likelihoods, log_weights = [], []
    for z in draws(code, samples, noise):  # [k, B, K]
        log_likelihood = likelihood.log_prob(model.head(z), seen)  # [k, B]
        posterior = gaussian.log_normal(z, code.mean, code.sigma)
        log_likelihoods.append(log_likelihood)
        log_weights.append(log_likelihood + gaussian.log_standard_normal(z) - posterior)
    found["distortion"] = -torch.cat(log_likelihoods).mean(0)
    found["rates"] = rates
    found["iwae"] = importance_weighted(torch.cat(log_weights).double())
    return found


def all_metrics(found: LikelihoodBounds) -> Metrics:
    """Everything that is reported of a split; a metric that does not apply is None.

    ``perplexity`` is exp of the negative ELBO by words, over all texts (Miao et al. 2016, section
    5.1); where there is no ELBO it is None.
    """
    rate, elbo = (None if v is None else float(v.mean()) for v in (found.rates, found.elbo))
    perplexity = None
    if found.words is not None and found.elbo is not None:
        perplexity = float(np.exp(-found.elbo.sum() / found.words.sum()))
    return {
        "elbo_nats": elbo,
        "iwae_nats": None if found.iwae is None else float(found.iwae.mean()),
        "iw_samples": None if found.iwae is None else found.samples,
        "distortion_nats": float(found.distortion.mean()),
        "distortion_at_mean_nats": float(found.at_mean.mean()),
        "squared_error": float(found.squared_error.mean()),
        "perplexity": perplexity,
        "rate_nats": rate,
        "rate_bits": None if rate is None else rate / math.log(2),
        "active_units": found.active_units,
        "rows": len(found.distortion),
    }
