"""The ways to train and their defaults: tables alone, which `vibcli.config.record` reads."""

from typing import Any, Literal, NamedTuple

Kind = Literal["text", "image", "tabular"]

DEFAULT_DATASET = "mnist-5k"
DEFAULT_VARIANT = "vib"
DEFAULT_SEEDS = 5


class Variant(NamedTuple):
    """A named way to train: what it is, and the settings that make it so."""

    description: str
    settings: dict[str, Any]

    @property
    def predicts_input(self) -> bool:
        """Whether it is an autoencoder."""
        return self.settings.get("predicts") == "input"


VARIANTS = {
    "baseline": Variant(
        "encoder straight to the head",
        {"bottleneck": "none"},
    ),
    "control": Variant(
        "a linear layer of the bottleneck's width: no noise, no rate",
        {"bottleneck": "deterministic"},
    ),
    "vib": Variant(
        "distortion + lambda * rate",
        {"bottleneck": "gaussian", "penalty": "weighted"},
    ),
    "vib-threshold": Variant(
        "distortion + lambda * mean max(KL - beta, 0)",
        {"bottleneck": "gaussian", "penalty": "threshold"},
    ),
    "vib-adaptive": Variant(
        "lambda adapts until the rate meets --rate-target",
        {"bottleneck": "gaussian", "penalty": "adaptive", "lam": 0.0},
    ),
    "dropout": Variant(
        "baseline with dropout",
        {"bottleneck": "none", "dropout": 0.5},
    ),
    "weight-decay": Variant(
        "baseline with decoupled weight decay (AdamW)",
        {"bottleneck": "none", "weight_decay": 1e-2},
    ),
    "label-smoothing": Variant(
        "baseline with smoothed labels",
        {"bottleneck": "none", "label_smoothing": 0.1},
    ),
    "confidence-penalty": Variant(
        "baseline, distortion - weight * entropy of the prediction",
        {"bottleneck": "none", "confidence_penalty": 0.1},
    ),
    "noise": Variant(
        "control with Gaussian noise of a fixed size: no rate",
        {"bottleneck": "noisy"},
    ),
    "vae": Variant(
        "predicts the input itself: distortion + lambda * rate",
        {"predicts": "input", "bottleneck": "gaussian", "penalty": "weighted"},
    ),
    "vae-threshold": Variant(
        "vae, distortion + lambda * mean max(KL - beta, 0)",
        {"predicts": "input", "bottleneck": "gaussian", "penalty": "threshold"},
    ),
    "vae-adaptive": Variant(
        "vae, lambda adapts until the rate meets --rate-target",
        {"predicts": "input", "bottleneck": "gaussian", "penalty": "adaptive", "lam": 0.0},
    ),
    "ae": Variant(
        "predicts the input itself: no noise, no rate",
        {"predicts": "input", "bottleneck": "deterministic"},
    ),
    "pm": Variant(
        "ae whose units hide from predictors (predictability minimization)",
        {"predicts": "input", "bottleneck": "units"},
    ),
}

KIND_DEFAULTS: dict[str, dict[str, Any]] = {
    "text": {"encoder": "text-cnn", "latent": 128, "lam": 0.1, "batch_size": 32, "epochs": 5},
    "image": {"encoder": "mlp", "latent": 256, "lam": 1e-3, "batch_size": 100, "epochs": 10},
    "tabular": {
        "encoder": "mlp",
        "widths": (128, 128),
        "latent": 32,
        "lam": 1e-3,
        "batch_size": 32,
        "epochs": 40,
    },
}

# over those of the kind, where the input itself is predicted
AUTOENCODER_DEFAULTS: dict[str, dict[str, Any]] = {
    "text": {
        "encoder": "bag-of-words",
        "widths": (512,),
        "latent": 50,
        "lam": 1.0,
        "batch_size": 100,
        "epochs": 20,
        "select": "elbo",
        "likelihood": "multinomial",
    },
    "image": {
        "widths": (512, 256),
        "latent": 20,
        "lam": 1.0,
        "epochs": 30,
        "select": "elbo",
        "likelihood": "bernoulli",
    },
    "tabular": {"latent": 8, "lam": 1.0, "select": "elbo", "likelihood": "gaussian"},
}

ENCODERS: dict[str, tuple[Kind, ...]] = {
    "text-cnn": ("text",),
    "bag-of-words": ("text",),
    "mlp": ("image", "tabular"),
    "conv": ("image",),
}

# how the input's likelihood may be read off a decoder, for each kind of data
LIKELIHOODS: dict[str, tuple[Kind, ...]] = {
    "bernoulli": ("image",),
    "gaussian": ("image", "tabular"),
    "multinomial": ("text",),
}


def defaults(variant: str, kind: Kind) -> dict[str, Any]:
    """The settings of a variant on a kind of data, where the user says nothing."""
    own = VARIANTS[variant]
    changed = AUTOENCODER_DEFAULTS[kind] if own.predicts_input else {}
    return KIND_DEFAULTS[kind] | changed | own.settings
