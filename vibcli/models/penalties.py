"""What a bottleneck's rate costs.

A penalty maps the rates of a batch ``[B]`` to the term that is added to the distortion, in nats.
"""

from typing import TYPE_CHECKING, Protocol, Self

from torch import Tensor
from torch.nn import functional as F

if TYPE_CHECKING:
    from vibcli.config.record import RunConfig


class Penalty(Protocol):
    """What a batch's rates ``[B]`` add to the loss, and what is learnt from them afterwards."""

    lam: float

    @classmethod
    def from_config(cls, config: "RunConfig") -> Self:
        """The penalty that ``config`` describes."""
        ...

    def cost(self, rates: Tensor) -> Tensor:
        """``[B]`` -> scalar in nats."""
        ...

    def update(self, rate: float) -> None:
        """Take note of the batch's mean rate after the optimizer's step."""
        ...


class Weighted:
    """lambda * mean rate (Alemi et al. 2017, eq. 17)."""

    def __init__(self, lam: float) -> None:
        self.lam = lam

    @classmethod
    def from_config(cls, config: "RunConfig") -> Self:
        """With ``lam``."""
        return cls(config.lam)

    def cost(self, rates: Tensor) -> Tensor:
        """Lambda times the mean rate."""
        return self.lam * rates.mean()

    def update(self, rate: float) -> None:
        """Nothing is learnt: lambda is fixed."""


class Threshold(Weighted):
    """lambda * mean_i max(KL_i - beta, 0): an example's information is free up to beta nats."""

    def __init__(self, lam: float, beta: float) -> None:
        super().__init__(lam)
        self.beta = beta

    @classmethod
    def from_config(cls, config: "RunConfig") -> Self:
        """With ``lam`` and ``beta``."""
        return cls(config.lam, config.beta)

    def cost(self, rates: Tensor) -> Tensor:
        """Lambda times the mean excess over beta."""
        return self.lam * F.relu(rates - self.beta).mean()


class Adaptive(Weighted):
    """lambda * (rate - I_c) with lambda <- max(0, lambda + alpha (rate - I_c)): dual ascent.

    The information constraint of the variational discriminator bottleneck
    (Peng et al. 2019, section 4).
    """

    def __init__(self, lam: float, rate_target: float, dual_step: float) -> None:
        super().__init__(lam)
        self.rate_target = rate_target
        self.dual_step = dual_step

    @classmethod
    def from_config(cls, config: "RunConfig") -> "Adaptive | Controlled":  # type: ignore[override]
        """With ``lam``, ``rate_target`` and ``dual_step``; `Controlled` where no step is given."""
        if config.dual_step is None:
            return Controlled.from_config(config)
        return cls(config.lam, config.rate_target, config.dual_step)

    def cost(self, rates: Tensor) -> Tensor:
        """The Lagrangian term; lambda is a constant to the gradient."""
        return self.lam * (rates.mean() - self.rate_target)

    def update(self, rate: float) -> None:
        """One dual step."""
        self.lam = max(0.0, self.lam + self.dual_step * (rate - self.rate_target))


class Controlled(Weighted):
    """A weight that is multiplied until the mean rate R is I_c, whatever the size of either.

    With r = R / I_c, but 1/2 to 2, the loss has lambda r^4 (R - I_c), its weight a constant to the
    gradient; then lambda <- max(1e-3, lambda r^0.2). It is a proportional-integral controller of
    the log weight on log R, as ControlVAE has one of the weight on R (Shao et al. 2020,
    "ControlVAE: controllable variational autoencoder"). The step of `Adaptive` has to fit the size
    of the rate and the number of steps; these numbers do not: measured on texts, images and tables
    from 130 steps on, see docs/defaults.md.
    """

    LEAST = 1e-3  # lambda where the rate stays below, from which it rises again in few steps
    INTEGRAL = 0.2  # power of r by which lambda follows; alone it would swing
    PROPORTIONAL = 4.0
    FARTHEST = 2.0  # a rate of hundreds of nats, as at the start, is no reason for a shock

    def __init__(self, lam: float, rate_target: float) -> None:
        super().__init__(lam)
        self.rate_target = rate_target

    @classmethod
    def from_config(cls, config: "RunConfig") -> Self:
        """With ``lam`` and ``rate_target``."""
        return cls(config.lam, config.rate_target)

    def cost(self, rates: Tensor) -> Tensor:
        """The excess over the target, at a weight that grows with it."""
        rate = rates.mean()
        weight: float = self.lam * self._error(rate.item()) ** self.PROPORTIONAL
        return weight * (rate - self.rate_target)

    def update(self, rate: float) -> None:
        """One step of log lambda."""
        lam = max(self.lam, self.LEAST) * self._error(rate) ** self.INTEGRAL
        self.lam = max(self.LEAST, lam)

    def _error(self, rate: float) -> float:
        return min(max(rate / self.rate_target, 1 / self.FARTHEST), self.FARTHEST)
