"""The one loss: what is predicted through a bottleneck, plus what the bottleneck costs."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from vibcli.data.prepare import Part
from vibcli.models.bottlenecks import Bottleneck, Code
from vibcli.models.learner import Batch, State, Terms
from vibcli.models.networks.encoder import Encoder
from vibcli.models.networks.shift import shift
from vibcli.models.optimizer import Optimizer
from vibcli.models.penalties import Penalty
from vibcli.models.predictability import Predictors
from vibcli.models.target import Target


class BottleneckLearner(nn.Module):
    """Encoder, bottleneck, head; loss = distortion + penalty, in nats.

    The distortion is the target's: of labels, or of the inputs themselves. The penalty weighs the
    rate KL(p(z|x) || N(0, I)) (Alemi et al. 2017, eq. 17); over the first ``warm_up`` epochs its
    weight grows linearly from 0 (Bowman et al. 2016, section 3.1; Sonderby et al. 2016, section
    2.3). In training pictures are moved by up to ``shift`` pixels; ``predictors`` make the units of
    a code hide from each other.

    It fulfils `vibcli.models.learner.Learner`.
    """

    optimizer: Optimizer

    def __init__(
        self,
        encoder: Encoder,
        bottleneck: Bottleneck,
        head: nn.Module,
        target: Target,
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
        self.position = 0.0

    def begin(self, training: Part) -> None:
        """Before the first step of all: let the target learn of it."""
        self.target.begin(self.head, training)

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

    def start_epoch(self, epoch: int) -> None:
        """Training mode, and the learning rate of ``epoch``."""
        self.train()
        self.optimizer.start_epoch(epoch)

    def step(self, batch: Batch, rng: torch.Generator) -> Terms:
        """One step of the optimizer."""
        loss, distortion, rates, outputs = self.loss(batch.x, batch.y, rng)
        terms = {"loss_nats": loss.item(), "distortion_nats": distortion.item()}
        terms |= self.target.terms(outputs.detach(), batch.y)
        rate = None
        if rates is not None and self.penalty is not None:
            rate = terms["rate_nats"] = rates.detach().mean().item()
        if loss.isfinite():
            self.optimizer.step(loss)
            if self.penalty is not None and rate is not None:
                self.penalty.update(rate)
        return terms

    def at_end_of_epoch(self) -> Terms:
        """The weight of the rate."""
        return {} if self.penalty is None else {"lambda": self.penalty.lam}

    def averaged(self) -> AbstractContextManager[None]:
        """With the moving average of the weights in place."""
        return self.optimizer.averaged()

    def weights(self) -> State:
        """A copy of the weights in place."""
        return {name: value.clone() for name, value in self.state_dict().items()}

    def load_weights(self, weights: State) -> None:
        """Put weights in place."""
        self.load_state_dict(weights)

    def training_state(self) -> State:
        """Weights, the optimizer's moments, and the penalty's weight.

        The names are those of checkpoints that are there: they are not to be changed.
        """
        state = {f"model.{k}": v for k, v in self.state_dict().items()}
        state |= {f"optimiser.{k}": v for k, v in self.optimizer.state().items()}
        if self.penalty is not None:
            state["penalty.lam"] = torch.tensor(self.penalty.lam, dtype=torch.float64)
        return state

    def load_training_state(self, state: State) -> None:
        """Go on from what `training_state` returned."""
        self.load_state_dict(below("model.", state))
        self.optimizer.load_state(below("optimiser.", state))
        if self.penalty is not None:
            self.penalty.lam = state["penalty.lam"].item()


def below(prefix: str, tensors: Mapping[str, Tensor]) -> State:
    """The tensors whose names start with ``prefix``, named without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
