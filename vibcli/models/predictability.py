"""Predictability minimization: units that no other units can predict."""

from typing import Any

import torch
from torch import Tensor, nn

from vibcli.models.networks.initialization import Stream


class Predictors(nn.Module):
    """One predictor for each unit of a code, which sees all the others.

    Schmidhuber 1992, "Learning factorial codes by predictability minimization", section 3: the
    predictors minimise E = sum_k (P_k(z without z_k) - z_k)^2, the encoder maximises it, so that
    in the end each unit says what the others do not. Both are learnt in one step: the gradient
    turns round on its way from E to the code (Ganin & Lempitsky 2015, section 3).

    Each predictor is a linear map of ``width`` tanh units. Its constant is the best one for the
    batch, so that E is the variance that the others leave unexplained, sum_k Var(z_k - P_k). A
    constant that is learnt follows the code with a delay, and all that a unit gains by running
    away from it is to saturate: in the end no unit varies.

    It is a minimax game, which need not end well: of four binary factors that were mixed linearly
    it found each with one unit on five of six seeds, and on the sixth units that are mixtures. A
    weight of 3 instead of 1 made it three of six.
    """

    def __init__(self, units: int, width: int, weight: float) -> None:
        super().__init__()
        self.weight = weight
        self.hidden = nn.Parameter(torch.empty(units, units * width))
        self.out = nn.Parameter(torch.empty(units, width))
        self.hidden_bias = nn.Parameter(torch.empty(units * width))
        others = 1 - torch.eye(units).repeat_interleave(width, dim=1)
        self.register_buffer("others", others, persistent=False)

    others: Tensor

    def initialize(self, stream: Stream) -> None:
        """Glorot uniform weights, biases 0."""
        nn.init.xavier_uniform_(self.hidden, generator=stream("hidden"))
        nn.init.xavier_uniform_(self.out, generator=stream("out"))
        nn.init.zeros_(self.hidden_bias)

    def forward(self, z: Tensor) -> Tensor:
        """Codes ``[B, K]`` -> what the others say of each unit, but for a constant, ``[B, K]``."""
        hidden: Tensor = torch.tanh(z @ (self.hidden * self.others) + self.hidden_bias)
        units = hidden.reshape(len(z), len(self.out), -1)  # [B, K, H]
        said: Tensor = (units * self.out).sum(-1)
        return said

    def error(self, z: Tensor) -> Tensor:
        """E of the codes ``[B, K]``, a scalar."""
        left: Tensor = z - self(z)
        return (left - left.mean(0)).square().sum(-1).mean()

    def cost(self, z: Tensor) -> Tensor:
        """-weight * E, whose gradient makes the code enlarge E and the predictors reduce it."""
        reverse: Any = _Reversed.apply
        error = self.error(reverse(z, self.weight))
        return error - (1 + self.weight) * error.detach()


class _Reversed(torch.autograd.Function):
    """The same forwards; backwards the gradient times -weight."""

    @staticmethod
    def forward(context: Any, z: Tensor, weight: float) -> Tensor:
        context.weight = weight
        return z.view_as(z)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -context.weight * gradient, None
