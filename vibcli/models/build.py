"""From a config to the model it describes: the one place where settings become arguments."""

import torch
from torch import nn

from vibcli.config.record import RunConfig
from vibcli.models import bottlenecks, likelihoods
from vibcli.models.networks import MLP, BagOfWords, Conv, Decoder, TextCNN, initialise
from vibcli.models.objectives import Inputs, Labels, Objective
from vibcli.models.objectives.optimiser import Optimiser
from vibcli.models.objectives.predictability import Predictors


def model(
    config: RunConfig, shape: tuple[int, ...], classes: int, seed: int, device: torch.device
) -> Objective:
    """Build the model of ``config``, with initial weights of ``seed``, on ``device``.

    Args:
        config: the resolved settings.
        shape: of one input: ``(T,)`` word ids, ``(C, H, W)`` pixels or ``(D,)`` numbers.
        classes: number of labels.
        seed: initial weights agree between variants where names and shapes do.
        device: where the model lives.
    """
    encoder = _encoder(config, shape)
    bottleneck = _bottleneck(config, encoder.features)
    head, target = _head(config, shape, classes, bottleneck.latent)
    built = Objective(
        encoder,
        bottleneck,
        head,
        target,
        penalty=_penalty(config),
        samples=config.train_samples,
        autocast=config.precision == "bf16",
        warm_up=config.warm_up,
        shift=config.shift or 0,
        predictors=_predictors(config),
    )
    initialise(built, seed)
    built.to(device)
    built.optimiser = Optimiser(
        built,
        lr=config.lr,
        beta1=config.beta1,
        lr_decay=config.lr_decay,
        lr_decay_every=config.lr_decay_every,
        ema=config.ema,
        weight_decay=config.weight_decay or 0.0,
    )
    return built


def _encoder(config: RunConfig, shape: tuple[int, ...]) -> MLP | BagOfWords | Conv | TextCNN:
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
        case "bag-of-words":
            return BagOfWords(config.vocabulary, config.widths, dropout)
        case "conv":
            return Conv(shape[0], config.channels, dropout)
        case _:
            return MLP(_size(shape), config.widths, dropout)


def _bottleneck(config: RunConfig, features: int) -> bottlenecks.Bottleneck:
    match config.bottleneck:
        case "none":
            return bottlenecks.NoBottleneck(features)
        case "deterministic":
            return bottlenecks.Deterministic(features, config.latent)
        case "units":
            return bottlenecks.Units(features, config.latent)
        case "noisy":
            return bottlenecks.Noisy(features, config.latent, config.noise)
        case "gaussian":
            return bottlenecks.VIB(features, config.latent, config.sigma, config.sigma_init)


def _head(
    config: RunConfig, shape: tuple[int, ...], classes: int, latent: int
) -> tuple[nn.Module, Labels | Inputs]:
    """What reads the latent, and what it is to predict."""
    if config.predicts is None:
        smoothing, confidence = config.label_smoothing or 0.0, config.confidence_penalty or 0.0
        return nn.Linear(latent, classes), Labels(smoothing, confidence)
    outputs, likelihood = _size(shape), _likelihood(config)
    if isinstance(likelihood, likelihoods.Multinomial):
        outputs = config.vocabulary
    decoder = Decoder(latent, config.decoder_widths or (), outputs)
    return decoder, Inputs(likelihood, binarise=config.binarise == "dynamic")


def _likelihood(config: RunConfig) -> likelihoods.Likelihood:
    match config.likelihood:
        case "gaussian":
            return likelihoods.Gaussian()
        case "multinomial":
            return likelihoods.Multinomial(config.vocabulary)
        case _:
            return likelihoods.Bernoulli()


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


def _predictors(config: RunConfig) -> Predictors | None:
    if config.bottleneck != "units":
        return None
    return Predictors(config.latent, config.predictor_width, config.predictability)


def _size(shape: tuple[int, ...]) -> int:
    return int(torch.Size(shape).numel())
