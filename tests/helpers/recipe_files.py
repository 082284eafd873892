"""A recipe of one's own, small enough to be run in a test."""

from pathlib import Path

TOY = """
title = "A toy"
seeds = 2
samples = [3]
data = { dataset = "wine" }

[publication]
authors = "A. Nobody"
title = "Wine"
year = 2020
venue = "none"
url = "https://example.org"

[settings]
epochs = 2
widths = [8]

[protocols.published]
description = "test watched"
settings = { watch = "test" }

[protocols.honest]
description = "validation held out"

[experiments]
baseline = { variant = "baseline" }
vib = { variant = "vib", settings = { latent = 4 } }

[[claims]]
experiment = "vib"
measure = "accuracy"
at_least = 10
source = "Table 1"

[[claims]]
experiment = "vib"
measure = "error"
against = "baseline"
samples = 3
source = "Table 1"

[[claims]]
experiment = "vib"
measure = "epochs"
against = "baseline"
source = "Figure 1"
"""


def write_toy(folder: Path, old: str = "", new: str = "") -> Path:
    """Write the recipe, with ``old`` replaced by ``new``."""
    assert old in TOY
    path = folder / "toy.toml"
    path.write_text(TOY.replace(old, new, 1) if old else TOY, encoding="utf-8")
    return path
