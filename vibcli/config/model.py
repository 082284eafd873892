"""The network in front of the bottleneck."""

from typing import Literal

from vibcli.config.fields import CONV, MLP, TEXT_CNN, Group, Widths, setting
from vibcli.config.kinds import DEFAULT_VARIANT
from vibcli.registry import ENCODERS


class ModelSettings(Group):
    """The encoder, and what each kind of encoder is set to."""

    variant: str = setting(DEFAULT_VARIANT, "Variant that the settings started from.", "Model")
    encoder: str = setting("mlp", "Encoder network.", "Model", choices=ENCODERS)
    embedding: int = setting(50, "Width of a word's vector.", "Model", needs=TEXT_CNN, ge=1)
    filters: int = setting(250, "Convolution filters over words.", "Model", needs=TEXT_CNN, ge=1)
    kernel: int = setting(3, "Words a filter sees.", "Model", needs=TEXT_CNN, ge=1)
    convolution: Literal["lookup", "stock"] = setting(
        "lookup",
        "How text-cnn convolves: by table lookup (same numbers, faster) or PyTorch's own layers.",
        "Model",
        needs=TEXT_CNN,
    )
    widths: Widths = setting(
        (1024, 1024),
        "Hidden widths, comma-separated.",
        "Model",
        needs=MLP,
        min_length=1,
    )
    channels: Widths = setting(
        (32, 64),
        "Channels of each convolution, comma-separated.",
        "Model",
        needs=CONV,
        min_length=1,
    )

    predicts: str | None = setting(
        None,
        "What is learnt, as records call it: the label, or what a task's entry in "
        "`vibcli.registry` says.",
        "Model",
    )
