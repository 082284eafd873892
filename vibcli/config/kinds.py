"""The kinds of data, and the settings that suit each where nothing else is said."""

from typing import Any, Literal

Kind = Literal["text", "image", "tabular"]

DEFAULT_DATASET = "mnist-5k"
DEFAULT_VARIANT = "vib"

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
