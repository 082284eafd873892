"""What an autoencoder's output says of its input: log p(x|z), in nats per example.

Each likelihood takes inputs as they are prepared (pixels, numbers or word ids) and outputs of a
decoder ``[..., B, D]``, and sums over the D observed values. ``observed`` gives the values that are
predicted, ``mean`` what they are expected to be, and ``output`` turns a mean back into an output.
"""

import math
from typing import TYPE_CHECKING, Protocol, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vibcli.models.networks.bag_of_words import word_counts
from vibcli.models.networks.initialization import Stream

if TYPE_CHECKING:
    from vibcli.config.record import RunConfig

RAREST = 1 / 512  # half a grey value; no mean of pixels is nearer to 0 or 1
LEAST_LOG_SIGMA = -6.0  # a perfect reconstruction would have an infinite density


class Likelihood(Protocol):
    """What an output says of an input."""

    of_words: bool  # the values are shares of words, and no input is like its mean

    @classmethod
    def from_config(cls, config: "RunConfig") -> Self:
        """The likelihood that ``config`` describes."""
        ...

    def outputs(self, shape: tuple[int, ...]) -> int:
        """D, how many values of an input of this shape are predicted."""
        ...

    def observed(self, x: Tensor) -> Tensor:
        """Prepared inputs ``[B, ...]`` -> the values that are predicted, ``[B, D]``."""
        ...

    def known_words(self, x: Tensor) -> Tensor | None:
        """How many words of each text are predicted, ``[B]``; None of other inputs."""
        ...

    def log_prob(self, output: Tensor, x: Tensor) -> Tensor:
        """log p(x|z) in nats: outputs ``[..., B, D]``, inputs ``[B, ...]`` -> ``[..., B]``."""
        ...

    def mean(self, output: Tensor) -> Tensor:
        """E[x|z] of outputs ``[..., D]``."""
        ...

    def entropy(self, mean: Tensor) -> Tensor | None:
        """H(x|z) in nats of means ``[..., D]``; None where it is the same everywhere."""
        ...

    def output(self, mean: Tensor) -> Tensor:
        """Inverse of `mean`."""
        ...


class Bernoulli(nn.Module):
    """Pixels in 0..1 as independent coins: sum_d x_d log p_d + (1 - x_d) log(1 - p_d).

    p = sigmoid(output) (Kingma & Welling 2014, appendix C.1). A likelihood for pixels that are 0
    or 1; of grey values it is the cross-entropy that the literature reports all the same, which is
    no density (Loaiza-Ganem & Cunningham 2019).
    """

    of_words = False

    @classmethod
    def from_config(cls, config: "RunConfig") -> Self:
        """It has no settings."""
        return cls()

    def outputs(self, shape: tuple[int, ...]) -> int:
        """Every pixel."""
        return math.prod(shape)

    def observed(self, x: Tensor) -> Tensor:
        """Pixels 0..255 (uint8) -> 0..1."""
        return x.flatten(1).float() / 255

    def known_words(self, x: Tensor) -> None:
        """None: these are no words."""

    def log_prob(self, output: Tensor, x: Tensor) -> Tensor:
        """``[..., B, D]``, ``[B, C, H, W]`` -> ``[..., B]``."""
        values = self.observed(x)
        # log sigmoid(o) = -softplus(-o), so x log p + (1 - x) log(1 - p) = x o - softplus(o)
        return (values * output - F.softplus(output)).sum(-1)

    def mean(self, output: Tensor) -> Tensor:
        """Probabilities of the pixels."""
        return output.sigmoid()

    def entropy(self, mean: Tensor) -> Tensor:
        """H(x|z) in nats, summed over pixels of these probabilities: ``[..., D]`` -> ``[...]``."""
        entropy: Tensor = (torch.special.entr(mean) + torch.special.entr(1 - mean)).sum(-1)
        return entropy

    def output(self, mean: Tensor) -> Tensor:
        """Log odds of the pixels."""
        return mean.clamp(RAREST, 1 - RAREST).logit()


