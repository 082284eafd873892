"""Regressions, built and evaluated."""

from collections.abc import Sequence

import torch
from torch import nn

from vibcli.config.record import RunConfig
from vibcli.data.dataset import Array
from vibcli.data.prepare import Part
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.components import assemble
from vibcli.store.records import Metrics
from vibcli.tasks.regression import metrics
from vibcli.tasks.regression.predict import predict
from vibcli.tasks.regression.settings import RegressionSettings
from vibcli.tasks.regression.target import NumberTarget
from vibcli.tasks.work import Columns, Evaluated


class Regression:
    """See `vibcli.tasks.work.Work`."""

    def build(
        self,
        config: RunConfig,
        shape: tuple[int, ...],
        classes: int,
        seed: int,
        device: torch.device,
    ) -> BottleneckLearner:
        """A linear head for the mean, and for each row's own deviation where that is asked for."""
        target = NumberTarget(config.group(RegressionSettings).deviation == "own")
        return assemble(
            config, shape, seed, device, lambda k: (nn.Linear(k, target.outputs), target)
        )

    def validate(self, learner: BottleneckLearner, part: Part, device: torch.device) -> Metrics:
        """RMSE, NLL and rate at the mean of z."""
        found = predict(learner, torch.from_numpy(part.x), device)
        return {
            "rmse": metrics.rmse(metrics.mixture_mean(found.means), part.y),
            "nll_nats": float(metrics.nll(found.means, found.deviations, part.y).mean()),
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
        x = torch.from_numpy(part.x)
        found = predict(learner, x, device, samples or 0, seed, labels=part.y)
        assert found.distortion is not None
        return Evaluated(
            metrics.all_metrics(
                found.means, found.deviations, part.y, found.distortion, found.rates
            ),
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
        """The number, its deviation, the ends of its 90% interval, and the rate."""
        return predict(learner, torch.from_numpy(x), device, samples, seed).columns(classes)


WORK = Regression()
