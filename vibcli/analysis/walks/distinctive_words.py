"""Which words a distribution over the vocabulary stands out by."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from vibcli.data.dataset import Array
from vibcli.models.networks.bag_of_words import word_counts

BATCH = 1024

Floats = NDArray[np.float64]


def usual_shares(x: Array, vocabulary: int) -> Floats:
    """Share of each word in all texts together: ids ``[N, T]`` -> ``[V]``.

    Padding and unknown words do not count.
    """
    counts = torch.zeros(vocabulary, dtype=torch.float64)
    for batch in torch.split(torch.from_numpy(x), BATCH):
        counts += word_counts(batch, vocabulary).sum(0)
    return (counts / counts.sum().clamp(min=1)).numpy()


def distinctive(shares: Floats, usual: Floats, vocabulary: Sequence[str], count: int) -> list[str]:
    """The ``count`` words that a distribution stands out by, the first most.

    Those with the highest p log(p / q), their terms of KL(p || q) in nats: a word is distinctive if
    it is likely and likelier than usual. The ratio p / q alone would pick words that hardly occur.
    Words that are no likelier than usual are left out.

    Args:
        shares: p, probability of each word, ``[V]``.
        usual: q, its share in all texts, ``[V]``; a word that does not occur is never distinctive.
        vocabulary: the words.
        count: how many at most.
    """
    more = (shares > usual) & (usual > 0)
    ratio = np.divide(shares, usual, out=np.ones_like(shares), where=more)
    terms = shares * np.log(ratio)
    order = np.argsort(-terms, kind="stable")[:count]
    return [vocabulary[i] for i in order if terms[i] > 0]
