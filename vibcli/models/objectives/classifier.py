"""The label as what is predicted: cross-entropy, and two rivals of the bottleneck."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Labels:
    """distortion = E[-log q(y|z)], z ~ p(z|x) (Alemi et al. 2017, eq. 17).

    Two rivals of the penalty act on the loss too, never on the distortion that is reported:
    ``label_smoothing`` e trains on the targets (1 - e) [c = y] + e / C (Szegedy et al. 2016,
    section 7), ``confidence_penalty`` w subtracts w E[H(q(.|z))] (Pereyra et al. 2017, section 3).
    """

    predicts: Literal["label"] = "label"

    def __init__(self, label_smoothing: float = 0.0, confidence_penalty: float = 0.0) -> None:
        self.label_smoothing = label_smoothing
        self.confidence_penalty = confidence_penalty

    def start(self, head: nn.Module, x: Tensor) -> None:
        """Nothing: a head for labels begins with equal probabilities."""

    def view(self, x: Tensor, rng: torch.Generator | None) -> Tensor:
        """Inputs as the model sees them this time: as they are."""
        return x

    def losses(self, outputs: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and distortion of logits ``[S, B, C]`` and labels ``[B]``, in nats."""
        flat, targets = outputs.flatten(0, 1), y.expand(outputs.shape[:2]).flatten()  # of S * B
        loss = distortion = F.cross_entropy(flat, targets)
        if self.label_smoothing:
            loss = F.cross_entropy(flat, targets, label_smoothing=self.label_smoothing)
        if self.confidence_penalty:
            loss = loss - self.confidence_penalty * entropy(flat).mean()
        return loss, distortion

    def accuracy(self, outputs: Tensor, y: Tensor) -> float:
        """Share of the rows whose mean probability over the draws is highest for the label."""
        predicted = outputs.softmax(-1).mean(0).argmax(-1)
        return (predicted == y).float().mean().item()


def entropy(logits: Tensor) -> Tensor:
    """H = -sum_c p_c log p_c of softmax(logits) in nats: ``[..., C]`` -> ``[...]``."""
    logs = logits.log_softmax(-1)
    return -(logs.exp() * logs).sum(-1)
