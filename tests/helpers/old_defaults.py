"""Settings that versions up to 0.5 had as defaults: typed, they give old runs their names."""

from typing import Any


def old_defaults(variant: str, kind: str) -> dict[str, Any]:
    """What to set for a variant on a kind of data to have what were its defaults."""
    task, _, penalty = variant.partition("-")
    own: dict[str, Any] = {}
    if penalty == "threshold":
        own["lam"] = 1.0 if task == "vae" else 0.1 if kind == "text" else 1e-3
    if penalty == "adaptive":
        own["select"] = "elbo" if task == "vae" else "accuracy"
    return own | {"beta": 2.0, "dual_step": 1e-4}
