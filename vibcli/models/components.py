"""From a config to a learner: the parts that all tasks share; a task adds its head and target."""

from collections.abc import Callable

import torch
from torch import nn

from vibcli.config.record import RunConfig
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.bottlenecks import Bottleneck
from vibcli.models.networks.encoder import Encoder
from vibcli.models.networks.initialization import initialize
from vibcli.models.optimizer import Optimizer
from vibcli.models.penalties import Penalty
from vibcli.models.predictability import Predictors
from vibcli.models.target import Target
from vibcli.registry import BOTTLENECKS, ENCODERS, PENALTIES

HeadAndTarget = tuple[nn.Module, Target]


def assemble(
    config: RunConfig,
    shape: tuple[int, ...],
    seed: int,
    device: torch.device,
    head_of: Callable[[int], HeadAndTarget],
    predictors: Predictors | None = None,
) -> BottleneckLearner:
    """Build the learner of ``config``, with initial weights of ``seed``, on ``device``.

    Args:
        config: the resolved settings.
        shape: of one input: ``(T,)`` word ids, ``(C, H, W)`` pixels or ``(D,)`` numbers.
        seed: initial weights agree between variants where names and shapes do.
        device: where the learner lives.
        head_of: what reads a latent of this width, and what it is to predict.
        predictors: of the latent's units, where they are to hide from each other.
    """
    encoder: Encoder = ENCODERS.load(config.encoder).from_config(config, shape)
    bottleneck: Bottleneck = BOTTLENECKS.load(config.bottleneck).from_config(
        encoder.features, config
    )
    penalty: Penalty | None = None
    if config.has_effect("penalty"):
        penalty = PENALTIES.load(config.penalty).from_config(config)
    head, target = head_of(bottleneck.latent)
    learner = BottleneckLearner(
        encoder,
        bottleneck,
        head,
        target,
        penalty=penalty,
        samples=config.train_samples,
        autocast=config.precision == "bf16",
        warm_up=config.warm_up,
        shift=config.shift or 0,
        predictors=predictors,
    )
    initialize(learner, seed)
    learner.to(device)
    learner.optimizer = Optimizer(
        learner,
        lr=config.lr,
        beta1=config.beta1,
        lr_decay=config.lr_decay,
        lr_decay_every=config.lr_decay_every,
        ema=config.ema,
        weight_decay=config.weight_decay or 0.0,
    )
    return learner
