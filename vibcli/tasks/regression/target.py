"""A number as what is predicted: the Gaussian negative log likelihood."""

import math

import torch
from torch import Tensor, nn

from vibcli.data.prepare import Part
from vibcli.models.networks.initialization import Stream
from vibcli.models.target import View

LEAST_LOG_DEVIATION = -6.0  # of the labels' own; without it rows told exactly have no bound
MOST_LOG_DEVIATION = 2.0
GAIN = 10.0  # Adam moves a parameter by its learning rate a step; log s has further to go


class NumberTarget(nn.Module):
    """distortion = E[-log N(y; m(z), s^2)], z ~ p(z|x), with a learnt deviation s.

    Labels are standardised by mean and deviation of the training part, u = (y - mean) / deviation,
    and what is reported is in the label's own unit: log N(y) = log N(u) - log deviation.

    With one deviation for all rows (Rybkin, Daniilidis & Levine 2021, section 3) it is a parameter,
    log s = `GAIN` times it, so that it is found within a short training; else the head predicts
    each row's own (Nix & Weigend 1994). log s is kept within
    `LEAST_LOG_DEVIATION` and `MOST_LOG_DEVIATION` softly: where a hard bound is passed there is no
    gradient that leads back.
    """

    def __init__(self, own_deviation: bool = False) -> None:
        super().__init__()
        self.s = None if own_deviation else nn.Parameter(torch.zeros(()))
        self.scale = (0.0, 1.0)  # mean and deviation of the training part's labels

    def initialize(self, stream: Stream) -> None:
        """A deviation of 1, the labels' own."""
        if self.s is not None:
            nn.init.zeros_(self.s)

    @property
    def outputs(self) -> int:
        """How many numbers the head predicts of a row."""
        return 2 if self.s is None else 1

    @property
    def likelihood(self) -> None:
        """None: the input is not predicted."""

    @torch.no_grad()
    def begin(self, head: nn.Module, part: Part) -> None:
        """Learn mean and deviation of the labels; let all rows begin with one deviation."""
        if self.s is None:
            for parameter in head.parameters():
                parameter[1].zero_()
        varies = part.y.min() < part.y.max()  # else rounding may leave a deviation above 0
        self.scale = float(part.y.mean()), float(part.y.std()) if varies else 1.0

    def get_extra_state(self) -> Tensor:
        """The scale of the labels, which is saved with the weights."""
        return torch.tensor(self.scale, dtype=torch.float64)

    def set_extra_state(self, state: Tensor) -> None:
        """Inverse of `get_extra_state`."""
        mean, deviation = state.tolist()
        self.scale = mean, deviation

    def labels(self, part: Part) -> Tensor:
        """Standardised labels ``[N]``."""
        return self.standardised(torch.from_numpy(part.y)).float()

    def standardised(self, labels: Tensor) -> Tensor:
        """Labels in their own unit -> with mean 0 and deviation 1 on the training part."""
        mean, deviation = self.scale
        return (labels - mean) / deviation

    def view(self, x: Tensor, rng: torch.Generator | None) -> Tensor:
        """Inputs as they are."""
        return x

    def split(self, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log deviation, standardised: ``[..., 1 or 2]`` -> ``[...]`` each."""
        s = (
            outputs[..., 1]
            if self.s is None
            else GAIN * self.s.to(outputs).expand(outputs.shape[:-1])
        )
        log_deviation = LEAST_LOG_DEVIATION + nn.functional.softplus(s - LEAST_LOG_DEVIATION)
        log_deviation = MOST_LOG_DEVIATION - nn.functional.softplus(
            MOST_LOG_DEVIATION - log_deviation
        )
        return outputs[..., 0], log_deviation

    def losses(self, outputs: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and distortion, which are one, of outputs ``[S, B, 1 or 2]`` and labels ``[B]``."""
        distortion = self.nats(outputs, y).mean()
        return distortion, distortion

    def nats(self, outputs: Tensor, y: Tensor) -> Tensor:
        """-log of the density in the label's unit: ``[S, B, 1 or 2]``, ``[B]`` -> ``[S, B]``."""
        mean, log_deviation = self.split(outputs)
        errors = ((y - mean) * torch.exp(-log_deviation)).square()
        unit = math.log(self.scale[1]) + 0.5 * math.log(2 * math.pi)
        return 0.5 * errors + log_deviation + unit

    @torch.no_grad()
    def terms(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Root of the mean squared error of the mean over draws, in the label's unit."""
        mean, _ = self.split(outputs)
        return {"rmse": self.scale[1] * (mean.mean(0) - y).square().mean().sqrt().item()}

    def gaussians(self, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and deviation in the label's unit, float64 on the CPU: ``[...]`` each."""
        mean, log_deviation = self.split(outputs.cpu().double())
        centre, scale = self.scale
        return centre + scale * mean, scale * log_deviation.exp()

    def look(self, outputs: Tensor) -> View:
        """The number predicted and its deviation."""
        prediction, deviation = self.gaussians(outputs)
        return View(prediction=prediction, deviation=deviation)
