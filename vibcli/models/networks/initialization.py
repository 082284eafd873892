"""Initial weights, by the kind of layer."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase as BatchNorm

from vibcli import randomness

Stream = Callable[[str], torch.Generator]  # of one parameter, by its name in the layer


@runtime_checkable
class InitializesItself(Protocol):
    """A layer that knows its own initial weights: gates, frozen or pretrained weights, games."""

    def initialize(self, stream: Stream) -> None:
        """Set the weights; ``stream(name)`` draws those of the parameter ``name``."""
        ...


def initialize(module: nn.Module, seed: int) -> None:
    """Set the initial weights of every layer below ``module``.

    Embeddings are drawn from U(-0.05, 0.05), weights of linear and convolutional layers are Glorot
    uniform, their biases 0: the defaults of Keras, in which the essay's network is written (Glorot
    & Bengio 2010, eq. 16). Normalising layers keep their gain of 1. A layer of another kind has to
    have a method ``initialize``, see `InitializesItself`.

    Each parameter has a random stream of its own name, so two networks start with the same weights
    wherever names and shapes agree.

    Raises:
        TypeError: nothing is known of a kind of layer. Its weights would be drawn from PyTorch's
            global stream, and no two runs would be alike.
    """
    for place, layer in module.named_modules():
        if not any(True for _ in layer.parameters(recurse=False)):
            continue

        def stream(name: str, place: str = place) -> torch.Generator:
            path = f"{place}.{name}" if place else name
            return randomness.generator("cpu", seed, "weights", path)

        _rule(layer)(layer, stream)


def _rule(layer: nn.Module) -> Callable[[nn.Module, Stream], None]:
    if isinstance(layer, InitializesItself):
        return lambda _, stream: layer.initialize(stream)
    for kinds, rule in RULES:
        if isinstance(layer, kinds):
            return rule
    raise TypeError(
        f"There is no rule for the initial weights of {type(layer).__name__}: give it a method "
        "initialize(stream), or add its kind to vibcli.models.networks.initialization.RULES."
    )


def _glorot(layer: nn.Module, stream: Stream) -> None:
    for name, parameter in layer.named_parameters(recurse=False):
        if name == "bias":
            nn.init.zeros_(parameter)
        else:
            nn.init.xavier_uniform_(parameter, generator=stream(name))


def _embedding(layer: nn.Module, stream: Stream) -> None:
    for name, parameter in layer.named_parameters(recurse=False):
        nn.init.uniform_(parameter, -0.05, 0.05, generator=stream(name))


def _as_built(layer: nn.Module, stream: Stream) -> None:
    """A gain of 1 and an offset of 0, which need no draw."""
    layer.reset_parameters()  # type: ignore[operator]


RULES: tuple[tuple[tuple[type[nn.Module], ...], Callable[[nn.Module, Stream], None]], ...] = (
    ((nn.Embedding,), _embedding),
    ((nn.Linear, nn.Conv1d, nn.Conv2d), _glorot),
    ((nn.LayerNorm, nn.GroupNorm, BatchNorm), _as_built),
)
