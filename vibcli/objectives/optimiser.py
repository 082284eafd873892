"""Adam with what the recipes ask for: two kinds of decay and a moving average of the weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Optimiser:
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
        # matrices first, so that AdamW, group by group, numbers them in this order
        named = sorted(module.named_parameters(), key=lambda item: item[1].ndim < 2)
        self.parameters = dict(named)
        weights = list(self.parameters.values())
        decayed = sum(w.ndim >= 2 for w in weights) if weight_decay else 0
        groups = [
            {"params": weights[:decayed], "weight_decay": weight_decay},
            {"params": weights[decayed:], "weight_decay": 0.0},
        ]
        fused = weights[0].device.type in ("cpu", "cuda")
        self.adam = torch.optim.AdamW(groups, lr=lr, betas=(beta1, 0.999), fused=fused)
        self.lr, self.lr_decay, self.lr_decay_every = lr, lr_decay, lr_decay_every
        self.ema = ema
        self.steps = 0
        self.average = [torch.zeros_like(w) for w in weights] if ema else []

    def start_epoch(self, epoch: int) -> None:
        """Set the learning rate of ``epoch``, counted from 1."""
        for group in self.adam.param_groups:
            group["lr"] = self.lr * self.lr_decay ** ((epoch - 1) // self.lr_decay_every)

    def step(self, loss: Tensor) -> None:
        """One step down the gradient of ``loss``."""
        self.adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.adam.step()
        self.steps += 1
        if self.ema:
            weights = [w.detach() for w in self.parameters.values()]
            torch._foreach_lerp_(self.average, weights, 1 - self.ema)

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
        for name, parameter in self.parameters.items():
            for key, value in self.adam.state[parameter].items():
                state[f"adam.{key}.{name}"] = value
        for name, value in zip(self.parameters, self.average, strict=False):
            state[f"ema.{name}"] = value
        return state

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Go on from what `state` returned."""
        self.steps = int(state["steps"])
        moments = {
            index: {key: state[f"adam.{key}.{name}"] for key in ("step", "exp_avg", "exp_avg_sq")}
            for index, name in enumerate(self.parameters)
        }
        groups = self.adam.state_dict()["param_groups"]
        self.adam.load_state_dict({"state": moments, "param_groups": groups})
        if self.ema:
            self.average = [state[f"ema.{n}"].to(p.device) for n, p in self.parameters.items()]
