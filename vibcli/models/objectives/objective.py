"""The one loss: what is predicted through a bottleneck, plus what the bottleneck costs."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vibcli.models.bottlenecks import Bottleneck, Code, Penalty
from vibcli.models.networks.shift import shift
from vibcli.models.objectives.autoencoder import Inputs
from vibcli.models.objectives.classifier import Labels
from vibcli.models.objectives.optimiser import Optimiser
from vibcli.models.objectives.predictability import Predictors


class Terms(NamedTuple):
    """What one training step measured, over its batch."""

    loss: float
    distortion: float
    rate: float | None
    accuracy: float | None


class Objective(nn.Module):
    """Encoder, bottleneck, head; loss = distortion + penalty, in nats.

    The distortion is the target's: of labels (`Labels`) or of the inputs themselves (`Inputs`).
    The penalty weighs the rate KL(p(z|x) || N(0, I)) (Alemi et al. 2017, eq. 17); over the first
    ``warm_up`` epochs its weight grows linearly from 0 (Bowman et al. 2016, section 3.1;
    Sonderby et al. 2016, section 2.3). In training pictures are moved by up to ``shift`` pixels;
    ``predictors`` make the units of a code hide from each other.
    """

    optimiser: Optimiser

    def __init__(
        self,
        encoder: nn.Module,
        bottleneck: Bottleneck,
        head: nn.Module,
        target: Labels | Inputs,
        penalty: Penalty | None = None,
        samples: int = 1,
        autocast: bool = False,
        warm_up: int | None = None,
        shift: int = 0,
        predictors: Predictors | None = None,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.bottleneck = bottleneck
        self.head = head
        self.target = target
        self.penalty = penalty
        self.samples = samples
        self.autocast = autocast
        self.warm_up = warm_up
        self.shift = shift
        self.predictors = predictors
        self.position = 0.0  # epochs trained

    def encode(self, x: Tensor, rng: torch.Generator | None = None) -> Code:
        """Inputs ``[B, ...]`` -> code ``[B, K]`` in fp32; under bf16 the encoder is autocast.

        Only with ``rng``, in training, does the encoder drop units.
        """
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.autocast):
            features = self.encoder(x, rng)
        return self.bottleneck.encode(features.float())

    def loss(
        self, x: Tensor, y: Tensor, rng: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
        """Loss, distortion, rates ``[B]`` or None, and outputs ``[S, B, ...]`` of a batch."""
        x = shift(self.target.view(x, rng), self.shift, rng)
        code = self.encode(x, rng)
        outputs = self.head(code.draw(self.samples, rng))  # [S, B, ...]
        loss, distortion = self.target.losses(outputs, x, y)
        rates = code.rates()
        if rates is not None and self.penalty is not None:
            loss = loss + self.warmth * self.penalty.cost(rates)
        if self.predictors is not None:
            loss = loss + self.predictors.cost(code.mean)
        return loss, distortion, rates, outputs

    @property
    def warmth(self) -> float:
        """Share of its weight that the penalty has now."""
        return min(1.0, self.position / self.warm_up) if self.warm_up else 1.0

    def step(self, x: Tensor, y: Tensor, rng: torch.Generator) -> Terms:
        """One step of the optimiser on the batch ``x, y``.

        Where the loss is not finite nothing is updated; the terms say so.
        """
        loss, distortion, rates, outputs = self.loss(x, y, rng)
        rate = None if rates is None else rates.detach().mean().item()
        accuracy = self.target.accuracy(outputs.detach(), y)
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


def below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names start with ``prefix``, named without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
