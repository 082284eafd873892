"""Classifiers, built and evaluated."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from vibcli.config.record import RunConfig
from vibcli.data.dataset import Array
from vibcli.data.prepare import Part
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.components import assemble
from vibcli.store.records import Metrics
from vibcli.tasks.classification import metrics
from vibcli.tasks.classification.predict import predict
from vibcli.tasks.classification.settings import ClassificationSettings
from vibcli.tasks.classification.target import ClassTarget
from vibcli.tasks.work import Columns, Evaluated


class Classification:
    """See `vibcli.tasks.work.Work`."""

    def build(
        self,
        config: RunConfig,
        shape: tuple[int, ...],
        classes: int,
        seed: int,
        device: torch.device,
    ) -> BottleneckLearner:
        """A linear head with an output for each class."""
        own = config.group(ClassificationSettings)
        target = ClassTarget(own.label_smoothing or 0.0, own.confidence_penalty or 0.0)
        return assemble(config, shape, seed, device, lambda k: (nn.Linear(k, classes), target))

    def validate(self, learner: BottleneckLearner, part: Part, device: torch.device) -> Metrics:
        """Accuracy, NLL and rate at the mean of z."""
        found = predict(learner, torch.from_numpy(part.x), device)
        return {
            "accuracy": metrics.accuracy(found.log_probabilities, part.y),
            "nll_nats": metrics.nll(found.log_probabilities, part.y),
            "rate_nats": None if found.rates is None else float(found.rates.mean()),
        }

    def evaluate(
        self,
        learner: BottleneckLearner,
        part: Part,
        device: torch.device,
        samples: int | None = None,
        seed: int = 0,
    ) -> Evaluated:
        """All metrics, by default at the mean of z."""
        x, y = torch.from_numpy(part.x), learner.target.labels(part)
        found = predict(learner, x, device, samples or 0, seed, labels=y)
        assert found.distortion is not None
        return Evaluated(
            metrics.all_metrics(found.log_probabilities, part.y, found.distortion, found.rates),
            found,
        )

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
        """The most probable class, the probability of each, and the rate."""
        found = predict(learner, torch.from_numpy(x), device, samples, seed)
        likeliest = found.log_probabilities.argmax(1)
        names = np.asarray(classes, dtype=object)
        return {"prediction": names[likeliest], **found.columns(classes)}


WORK = Classification()
