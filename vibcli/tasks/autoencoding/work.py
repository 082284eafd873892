"""Autoencoders, built and evaluated."""

from collections.abc import Sequence

import torch

from vibcli.config.record import RunConfig
from vibcli.data.dataset import Array
from vibcli.data.prepare import Part
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.components import HeadAndTarget, assemble
from vibcli.models.likelihoods import Likelihood
from vibcli.models.networks.decoder import Decoder
from vibcli.models.predictability import Predictors
from vibcli.registry import LIKELIHOODS
from vibcli.store.records import Metrics
from vibcli.tasks.autoencoding import bounds
from vibcli.tasks.autoencoding.samples import sample_energy
from vibcli.tasks.autoencoding.settings import AutoencodingSettings
from vibcli.tasks.autoencoding.target import InputTarget
from vibcli.tasks.work import Columns, Evaluated


class Autoencoding:
    """See `vibcli.tasks.work.Work`."""

    def build(
        self,
        config: RunConfig,
        shape: tuple[int, ...],
        classes: int,
        seed: int,
        device: torch.device,
    ) -> BottleneckLearner:
        """A decoder as head, and of `pm` a predictor for each unit."""
        own = config.group(AutoencodingSettings)
        likelihood: Likelihood = LIKELIHOODS.load(own.likelihood or "").from_config(config)

        def head_of(latent: int) -> HeadAndTarget:
            decoder = Decoder(latent, own.decoder_widths or (), likelihood.outputs(shape))
            return decoder, InputTarget(likelihood, binarise=own.binarise == "dynamic")

        predictors = None
        if config.has_effect("predictability"):
            predictors = Predictors(config.latent, own.predictor_width, own.predictability)
        return assemble(config, shape, seed, device, head_of, predictors)

    def validate(self, learner: BottleneckLearner, part: Part, device: torch.device) -> Metrics:
        """ELBO, distortion and rate at one draw of z, for the ELBO is an expectation."""
        found = bounds.bounds(learner, torch.from_numpy(part.x), device, samples=1)
        values = bounds.all_metrics(found)
        return {key: values[key] for key in ("elbo_nats", "distortion_nats", "rate_nats")}

    def evaluate(
        self,
        learner: BottleneckLearner,
        part: Part,
        device: torch.device,
        samples: int | None = None,
        seed: int = 0,
    ) -> Evaluated:
        """All metrics, by default with `bounds.usual_samples` draws of z."""
        x = torch.from_numpy(part.x)
        found = bounds.bounds(learner, x, device, samples, seed)
        energy = sample_energy(learner, x, device, seed)
        return Evaluated(bounds.all_metrics(found) | {"sample_energy": energy}, found)

    def predict(
        self,
        learner: BottleneckLearner,
        x: Array,
        device: torch.device,
        samples: int = 0,
        seed: int = 0,
        *,
        classes: Sequence[str],
    ) -> Columns:
        """Distortion, rate and bounds on log p(x)."""
        found = bounds.bounds(learner, torch.from_numpy(x), device, samples or None, seed)
        return found.columns(classes)


WORK = Autoencoding()
