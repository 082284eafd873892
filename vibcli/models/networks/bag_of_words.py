"""Fully connected encoder for texts, blind to the order of words."""

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor, nn

from vibcli.config.record import RunConfig
from vibcli.models.networks.mlp import MLP

NO_WORDS = 2  # ids of padding, 0, and of words that the vocabulary lacks, 1


class BagOfWords(nn.Module):
    """log(1 + count) of each word of the vocabulary, then linear layers with ReLU.

    Word ids ``[B, T]`` -> ``[B, widths[-1]]``.
    """

    def __init__(self, vocabulary: int, widths: Sequence[int], dropout: float = 0.0) -> None:
        super().__init__()
        self.features = widths[-1]
        self.vocabulary = vocabulary
        self.mlp = MLP(vocabulary, widths, dropout)

    @classmethod
    def from_config(cls, config: RunConfig, shape: tuple[int, ...]) -> Self:
        """With ``vocabulary``, ``widths`` and ``dropout``."""
        return cls(config.vocabulary, config.widths, config.dropout or 0.0)

    def forward(self, ids: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """``[B, T]`` integers -> ``[B, features]``; ``rng`` draws what is dropped."""
        features: Tensor = self.mlp(word_counts(ids, self.vocabulary).log1p(), rng)
        return features


def word_counts(ids: Tensor, vocabulary: int) -> Tensor:
    """How often each word occurs: ids ``[B, T]`` -> ``[B, vocabulary]``.

    Padding and unknown words do not count.

    >>> word_counts(torch.tensor([[0, 0, 3, 1, 3, 2]]), 5).tolist()
    [[0.0, 0.0, 1.0, 2.0, 0.0]]
    """
    ids = ids.long()
    counts = torch.zeros(len(ids), vocabulary, device=ids.device)
    counts.scatter_add_(1, ids, torch.ones_like(ids, dtype=counts.dtype))
    counts[:, :NO_WORDS] = 0
    return counts
