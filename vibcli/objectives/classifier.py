"""Predict a label through a bottleneck."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vibcli.bottlenecks import VIB, Code, Deterministic, NoBottleneck, Noisy, Penalty
from vibcli.networks.shift import shift
from vibcli.objectives.optimiser import Optimiser


class Terms(NamedTuple):
    """What one training step measured, over its batch."""

    loss: float
    distortion: float
    rate: float | None
    accuracy: float


class Classifier(nn.Module):
    """Encoder, bottleneck, linear head; loss = distortion + penalty, in nats.

    distortion = E[-log q(y|z)], z ~ p(z|x); the penalty weighs the rate
    KL(p(z|x) || N(0, I)) (Alemi et al. 2017, eq. 17).

    Two rivals of the penalty act on the loss too, never on the distortion that is reported:
    ``label_smoothing`` e trains on the targets (1 - e) [c = y] + e / C (Szegedy et al. 2016,
    section 7), ``confidence_penalty`` w subtracts w E[H(q(.|z))] (Pereyra et al. 2017, section 3).
    """

    optimiser: Optimiser

    def __init__(
        self,
        encoder: nn.Module,
        bottleneck: NoBottleneck | Deterministic | Noisy | VIB,
        classes: int,
        penalty: Penalty | None = None,
        samples: int = 1,
        autocast: bool = False,
        label_smoothing: float = 0.0,
        confidence_penalty: float = 0.0,
        shift: int = 0,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.bottleneck = bottleneck
        self.head = nn.Linear(bottleneck.latent, classes)
        self.penalty = penalty
        self.samples = samples
        self.autocast = autocast
        self.label_smoothing = label_smoothing
        self.confidence_penalty = confidence_penalty
        self.shift = shift

    def encode(self, x: Tensor, rng: torch.Generator | None = None) -> Code:
        """Inputs ``[B, ...]`` -> code ``[B, K]`` in fp32; under bf16 the encoder is autocast.

        Only with ``rng``, in training, are pictures shifted and units dropped.
        """
        x = shift(x, self.shift, rng)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.autocast):
            features = self.encoder(x, rng)
        return self.bottleneck.encode(features.float())

    def loss(
        self, x: Tensor, y: Tensor, rng: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
        """Loss, distortion, rates ``[B]`` or None, and logits ``[S, B, C]`` of a batch."""
        code = self.encode(x, rng)
        logits = self.head(code.draw(self.samples, rng))  # [S, B, C]
        flat, targets = logits.flatten(0, 1), y.expand(logits.shape[:2]).flatten()  # of S * B
        loss = distortion = F.cross_entropy(flat, targets)
        if self.label_smoothing:
            loss = F.cross_entropy(flat, targets, label_smoothing=self.label_smoothing)
        if self.confidence_penalty:
            loss = loss - self.confidence_penalty * entropy(flat).mean()
        rates = code.rates()
        if rates is not None and self.penalty is not None:
            loss = loss + self.penalty.cost(rates)
        return loss, distortion, rates, logits

    def step(self, x: Tensor, y: Tensor, rng: torch.Generator) -> Terms:
        """One step of the optimiser on the batch ``x, y``.

        Where the loss is not finite nothing is updated; the terms say so.
        """
        loss, distortion, rates, logits = self.loss(x, y, rng)
        rate = None if rates is None else rates.detach().mean().item()
        predicted = logits.detach().softmax(-1).mean(0).argmax(-1)
        accuracy = (predicted == y).float().mean().item()
        terms = Terms(loss.item(), distortion.item(), rate, accuracy)
        if loss.isfinite():
            self.optimiser.step(loss)
            if self.penalty is not None and rate is not None:
                self.penalty.update(rate)
        return terms

    def training_state(self) -> dict[str, Tensor]:
        """Every tensor that the rest of the training depends on."""
        state = {f"model.{k}": v for k, v in self.state_dict().items()}
        state |= {f"optimiser.{k}": v for k, v in self.optimiser.state().items()}
        if self.penalty is not None:
            state["penalty.lam"] = torch.tensor(self.penalty.lam, dtype=torch.float64)
        return state

    def load_training_state(self, state: dict[str, Tensor]) -> None:
        """Go on from what `training_state` returned."""
        self.load_state_dict(below("model.", state))
        self.optimiser.load_state(below("optimiser.", state))
        if self.penalty is not None:
            self.penalty.lam = state["penalty.lam"].item()


def entropy(logits: Tensor) -> Tensor:
    """H = -sum_c p_c log p_c of softmax(logits) in nats: ``[..., C]`` -> ``[...]``."""
    logs = logits.log_softmax(-1)
    return -(logs.exp() * logs).sum(-1)


def below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names start with ``prefix``, named without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
