"""Small models of every kind, with the training rows that walks are compared with."""

import numpy as np
import tiny
import torch

from vibcli.analysis.walks.views import LatentSpace
from vibcli.data.prepare import Part
from vibcli.tasks.find import task_of
from vibcli.tasks.resolve import resolve

CLASSES = ("red", "green", "blue")
SIDE, WORDS, TOKENS = 3, 12, 8


def numbers(variant: str = "vib", rows: int = 60, seed: int = 0, **settings: object) -> LatentSpace:
    """A model of tables; row numbers in the data set are not positions in the part."""
    part = tiny.rows(rows, seed)._replace(rows=np.arange(rows) * 2 + 100)
    return LatentSpace.of(tiny.model(variant, **settings), part, CLASSES, tiny.CPU)


def pictures(variant: str = "vae", **settings: object) -> LatentSpace:
    """A model of grey pictures of 3 by 3 pixels."""
    x = np.random.default_rng(0).integers(0, 256, (40, 1, SIDE, SIDE), dtype=np.uint8)
    return _latent_space(variant, "image", x, (1, SIDE, SIDE), **settings)


def texts(variant: str = "vae", **settings: object) -> LatentSpace:
    """A model of texts of 8 tokens out of 12."""
    x = np.random.default_rng(0).integers(0, WORDS, (40, TOKENS)).astype(np.int32)
    small = {"vocabulary": WORDS, "tokens": TOKENS, "embedding": 4, "filters": 4}
    return _latent_space(variant, "text", x, (TOKENS,), **(small | settings))


def _latent_space(
    variant: str, kind: str, x: np.ndarray, shape: tuple[int, ...], **more
) -> LatentSpace:
    config = resolve(variant, kind, {"widths": (8,), "latent": 4, **more})
    model = task_of(config).work.build(config, shape, len(CLASSES), 0, tiny.CPU)
    model.eval()
    labels = np.arange(len(x)) % len(CLASSES)
    return LatentSpace.of(model, Part(x, labels, "train", np.arange(len(x))), CLASSES, tiny.CPU)


def latent(seed: int, k: int = 4) -> torch.Tensor:
    """A draw from N(0, I)."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(k))
