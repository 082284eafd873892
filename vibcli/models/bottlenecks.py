"""What stands between encoder and head.

A bottleneck maps features ``[B, F]`` to a `Code`. What its rate costs is a penalty's to say, see
`vibcli.models.penalties`.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vibcli.models import gaussian

if TYPE_CHECKING:
    from vibcli.config.record import RunConfig


class Code(NamedTuple):
    """A latent distribution N(mean, diag sigma^2); ``sigma`` is None where z is deterministic."""

    mean: Tensor
    sigma: Tensor | None

    def draw(self, samples: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw ``samples`` latents each: ``[S, B, K]``. Without noise S is 1, the mean itself."""
        if self.sigma is None or samples == 0:
            return self.mean[None]
        shape = (samples, *self.mean.shape)
        return gaussian.sample(self.mean.expand(shape), self.sigma.expand(shape), generator)

    def rates(self) -> Tensor | None:
        """KL to N(0, I) of each example ``[B]`` in nats; None where z is deterministic."""
        if self.sigma is None:
            return None
        return gaussian.kl_standard_normal(self.mean, self.sigma)


class UnratedCode(Code):
    """A code whose sigma is given, not learnt: nothing is traded for it, so it has no rate."""

    def rates(self) -> None:
        """None: there is no rate."""


class Bottleneck(Protocol):
    """Features in, a code out."""

    latent: int  # K
    bounded: bool  # units between 0 and 1, which have no normal prior

    @classmethod
    def from_config(cls, in_features: int, config: "RunConfig") -> Self:
        """The bottleneck that ``config`` describes, for features of this width."""
        ...

    def encode(self, features: Tensor) -> Code:
        """``[B, F]`` -> the code, ``[B, K]``."""
        ...


class NoBottleneck(nn.Module):
    """The features themselves: the baseline."""

    bounded = False

    def __init__(self, in_features: int) -> None:
        super().__init__()
        self.latent = in_features

    @classmethod
    def from_config(cls, in_features: int, config: "RunConfig") -> Self:
        """It has no settings."""
        return cls(in_features)

    def encode(self, features: Tensor) -> Code:
        """``[B, F]`` -> the same as a code without noise."""
        return Code(features, None)


class Deterministic(nn.Module):
    """A linear layer of the bottleneck's width: its capacity without noise and without a rate."""

    bounded = False

    def __init__(self, in_features: int, latent: int) -> None:
        super().__init__()
        self.latent = latent
        self.mean = nn.Linear(in_features, latent)

    @classmethod
    def from_config(cls, in_features: int, config: "RunConfig") -> Self:
        """With ``latent``."""
        return cls(in_features, config.latent)

    def encode(self, features: Tensor) -> Code:
        """``[B, F]`` -> ``[B, K]`` without noise."""
        return Code(self.mean(features), None)


class Units(Deterministic):
    """`Deterministic` with a sigmoid: units between 0 and 1 that can become binary.

    The code of Schmidhuber 1992, "Learning factorial codes by predictability minimization".
    """

    bounded = True

    def encode(self, features: Tensor) -> Code:
        """``[B, F]`` -> ``[B, K]`` in (0, 1), without noise."""
        return Code(self.mean(features).sigmoid(), None)


class Noisy(nn.Module):
    """`Deterministic` with noise of one fixed standard deviation: noise without a rate.

    z ~ N(mean(h), noise^2 I). It tells what of a bottleneck's effect is that of its noise alone;
    the mean may outgrow the noise at no cost.
    """

    bounded = False

    def __init__(self, in_features: int, latent: int, noise: float) -> None:
        super().__init__()
        self.latent = latent
        self.noise = noise
        self.mean = nn.Linear(in_features, latent)

    @classmethod
    def from_config(cls, in_features: int, config: "RunConfig") -> Self:
        """With ``latent`` and ``noise``."""
        return cls(in_features, config.latent, config.noise)

    def encode(self, features: Tensor) -> Code:
        """``[B, F]`` -> the code, mean and sigma ``[B, K]`` each."""
        mean = self.mean(features)
        return UnratedCode(mean, torch.full_like(mean, self.noise))


def _half_exp(s: Tensor) -> Tensor:
    return torch.exp(s / 2)


def _inverse_half_exp(sigma: float) -> float:
    return 2 * math.log(sigma)


