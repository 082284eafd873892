"""The essay's small network for texts."""

from torch import Tensor, nn
from torch.nn import functional as F

from vibcli.networks.windows import strongest_windows


class TextCNN(nn.Module):
    """Embedding, one convolution over words, ReLU, maximum over time (Kim 2014, section 2).

    Word ids ``[B, T]`` -> features ``[B, filters]``. Padding is a word like any other: its
    vector is learnt and its windows take part in the maximum, as in the essay.

    With ``stock`` PyTorch's own layers compute it, else `strongest_windows`: the same function
    up to the order of summation, many times faster.
    """

    def __init__(
        self, vocabulary: int, embedding: int, filters: int, kernel: int, stock: bool = False
    ) -> None:
        super().__init__()
        self.features = filters
        self.words = nn.Embedding(vocabulary, embedding)
        self.convolution = nn.Conv1d(embedding, filters, kernel)
        self.stock = stock

    def forward(self, ids: Tensor) -> Tensor:
        """``[B, T]`` integers -> ``[B, filters]``."""
        ids = ids.long()
        weight, bias = self.convolution.weight, self.convolution.bias
        if self.stock or ids.device.type == "mps":  # which has no embedding_bag
            vectors = self.words(ids).transpose(1, 2)  # [B, E, T]
            strongest = F.conv1d(vectors, weight).max(2).values
        else:
            strongest = strongest_windows(ids, self.words.weight, weight)
        assert bias is not None
        # bias and ReLU are monotone, so they may follow the maximum, where they cost T times less
        return F.relu(strongest + bias)
