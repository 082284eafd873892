"""The label as what is predicted: cross-entropy, and two rivals of the bottleneck."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vibcli.data.prepare import Part
from vibcli.models.target import View


class ClassTarget:
    """distortion = E[-log q(y|z)], z ~ p(z|x) (Alemi et al. 2017, eq. 17).

    Two rivals of the penalty act on the loss too, never on the distortion that is reported:
    ``label_smoothing`` e trains on the targets (1 - e) [c = y] + e / C (Szegedy et al. 2016,
    section 7), ``confidence_penalty`` w subtracts w E[H(q(.|z))] (Pereyra et al. 2017, section 3).
    """

    def __init__(self, label_smoothing: float = 0.0, confidence_penalty: float = 0.0) -> None:
        self.label_smoothing = label_smoothing
        self.confidence_penalty = confidence_penalty

    @property
    def likelihood(self) -> None:
        """None: the input is not predicted."""

    def begin(self, head: nn.Module, part: Part) -> None:
        """Nothing: a head for labels begins with equal probabilities."""

    def labels(self, part: Part) -> Tensor:
        """Numbers of the classes, ``[N]``."""
        return torch.from_numpy(part.y)

    def view(self, x: Tensor, rng: torch.Generator | None) -> Tensor:
        """Inputs as they are."""
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

    def terms(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Share of the rows whose mean probability over the draws is highest for the label."""
        predicted = outputs.softmax(-1).mean(0).argmax(-1)
        return {"accuracy": (predicted == y).float().mean().item()}

    def look(self, outputs: Tensor) -> View:
        """Probabilities of logits ``[N, C]``, and their entropy."""
        logits = outputs.cpu().double()
        return View(probabilities=logits.softmax(-1), entropy=entropy(logits))


def entropy(logits: Tensor) -> Tensor:
    """H = -sum_c p_c log p_c of softmax(logits) in nats: ``[..., C]`` -> ``[...]``."""
    logs = logits.log_softmax(-1)
    return -(logs.exp() * logs).sum(-1)
