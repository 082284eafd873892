"""The input as what is predicted: an autoencoder, variational where the bottleneck is."""

import torch
from torch import Tensor, nn

from vibcli.data.prepare import Part
from vibcli.models.likelihoods import Likelihood
from vibcli.models.target import View

ROWS = 1000  # observed at a time


class InputTarget(nn.Module):
    """distortion = E[-log p(x|z)], z ~ p(z|x): the loss of a classifier with x as its own label.

    With the rate's weight lambda = 1 the loss is the negative ELBO of a variational autoencoder
    (Kingma & Welling 2014, eq. 7), with another one that of a beta-VAE (Higgins et al. 2017,
    eq. 4).

    With ``binarise`` each pixel is drawn anew, 0 or 255, each time it is seen (Salakhutdinov &
    Murray 2008); encoder and likelihood see the same draw.
    """

    def __init__(self, likelihood: Likelihood, binarise: bool = False) -> None:
        super().__init__()
        self.likelihood = likelihood
        self.binarise = binarise

    @torch.no_grad()
    def begin(self, head: nn.Module, part: Part) -> None:
        """Let ``head`` begin with the mean of the inputs for every latent, but for noise.

        So did Burda et al. 2016, whose code sets the last bias to the log odds of the mean.
        Otherwise what is learnt first is the mean, and it takes all units the same way: those of
        `Units` to where they saturate.
        """
        *_, bias = head.parameters()
        x = torch.from_numpy(part.x)
        mean = torch.cat([self.likelihood.observed(rows) for rows in torch.split(x, ROWS)]).mean(0)
        # an input that is not finite is for the first step that meets it to report
        bias.copy_(self.likelihood.output(mean).nan_to_num(0, 0, 0))

    def labels(self, part: Part) -> Tensor:
        """The labels as they are, which no loss looks at."""
        return torch.from_numpy(part.y)

    def view(self, x: Tensor, rng: torch.Generator | None) -> Tensor:
        """Inputs as the model sees them this time."""
        if not self.binarise:
            return x
        coins = torch.rand(x.shape, generator=rng, device=x.device)
        return (coins * 255 < x).to(torch.uint8) * 255

    def losses(self, outputs: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and distortion, which are one, of outputs ``[S, B, D]`` and inputs, in nats."""
        distortion = -self.likelihood.log_prob(outputs, x).mean()
        return distortion, distortion

    def terms(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Nothing else: no label is predicted."""
        return {}

    def look(self, outputs: Tensor) -> View:
        """What outputs ``[N, D]`` decode to, and how sure the decoder is."""
        mean = self.likelihood.mean(outputs).cpu().double()
        return View(values=mean, entropy=self.likelihood.entropy(mean))