def _inverse_softplus(sigma: float) -> float:
    return sigma + math.log(-math.expm1(-sigma))


class Parametrisation(NamedTuple):
    """sigma = ``sigma_of``(s + offset); ``offset_of`` gives the offset for a sigma at s = 0."""

    sigma_of: Callable[[Tensor], Tensor]
    offset_of: Callable[[float], float]
    default_offset: float


SIGMAS = {
    "log_var": Parametrisation(_half_exp, _inverse_half_exp, 0.0),
    "softplus": Parametrisation(F.softplus, _inverse_softplus, -5.0),
}


class VIB(nn.Module):
    """Variational information bottleneck: a drop-in layer, features in, z out.

    p(z|x) = N(mean(h), diag sigma(h)^2) with two linear maps of the features h; the prior is
    N(0, I). In training mode ``forward`` draws z = mean + sigma * eps, in evaluation mode it
    returns the mean. After each call ``rates`` holds KL(p(z|x) || N(0, I)) of each example
    ``[B]`` in nats and ``rate`` their mean, ready to be weighed and added to a loss.
    (Alemi, Fischer, Dillon & Murphy 2017, "Deep variational information bottleneck", eq. 17,
    whose beta is the weight that is called lambda here.)

    Args:
        in_features: width F of the features ``[B, F]``.
        latent: width K of z ``[B, K]``.
        sigma: ``"log_var"`` (sigma = exp((s + offset) / 2)) or ``"softplus"``
            (sigma = softplus(s + offset)).
        sigma_init: sigma where s = 0, which sets the offset. By default 1 for ``log_var`` and
            0.00672 for ``softplus``, the offset -5 of Alemi et al.

    >>> layer = VIB(8, 2)
    >>> layer(torch.randn(5, 8)).shape, layer.rates.shape
    (torch.Size([5, 2]), torch.Size([5]))
    """

    bounded = False
    rates: Tensor

    def __init__(
        self,
        in_features: int,
        latent: int,
        sigma: str = "log_var",
        sigma_init: float | None = None,
    ) -> None:
        super().__init__()
        if sigma not in SIGMAS:
            raise ValueError(f"sigma is one of {', '.join(SIGMAS)}, not {sigma!r}")
        if sigma_init is not None and not (sigma_init > 0 and math.isfinite(sigma_init)):
            raise ValueError(f"sigma_init is a finite number above 0, not {sigma_init}")
        self.latent = latent
        chosen = SIGMAS[sigma]
        self._sigma_of = chosen.sigma_of
        self.offset = chosen.default_offset if sigma_init is None else chosen.offset_of(sigma_init)
        self.mean = nn.Linear(in_features, latent)
        self.spread = nn.Linear(in_features, latent)

    @classmethod
    def from_config(cls, in_features: int, config: "RunConfig") -> Self:
        """With ``latent``, ``sigma`` and ``sigma_init``."""
        return cls(in_features, config.latent, config.sigma, config.sigma_init)

    def encode(self, features: Tensor) -> Code:
        """``[B, F]`` -> the Gaussian code, mean and sigma ``[B, K]`` each."""
        s = self.spread(features) + self.offset
        return Code(self.mean(features), self._sigma_of(s))

    def forward(self, features: Tensor) -> Tensor:
        """``[B, F]`` -> z ``[B, K]``: a draw in training mode, the mean otherwise.

        Under autocast the code is computed in the weights' own precision, and rates are always in
        fp32: a sum of many small terms has no use for three digits.
        """
        with torch.autocast(features.device.type, enabled=False):
            code = self.encode(features.to(self.mean.weight.dtype))
        assert code.sigma is not None
        self.rates = gaussian.kl_standard_normal(code.mean.float(), code.sigma.float())
        return code.draw(1 if self.training else 0)[0]

    def __getstate__(self) -> dict[str, Any]:
        # the rates hold the last batch's graph, which can be neither copied nor stored
        return {name: value for name, value in self.__dict__.items() if name != "rates"}

    @property
    def rate(self) -> Tensor:
        """Mean rate of the last batch in nats, a scalar with gradient.

        Raises:
            RuntimeError: no batch went through the layer yet.
        """
        if "rates" not in self.__dict__:
            raise RuntimeError("VIB has no rate before the first batch: call the layer first.")
        return self.rates.mean()
