"""Adam with what the recipes ask for: two kinds of decay and a moving average of the weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.optim.adam import adam


class Optimizer:
    """Adam (fused where it can be), learning-rate decay and an exponential moving average.

    Weight decay is decoupled: beside Adam's step each matrix shrinks by the factor
    1 - lr * weight_decay (AdamW; Loshchilov & Hutter 2019, section 2). Matrices are the
    weights with two axes or more, word vectors and filters among them; biases do not decay.

    The average is a <- decay * a + (1 - decay) * w from a = 0, read as a / (1 - decay^t):
    zero-debiased, as Adam's own moments are (Kingma & Ba 2015, section 3).

    Args:
        module: whose parameters are trained.
        lr: learning rate in the first epoch.
        beta1: decay of Adam's first moment.
        lr_decay: factor on the learning rate ...
        lr_decay_every: ... after each so many epochs.
        ema: decay of the average; None keeps none.
        weight_decay: of the matrices, relative to the learning rate.
    """

    def __init__(
        self,
        module: nn.Module,
        lr: float,
        beta1: float = 0.9,
        lr_decay: float = 1.0,
        lr_decay_every: int = 1,
        ema: float | None = None,
        weight_decay: float = 0.0,
    ) -> None:
        self.parameters = dict(module.named_parameters())
        weights = list(self.parameters.values())
        self.beta1 = beta1
        self.rate, self.lr, self.lr_decay, self.lr_decay_every = lr, lr, lr_decay, lr_decay_every
        self.weight_decay = weight_decay
        # torch.optim.Adam itself would import PyTorch's compiler, which takes a second
        self.moments = {
            "step": [torch.zeros((), device=w.device) for w in weights],
            "exp_avg": [torch.zeros_like(w) for w in weights],
            "exp_avg_sq": [torch.zeros_like(w) for w in weights],
        }
        self.ema = ema
        self.steps = 0
        self.average = [torch.zeros_like(w) for w in weights] if ema else []

    def start_epoch(self, epoch: int) -> None:
        """Set the learning rate of ``epoch``, counted from 1."""
        self.rate = self.lr * self.lr_decay ** ((epoch - 1) // self.lr_decay_every)

    def step(self, loss: Tensor) -> None:
        """One step down the gradient of ``loss``."""
        for weight in self.parameters.values():
            weight.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        self._adam()
        self.steps += 1
        if self.ema:
            weights = [w.detach() for w in self.parameters.values()]
            torch._foreach_lerp_(self.average, weights, 1 - self.ema)

    @torch.no_grad()
    def _adam(self) -> None:
        weights = list(self.parameters.values())
        trained = [i for i, weight in enumerate(weights) if weight.grad is not None]
        matrices = {i for i in trained if self.weight_decay and weights[i].ndim >= 2}
        for weight_decay, group in (
            (self.weight_decay, sorted(matrices)),
            (0.0, [i for i in trained if i not in matrices]),
        ):
            step, average, square = ([m[i] for i in group] for m in self.moments.values())
            adam(
                [weights[i] for i in group],
                [gradient for i in group if (gradient := weights[i].grad) is not None],
                average,
                square,
                [],
                step,
                fused=weights[0].device.type in ("cpu", "cuda"),
                decoupled_weight_decay=True,
                amsgrad=False,
                beta1=self.beta1,
                beta2=0.999,
                lr=self.rate,
                weight_decay=weight_decay,
                eps=1e-8,
                maximize=False,
            )

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Put the averaged weights in place for as long as the context lasts."""
        if not self.ema or not self.steps:
            yield
            return
        weights = [w.data for w in self.parameters.values()]
        debiased = torch._foreach_div(self.average, 1 - self.ema**self.steps)
        for parameter, value in zip(self.parameters.values(), debiased, strict=True):
            parameter.data = value
        try:
            yield
        finally:
            for parameter, value in zip(self.parameters.values(), weights, strict=True):
                parameter.data = value

    def state(self) -> dict[str, Tensor]:
        """Every tensor that the next step depends on."""
        state = {"steps": torch.tensor(self.steps)}
        for key, moments in self.moments.items():
            state |= {f"adam.{key}.{n}": m for n, m in zip(self.parameters, moments, strict=True)}
        for name, value in zip(self.parameters, self.average, strict=False):
            state[f"ema.{name}"] = value
        return state

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Go on from what `state` returned."""
        self.steps = int(state["steps"])
        for key in self.moments:
            self.moments[key] = [
                state[f"adam.{key}.{n}"].to(p.device) for n, p in self.parameters.items()
            ]
        if self.ema:
            self.average = [state[f"ema.{n}"].to(p.device) for n, p in self.parameters.items()]
