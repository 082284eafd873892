"""What a run is made of: one frozen, validated record.

Defaults come in layers: the field's own, then those of `vibcli.config.variants` (of the data's
kind, then of the variant), then what the user asked for. A setting may have no effect in a run (a
baseline has no lambda); it is then left out of what identifies the run.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from vibcli.config.variants import (
    DEFAULT_DATASET,
    DEFAULT_VARIANT,
    ENCODERS,
    LIKELIHOODS,
    VARIANTS,
    Kind,
    defaults,
)
from vibcli.errors import VibError, nearest, unknown

M = TypeVar("M", bound=BaseModel)

# what has to be said of runs with the setting `watch`
WATCHED = (
    "the test split was watched after each epoch: no validation part was held out, and the "
    "numbers are optimistic"
)


def setting(
    default: Any,
    help: str,
    panel: str,
    flag: str | None = None,
    needs: Mapping[str, tuple[str | None, ...]] | None = None,
    **bounds: Any,
) -> Any:
    """Declare a setting: its default, bounds, command-line flag, and when it has an effect."""
    extra: dict[str, Any] = {"panel": panel, "flag": flag, "needs": dict(needs or {})}
    return Field(default, description=help, json_schema_extra=extra, **bounds)


def _numbers(value: Any) -> Any:
    return value.replace(" ", "").split(",") if isinstance(value, str) else value


def _names(value: Any) -> Any:
    return tuple(value) or None if isinstance(value, (list, tuple)) else value


def _off(value: Any) -> Any:
    return None if value == 0 else value


Widths = Annotated[tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(_numbers)]
Columns = Annotated[tuple[str, ...] | None, BeforeValidator(_names)]
Strength = Annotated[float | None, BeforeValidator(_off)]
Whole = Annotated[int | None, BeforeValidator(_off)]

TEXT, TEXT_CNN, IMAGE = {"kind": ("text",)}, {"encoder": ("text-cnn",)}, {"kind": ("image",)}
MLP, CONV = {"encoder": ("mlp", "bag-of-words")}, {"encoder": ("conv",)}
LATENT = {"bottleneck": ("deterministic", "units", "noisy", "gaussian")}
DRAWN, GAUSSIAN = {"bottleneck": ("noisy", "gaussian")}, {"bottleneck": ("gaussian",)}
UNITS = {"bottleneck": ("units",)}
OF_LABEL, OF_INPUT = {"predicts": (None,)}, {"predicts": ("input",)}


class DataSpec(BaseModel):
    """Which data, and how its columns are to be read."""

    # the validator is built when it is first used: a command's help needs the fields alone
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    dataset: str = setting(
        DEFAULT_DATASET,
        "Named data set, file, folder of images, or Hub id org/name.",
        "Data",
    )
    data_config: str | None = setting(
        None, "Configuration of a Hub data set.", "Data", "--config", min_length=1
    )
    revision: str | None = setting(
        None, "Branch, tag or commit of a Hub data set.", "Data", min_length=1
    )
    inputs: Columns = setting(
        None, "Input column; repeat for several. Guessed where unambiguous.", "Data", "--input"
    )
    label: str | None = setting(None, "Label column. Guessed where unambiguous.", "Data", "--label")
    kind: Kind | None = setting(None, "Read the input columns as this kind of data.", "Data")
    image_size: int | None = setting(
        None, "Resize images to this many pixels a side.", "Data", ge=4, le=1024
    )


class RunConfig(DataSpec):
    """Everything that decides a run's numbers, but the seed."""

    kind: Kind = setting(..., "Kind of data.", "Data")
    variant: str = setting(DEFAULT_VARIANT, "Variant that the settings started from.", "Model")

    validation: float = setting(
        0.1,
        "Fraction of the training part held out for validation.",
        "Data",
        needs={"watch": (None,)},
        gt=0,
        lt=1,
    )
    watch: Literal["test"] | None = setting(
        None,
        "test watches the test split after each epoch, as some publications did: no validation "
        "part is held out and the numbers are optimistic.",
        "Data",
    )
    test: float = setting(
        0.2, "Fraction held out for testing where the data have no test split.", "Data", gt=0, lt=1
    )
    train_rows: int | None = setting(
        None, "Train on this many rows only (a stratified draw).", "Data", ge=2
    )
    vocabulary: int = setting(
        5000, "Most frequent words kept, padding and unknown included.", "Data", needs=TEXT, ge=3
    )
    tokens: int = setting(400, "Last tokens of a text kept.", "Data", needs=TEXT, ge=1)

    encoder: str = setting("mlp", "Encoder network.", "Model")
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

    predicts: Literal["input"] | None = setting(
        None, "What the head predicts: the label, or the input itself.", "Model"
    )
    decoder_widths: Widths | None = setting(
        None,
        "Hidden widths of an autoencoder's decoder; by default --widths backwards.",
        "Model",
        needs=OF_INPUT,
        min_length=1,
    )
    likelihood: Literal["bernoulli", "gaussian", "multinomial"] | None = setting(
        None,
        "What an autoencoder takes its input for: bernoulli (pixels in 0..1), gaussian (numbers, "
        "one learnt deviation for all) or multinomial (counts of words).",
        "Model",
        needs=OF_INPUT,
    )
    binarise: Literal["dynamic"] | None = setting(
        None,
        "dynamic draws each pixel, 0 or 1, anew with its grey value each time it is seen.",
        "Model",
        needs={"likelihood": ("bernoulli",)},
    )

    bottleneck: Literal["none", "deterministic", "units", "noisy", "gaussian"] = setting(
        "gaussian", "What stands between encoder and head.", "Bottleneck"
    )
    penalty: Literal["weighted", "threshold", "adaptive"] = setting(
        "weighted", "What the rate costs.", "Bottleneck", needs=GAUSSIAN
    )
    latent: int = setting(128, "Latent dimensions.", "Bottleneck", needs=LATENT, ge=1)
    lam: float = setting(
        0.1,
        "Weight of the rate, in nats per nat (the start where it adapts).",
        "Bottleneck",
        "--lambda",
        needs=GAUSSIAN,
        ge=0,
        allow_inf_nan=False,
    )
    warm_up: Whole = setting(
        None,
        "Epochs over which the weight of the rate grows from 0; off by default.",
        "Bottleneck",
        needs=GAUSSIAN,
        ge=1,
    )
    beta: float = setting(
        2.0,
        "Nats that are free of charge.",
        "Bottleneck",
        needs={"penalty": ("threshold",)},
        ge=0,
        allow_inf_nan=False,
    )
    rate_target: float = setting(
        4.0,
        "Rate in nats that lambda adapts to.",
        "Bottleneck",
        needs={"penalty": ("adaptive",)},
        gt=0,
        allow_inf_nan=False,
    )
    dual_step: float = setting(
        1e-4,
        "Step of lambda's adaptation.",
        "Bottleneck",
        needs={"penalty": ("adaptive",)},
        gt=0,
        allow_inf_nan=False,
    )
    sigma: Literal["log_var", "softplus"] = setting(
        "log_var", "Parametrisation of sigma.", "Bottleneck", needs=GAUSSIAN
    )
    sigma_init: float | None = setting(
        None,
        "Sigma at the start: 1 for log_var, 0.0067 (offset -5) for softplus.",
        "Bottleneck",
        needs=GAUSSIAN,
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
    label_smoothing: Strength = setting(
        None,
        "Share of a label that is spread evenly over the classes; off by default.",
        "Regularisers",
        needs=OF_LABEL,
        ge=0,
        lt=1,
    )
    confidence_penalty: Strength = setting(
        None,
        "Weight of the prediction's entropy, which is subtracted from the loss; off by default.",
        "Regularisers",
        needs=OF_LABEL,
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
        needs={"select": ("accuracy", "nll", "elbo")},
        ge=1,
    )
    select: Literal["accuracy", "nll", "elbo", "last"] = setting(
        "accuracy",
        "Which epoch is kept: best validation accuracy, lowest NLL, or the last; of autoencoders "
        "that with the highest ELBO (without a rate: the lowest distortion), or the last.",
        "Training",
    )
    precision: Literal["fp32", "bf16"] = setting(
        "fp32", "bf16 runs the forward pass under autocast.", "Training"
    )

    @property
    def settings(self) -> dict[str, Any]:
        """What the user may compare: all but the data's address, without what has no effect."""
        values = self.model_dump(mode="json", exclude=set(DataSpec.model_fields), exclude_none=True)
        return {name: value for name, value in values.items() if self.has_effect(name)}

    def digest(self, fingerprint: str) -> str:
        """Eight hex digits that name this experiment on data of this fingerprint."""
        settings = {k: v for k, v in self.settings.items() if k != "variant"}
        text = json.dumps({"data": fingerprint, **settings}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def has_effect(self, name: str) -> bool:
        """Whether the setting ``name`` changes anything in this run."""
        return all(
            getattr(self, other) in values and self.has_effect(other)
            for other, values in needs(name).items()
        )


def needs(name: str) -> dict[str, tuple[str | None, ...]]:
    """Which other settings must have which values for the setting ``name`` to have an effect."""
    return declared(name)["needs"]  # type: ignore[no-any-return]


def declared(name: str) -> dict[str, Any]:
    """What `setting` recorded of the setting ``name``: panel, flag, needs."""
    extra = RunConfig.model_fields[name].json_schema_extra
    assert isinstance(extra, dict)
    return extra


def flag_of(name: str) -> str:
    """Command-line flag of a setting: ``batch_size`` -> ``--batch-size``."""
    return declared(name)["flag"] or "--" + name.replace("_", "-")


def validate(overrides: Mapping[str, Any]) -> DataSpec:
    """Check what the user asked for before any data are read; return the part about data.

    Raises:
        VibError: naming the flag, the value and what was expected, or a setting that is unknown.
    """
    _checked(RunConfig, {"kind": "text", **overrides})
    if (encoder := overrides.get("encoder")) is not None and encoder not in ENCODERS:
        raise VibError(unknown("encoder", encoder, ENCODERS))
    return _checked(DataSpec, {k: v for k, v in overrides.items() if k in DataSpec.model_fields})


def resolve(variant: str, kind: Kind, overrides: Mapping[str, Any]) -> RunConfig:
    """Lay the defaults, the variant's settings and the user's over each other.

    Raises:
        VibError: unknown variant, setting or encoder, an encoder that cannot read this kind of
            data, or a value out of bounds.
    """
    if variant not in VARIANTS:
        raise VibError(unknown("variant", variant, VARIANTS))
    values = defaults(variant, kind) | dict(overrides)
    config = _checked(RunConfig, values | {"kind": kind, "variant": variant})
    fitting = [name for name, kinds in ENCODERS.items() if kind in kinds]
    if config.encoder not in fitting:
        raise VibError(
            f"Encoder '{config.encoder}' does not read {kind} data. {nearest('', fitting)}"
        )
    if config.predicts == "input":
        config = _mirrored(config)
        if kind not in LIKELIHOODS.get(config.likelihood or "", ()):
            fitting = [name for name, kinds in LIKELIHOODS.items() if kind in kinds]
            raise VibError(
                f"Likelihood '{config.likelihood}' does not fit {kind} data. {nearest('', fitting)}"
            )
    criteria = ("elbo", "last") if config.predicts == "input" else ("accuracy", "nll", "last")
    if config.select not in criteria:
        raise VibError(
            f"--select {config.select} does not apply to '{variant}'. {nearest('', criteria)}"
        )
    if config.has_effect("kernel") and config.kernel > config.tokens:
        raise VibError(f"--kernel is {config.kernel}, wider than the {config.tokens} --tokens.")
    return config


def _mirrored(config: RunConfig) -> RunConfig:
    """With the widths of the decoder, where they were not given."""
    backwards = config.decoder_widths or config.widths[::-1]
    return config.model_copy(update={"decoder_widths": backwards})


def meant_for(
    variant: str, variants: Iterable[str], overrides: Mapping[str, Any]
) -> dict[str, Any]:
    """The part of ``overrides`` that is meant for ``variant`` where ``variants`` are compared.

    A setting that is off unless a variant turns it on is the strength of that variant: with
    baseline and dropout compared, ``--dropout`` is for dropout, or baseline would become it.
    """
    strengths = {
        name
        for other in variants
        for name in VARIANTS[other].settings
        if RunConfig.model_fields[name].default is None
    }
    own = VARIANTS[variant].settings
    return {k: v for k, v in overrides.items() if k not in strengths or k in own}


def without_effect(overrides: Iterable[str], configs: Iterable[RunConfig]) -> list[str]:
    """Flags among ``overrides`` that change nothing in any of ``configs``."""
    configs = list(configs)
    return [flag_of(k) for k in overrides if not any(c.has_effect(k) for c in configs)]


def check_name(name: str) -> str:
    """Return ``name`` if an experiment may be called so.

    Raises:
        VibError: a variant's name, or characters that do not belong in a file name.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name) or ".." in name:
        raise VibError(
            f"'{name}' cannot name an experiment: use letters, digits, '.', '_' and '-', "
            "at most 64 of them, starting with a letter or digit, without '..'."
        )
    if name in VARIANTS:
        raise VibError(f"'{name}' is the name of a variant; choose another one for --name.")
    return name


def _checked(model: type[M], values: Mapping[str, Any]) -> M:
    if strange := [name for name in values if name not in model.model_fields]:
        raise VibError("\n".join(unknown("setting", n, model.model_fields) for n in strange))
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        lines = [
            f"{flag_of(str(e['loc'][0]))} is {e['input']!r}: {e['msg'][0].lower()}{e['msg'][1:]}."
            for e in error.errors()
        ]
        raise VibError("\n".join(lines)) from None