class Gaussian(nn.Module):
    """Numbers with one deviation for all: log N(x; output, sigma^2 I), sigma learnt.

    Rybkin, Daniilidis & Levine 2021, "Simple and effective VAE training with calibrated decoders",
    section 3: without a learnt sigma the weight of the reconstruction would be arbitrary. As there,
    log sigma is bounded from below softly, least + softplus(s - least): where a hard bound is
    passed there is no gradient that leads back.
    """

    of_words = False

    def __init__(self) -> None:
        super().__init__()
        self.s = nn.Parameter(torch.zeros(()))

    def initialize(self, stream: Stream) -> None:
        """A deviation of 1, nearly."""
        nn.init.zeros_(self.s)

    @classmethod
    def from_config(cls, config: "RunConfig") -> Self:
        """It has no settings."""
        return cls()

    def outputs(self, shape: tuple[int, ...]) -> int:
        """Every number, or every pixel."""
        return math.prod(shape)

    @property
    def log_sigma(self) -> Tensor:
        """Logarithm of sigma, above `LEAST_LOG_SIGMA`."""
        return LEAST_LOG_SIGMA + F.softplus(self.s - LEAST_LOG_SIGMA)

    def observed(self, x: Tensor) -> Tensor:
        """Numbers as they are; pixels 0..255 (uint8) -> 0..1."""
        values = x.flatten(1).float()
        return values / 255 if x.dtype == torch.uint8 else values

    def known_words(self, x: Tensor) -> None:
        """None: these are no words."""

    def log_prob(self, output: Tensor, x: Tensor) -> Tensor:
        """``[..., B, D]``, ``[B, ...]`` -> ``[..., B]``."""
        log_sigma = self.log_sigma
        squares = ((self.observed(x) - output) * torch.exp(-log_sigma)).square()
        return -(0.5 * squares + log_sigma + 0.5 * math.log(2 * math.pi)).sum(-1)

    def mean(self, output: Tensor) -> Tensor:
        """The output itself."""
        return output

    def entropy(self, mean: Tensor) -> None:
        """None: the deviation is one number, so H(x|z) is the same everywhere."""

    def output(self, mean: Tensor) -> Tensor:
        """The mean itself."""
        return mean


class Multinomial(nn.Module):
    """Words of a text, drawn one by one: sum_w n_w log p_w, p = softmax(output).

    n_w counts word w; padding and words that the vocabulary lacks are left out, and so is the
    multinomial coefficient, which no model changes (Miao, Yu & Blunsom 2016, "Neural variational
    inference for text processing", section 3.1).
    """

    of_words = True

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.vocabulary = vocabulary

    @classmethod
    def from_config(cls, config: "RunConfig") -> Self:
        """With ``vocabulary``."""
        return cls(config.vocabulary)

    def outputs(self, shape: tuple[int, ...]) -> int:
        """Every word of the vocabulary."""
        return self.vocabulary

    def counts(self, x: Tensor) -> Tensor:
        """n_w: word ids ``[B, T]`` -> ``[B, D]``."""
        return word_counts(x, self.vocabulary)

    def observed(self, x: Tensor) -> Tensor:
        """Word ids ``[B, T]`` -> share of each word in its text, ``[B, D]``."""
        counts = self.counts(x)
        return counts / counts.sum(-1, keepdim=True).clamp(min=1)

    def known_words(self, x: Tensor) -> Tensor:
        """Those in the vocabulary: ``[B, T]`` -> ``[B]``."""
        return self.counts(x).sum(-1)

    def log_prob(self, output: Tensor, x: Tensor) -> Tensor:
        """``[..., B, D]``, ``[B, T]`` -> ``[..., B]``."""
        return (self.counts(x) * output.log_softmax(-1)).sum(-1)

    def mean(self, output: Tensor) -> Tensor:
        """Probabilities of the words."""
        return output.softmax(-1)

    def entropy(self, mean: Tensor) -> Tensor:
        """H of one word in nats, for these probabilities: ``[..., D]`` -> ``[...]``."""
        entropy: Tensor = torch.special.entr(mean).sum(-1)
        return entropy

    def output(self, mean: Tensor) -> Tensor:
        """Log probabilities of the words; of one that never occurs, that of the rarest."""
        return mean.clamp(min=mean[mean > 0].min().item() if mean.any() else 1.0).log()
