"""How a model is trained: the textbook's regularisers, the optimizer, which epoch is kept."""

from typing import Literal

from vibcli.config.fields import IMAGE, Group, Strength, Unless, Whole, setting
from vibcli.registry import TASKS

LAST = "last"


def criteria() -> tuple[str, ...]:
    """What an epoch can be chosen by: the criteria of every task, and that it is the last."""
    found = [name for entry in TASKS.values() for name in entry.load().criteria]
    return (*dict.fromkeys(found), LAST)


class RegulariserSettings(Group):
    """Rivals of the bottleneck that go with every task."""

    dropout: Strength = setting(
        None,
        "Probability of dropping a unit of the encoder in training: of every hidden layer of mlp, "
        "of the features of conv and text-cnn; off by default.",
        "Regularisers",
        ge=0,
        lt=1,
    )
    weight_decay: Strength = setting(
        None,
        "Decoupled decay (AdamW) of all weights but biases; off by default.",
        "Regularisers",
        ge=0,
        allow_inf_nan=False,
    )
    shift: Whole = setting(
        None,
        "Shift each training picture by up to this many pixels each way, anew in every epoch; off "
        "by default.",
        "Regularisers",
        needs=IMAGE,
        ge=0,
        le=32,
    )


class TrainingSettings(Group):
    """Length, steps, learning rate, averaging and the epoch that is kept."""

    epochs: int = setting(20, "Passes over the training part.", "Training", ge=1)
    batch_size: int = setting(32, "Examples a step.", "Training", ge=1)
    lr: float = setting(1e-3, "Learning rate of Adam.", "Training", gt=0, allow_inf_nan=False)
    beta1: float = setting(0.9, "First moment decay of Adam.", "Training", ge=0, lt=1)
    lr_decay: float = setting(
        1.0, "Factor on the learning rate every --lr-decay-every epochs.", "Training", gt=0, le=1
    )
    lr_decay_every: int = setting(1, "Epochs between two decays.", "Training", ge=1)
    ema: float | None = setting(
        None,
        "Decay of the weights' moving average (zero-debiased); off by default.",
        "Training",
        gt=0,
        lt=1,
    )
    patience: int | None = setting(
        None,
        "Stop after this many epochs without improvement; off by default.",
        "Training",
        needs={"select": Unless([LAST])},
        ge=1,
    )
    select: str = setting(
        "accuracy",
        "Which epoch is kept: best validation accuracy (of fewer than 100 validation rows the "
        "lowest NLL instead), lowest NLL, or the last; of autoencoders "
        "that with the highest ELBO (without a rate: the lowest distortion), or the last; of "
        "regressions that with the lowest RMSE or NLL, or the last.",
        "Training",
        choices=criteria,
    )
    precision: Literal["fp32", "bf16"] = setting(
        "fp32", "bf16 runs the forward pass under autocast.", "Training"
    )
