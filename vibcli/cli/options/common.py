"""The options that people use: what the help of a command shows where it has many.

`--help-all` shows the others too. An option that is not named here is found there alone.
"""

COMMON: dict[str, tuple[str, ...]] = {  # by command, in the order of its help
    "train": (
        *("--dataset", "--input", "--label", "--variant", "--name", "--seeds"),
        *("--encoder", "--latent", "--lambda", "--epochs", "--batch-size", "--lr"),
        *("--fresh", "--device", "--results", "--json"),
    ),
    "compare": (
        *("--dataset", "--label", "--seeds", "--until-decided", "--margin", "--target"),
        *("--latent", "--lambda", "--epochs", "--no-train", "--fresh"),
        *("--jobs", "--results", "--full", "--json", "--csv"),
    ),
    "eval": (
        *("--split", "--file", "--samples", "--reliability", "--pictures", "--latent"),
        *("--results", "--json"),
    ),
    "interpolate": (
        *("--mode", "--steps", "--pairs", "--endpoints", "--from", "--to"),
        *("--from-class", "--to-class", "--from-file", "--to-file", "--results", "--json"),
    ),
}
