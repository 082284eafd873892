"""The essay's small network for texts."""

from torch import Tensor, nn
from torch.nn import functional as F


class TextCNN(nn.Module):
    """Embedding, one convolution over words, ReLU, maximum over time (Kim 2014, section 2).

    Word ids ``[B, T]`` -> features ``[B, filters]``. Padding is a word like any other: its
    vector is learnt and its windows take part in the maximum, as in the essay.
    """

    def __init__(self, vocabulary: int, embedding: int, filters: int, kernel: int) -> None:
        super().__init__()
        self.features = filters
        self.words = nn.Embedding(vocabulary, embedding)
        self.convolution = nn.Conv1d(embedding, filters, kernel)

    def forward(self, ids: Tensor) -> Tensor:
        """``[B, T]`` integers -> ``[B, filters]``."""
        vectors = self.words(ids.long())  # [B, T, E]
        windows = self.convolution(vectors.transpose(1, 2))  # [B, filters, T - kernel + 1]
        # ReLU is monotone, so it may follow the maximum, where it costs T times less
        return F.relu(windows.max(dim=2).values)
