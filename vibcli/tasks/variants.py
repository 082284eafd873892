"""The variants of every task that predicts a label: the bottleneck, its controls, its rivals."""

from vibcli.tasks.task import Variant

SHARED_VARIANTS = {
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
        {"bottleneck": "gaussian", "penalty": "threshold", "lam": 0.1},
    ),
    "vib-adaptive": Variant(
        "lambda adapts until the rate meets --rate-target",
        {"bottleneck": "gaussian", "penalty": "adaptive", "lam": 0.0, "select": "last"},
    ),
    "dropout": Variant(
        "baseline with dropout",
        {"bottleneck": "none", "dropout": 0.5},
    ),
    "weight-decay": Variant(
        "baseline with decoupled weight decay (AdamW)",
        {"bottleneck": "none", "weight_decay": 1e-2},
    ),
    "noise": Variant(
        "control with Gaussian noise of a fixed size: no rate",
        {"bottleneck": "noisy"},
    ),
}
