"""What stands between encoder and head, and what its rate costs."""

from typing import Literal

from vibcli.config.fields import DRAWN, LATENT, RATED, Group, Whole, setting
from vibcli.registry import BOTTLENECKS, PENALTIES


class BottleneckSettings(Group):
    """Width, noise and price of the latent."""

    bottleneck: str = setting(
        "gaussian", "What stands between encoder and head.", "Bottleneck", choices=BOTTLENECKS
    )
    penalty: str = setting(
        "weighted", "What the rate costs.", "Bottleneck", needs=RATED, choices=PENALTIES
    )
    latent: int = setting(128, "Latent dimensions.", "Bottleneck", needs=LATENT, ge=1)
    lam: float = setting(
        0.1,
        "Weight of the rate, in nats per nat (the start where it adapts).",
        "Bottleneck",
        "--lambda",
        needs=RATED,
        ge=0,
        allow_inf_nan=False,
    )
    warm_up: Whole = setting(
        None,
        "Epochs over which the weight of the rate grows from 0; off by default.",
        "Bottleneck",
        needs=RATED,
        ge=1,
    )
    beta: float = setting(
        8.0,
        "Nats that are free of charge.",
        "Bottleneck",
        needs={"penalty": ("threshold",)},
        ge=0,
        allow_inf_nan=False,
    )
    rate_target: float = setting(
        4.0,
        "Rate in nats, of training rows, that lambda adapts to.",
        "Bottleneck",
        needs={"penalty": ("adaptive",)},
        gt=0,
        allow_inf_nan=False,
    )
    dual_step: float | None = setting(
        None,
        "Let lambda adapt by adding this times the excess (Peng et al. 2019); by default it is "
        "multiplied, at a pace that suits rates of any size.",
        "Bottleneck",
        needs={"penalty": ("adaptive",)},
        gt=0,
        allow_inf_nan=False,
    )
    sigma: Literal["log_var", "softplus"] = setting(
        "log_var", "Parametrisation of sigma.", "Bottleneck", needs=RATED
    )
    sigma_init: float | None = setting(
        None,
        "Sigma at the start: 1 for log_var, 0.0067 (offset -5) for softplus.",
        "Bottleneck",
        needs=RATED,
        gt=0,
        allow_inf_nan=False,
    )
    train_samples: int = setting(
        1, "Latents drawn for each example in training.", "Bottleneck", needs=DRAWN, ge=1
    )
    noise: float = setting(
        1.0,
        "Standard deviation of the fixed noise.",
        "Bottleneck",
        needs={"bottleneck": ("noisy",)},
        gt=0,
        allow_inf_nan=False,
    )
