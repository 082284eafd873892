"""The settings that autoencoding alone has."""

from typing import TYPE_CHECKING, Literal

from vibcli.config.fields import Group, Widths, setting
from vibcli.errors import VibError, suggestion
from vibcli.registry import LIKELIHOODS

if TYPE_CHECKING:
    from vibcli.config.record import RunConfig

INPUTS = {"predicts": ("input",)}
UNITS = {"bottleneck": ("units",)}


class AutoencodingSettings(Group):
    """How the input is rebuilt, and what its likelihood is."""

    decoder_widths: Widths | None = setting(
        None,
        "Hidden widths of an autoencoder's decoder; by default --widths backwards.",
        "Model",
        needs=INPUTS,
        min_length=1,
    )
    likelihood: str | None = setting(
        None,
        "What an autoencoder takes its input for: bernoulli (pixels in 0..1), gaussian (numbers, "
        "one learnt deviation for all) or multinomial (counts of words).",
        "Model",
        needs=INPUTS,
        choices=tuple(LIKELIHOODS),
    )
    binarise: Literal["dynamic"] | None = setting(
        None,
        "dynamic draws each pixel, 0 or 1, anew with its grey value each time it is seen.",
        "Model",
        needs={"likelihood": ("bernoulli",)},
    )
    predictability: float = setting(
        1.0,
        "Weight of the predictors' error, which the encoder of pm enlarges.",
        "Bottleneck",
        needs=UNITS,
        ge=0,
        allow_inf_nan=False,
    )
    predictor_width: int = setting(
        32, "Hidden units of each predictor of pm.", "Bottleneck", needs=UNITS, ge=1
    )


def complete(config: "RunConfig") -> "RunConfig":
    """With the decoder's widths where they were not given: the encoder's backwards.

    Raises:
        VibError: the likelihood does not fit the kind of data.
    """
    own = config.group(AutoencodingSettings)
    fitting = [name for name, entry in LIKELIHOODS.items() if config.kind in entry.kinds]
    if own.likelihood not in fitting:
        raise VibError(
            f"Likelihood '{own.likelihood}' does not fit {config.kind} data. "
            f"{suggestion('', fitting)}"
        )
    return config.model_copy(update={"decoder_widths": own.decoder_widths or config.widths[::-1]})
