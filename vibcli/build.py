"""From a config to the model it describes: the one place where settings become arguments."""

import torch

from vibcli import bottlenecks
from vibcli.config import RunConfig
from vibcli.networks import MLP, Conv, TextCNN, initialise
from vibcli.objectives import Classifier
from vibcli.objectives.optimiser import Optimiser


def classifier(
    config: RunConfig, shape: tuple[int, ...], classes: int, seed: int, device: torch.device
) -> Classifier:
    """Build the model of ``config``, with initial weights of ``seed``, on ``device``.

    Args:
        config: the resolved settings.
        shape: of one input: ``(T,)`` word ids, ``(C, H, W)`` pixels or ``(D,)`` numbers.
        classes: number of labels.
        seed: initial weights agree between variants where names and shapes do.
        device: where the model lives.
    """
    encoder = _encoder(config, shape)
    model = Classifier(
        encoder,
        _bottleneck(config, encoder.features),
        classes,
        penalty=_penalty(config),
        samples=config.train_samples,
        autocast=config.precision == "bf16",
        label_smoothing=config.label_smoothing or 0.0,
        confidence_penalty=config.confidence_penalty or 0.0,
        shift=config.shift or 0,
    )
    initialise(model, seed)
    model.to(device)
    model.optimiser = Optimiser(
        model,
        lr=config.lr,
        beta1=config.beta1,
        lr_decay=config.lr_decay,
        lr_decay_every=config.lr_decay_every,
        ema=config.ema,
        weight_decay=config.weight_decay or 0.0,
    )
    return model


def _encoder(config: RunConfig, shape: tuple[int, ...]) -> MLP | Conv | TextCNN:
    dropout = config.dropout or 0.0
    match config.encoder:
        case "text-cnn":
            return TextCNN(
                config.vocabulary,
                config.embedding,
                config.filters,
                config.kernel,
                stock=config.convolution == "stock",
                dropout=dropout,
            )
        case "conv":
            return Conv(shape[0], config.channels, dropout)
        case _:
            return MLP(int(torch.Size(shape).numel()), config.widths, dropout)


def _bottleneck(
    config: RunConfig, features: int
) -> bottlenecks.NoBottleneck | bottlenecks.Deterministic | bottlenecks.Noisy | bottlenecks.VIB:
    match config.bottleneck:
        case "none":
            return bottlenecks.NoBottleneck(features)
        case "deterministic":
            return bottlenecks.Deterministic(features, config.latent)
        case "noisy":
            return bottlenecks.Noisy(features, config.latent, config.noise)
        case "gaussian":
            return bottlenecks.VIB(features, config.latent, config.sigma, config.sigma_init)


def _penalty(config: RunConfig) -> bottlenecks.Penalty | None:
    if config.bottleneck != "gaussian":
        return None
    match config.penalty:
        case "weighted":
            return bottlenecks.Weighted(config.lam)
        case "threshold":
            return bottlenecks.Threshold(config.lam, config.beta)
        case "adaptive":
            return bottlenecks.Adaptive(config.lam, config.rate_target, config.dual_step)
