"""The essay's small network for texts."""

from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vibcli.config.record import RunConfig
from vibcli.models.networks.dropout import dropout


class TextCNN(nn.Module):
    """Embedding, one convolution over words, ReLU, maximum over time (Kim 2014, section 2).

    Word ids ``[B, T]`` -> features ``[B, filters]``. Padding is a word like any other: its
    vector is learnt and its windows take part in the maximum, as in the essay. In training
    features are dropped with probability ``dropout`` (Kim 2014, section 2.1).

    With ``stock``, and on a GPU, PyTorch's own layers compute it, else `strongest_windows`: the
    same function up to the order of summation, many times faster on a CPU.
    """

    def __init__(
        self,
        vocabulary: int,
        embedding: int,
        filters: int,
        kernel: int,
        stock: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.features = filters
        self.dropout = dropout
        self.words = nn.Embedding(vocabulary, embedding)
        self.convolution = nn.Conv1d(embedding, filters, kernel)
        self.stock = stock

    @classmethod
    def from_config(cls, config: RunConfig, shape: tuple[int, ...]) -> Self:
        """With ``vocabulary``, ``embedding``, ``filters``, ``kernel`` and ``dropout``."""
        return cls(
            config.vocabulary,
            config.embedding,
            config.filters,
            config.kernel,
            stock=config.convolution == "stock",
            dropout=config.dropout or 0.0,
        )

    def forward(self, ids: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """``[B, T]`` integers -> ``[B, filters]``; ``rng`` draws what is dropped."""
        ids = ids.long()
        weight, bias = self.convolution.weight, self.convolution.bias
        if self.stock or ids.device.type != "cpu":
            vectors = self.words(ids).transpose(1, 2)  # [B, E, T]
            strongest = F.conv1d(vectors, weight).max(2).values
        else:
            from vibcli.models.networks.windows import (
                strongest_windows,  # its compiler takes long to load
            )

            strongest = strongest_windows(ids, self.words.weight, weight)
        assert bias is not None
        # bias and ReLU are monotone, so they may follow the maximum, where they cost T times less
        return dropout(F.relu(strongest + bias), self.dropout, rng)
