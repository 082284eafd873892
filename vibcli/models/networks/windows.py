"""Embed, convolve, take the maximum over time: without convolving, and without most of its work.

For word ids x [B, T], word vectors W [V, E] and filters K [F, E, k], stock layers compute

    y[b, f] = max over t of sum over j of <K[f, :, j], W[x[b, t + j]]>

in B T k E F multiplications and, for the gradient, twice as many again. The same numbers are had
for much less:

1. A word's product with the filters does not depend on where it stands. P[u, j, f] =
   <K[f, :, j], W[u]> is computed once for each *different* word u of the batch, and a window
   is then a sum of k rows of P: a lookup, not a convolution.
2. Windows that hold nothing but leading padding are all alike. One is kept, so their maximum,
   and whether they win, stay the same.
3. Only the window that wins (b, f) has a gradient: B F windows of B F T. With t* the winner,
   dK[f, :, j] = sum over b of dy[b, f] W[x[b, t* + j]] and
   dW[u] = sum of dy[b, f] K[f, :, j] over all (b, f, j) with x[b, t* + j] = u.

Nothing is approximated: fp32 results differ from the stock layers' by the order of summation.
Where several windows win, the first gets the gradient, as in `torch.max`. Under autocast P is
computed in its lower precision; sums, maxima and gradients are fp32.

P is a matrix product of PyTorch's. The rest are loops over memory that Numba compiles, because
they fit no tensor operation: a window's sum and its comparison with the best so far never leave
the cache. They run on one thread, which is several times faster than the product on two.
"""

from typing import Any

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

PADDING = 0

Array = NDArray[Any]


def strongest_windows(ids: Tensor, words: Tensor, filters: Tensor) -> Tensor:
    """Maximum over time of the convolution of embedded words, on the CPU.

    Equal to ``conv1d(embedding(ids, words).transpose(1, 2), filters).amax(2)``, and
    differentiable once by ``words`` and ``filters``.

    Args:
        ids: ``[B, T]`` integers below V; leading zeros, the padding, cost nothing.
        words: ``[V, E]``, a vector for each word.
        filters: ``[F, E, k]``, k at most T.

    Returns:
        ``[B, F]``.

    Raises:
        IndexError: an id is not in the vocabulary.
        ValueError: filters are wider than the texts.
    """
    best: Tensor = _StrongestWindows.apply(ids, words, filters)  # type: ignore[no-untyped-call]
    return best


class _StrongestWindows(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, ids: Tensor, words: Tensor, filters: Tensor) -> Tensor:
        count, _, kernel = filters.shape
        if kernel > ids.shape[1]:
            raise ValueError(f"filters are {kernel} words wide, texts {ids.shape[1]}")
        places, used, first = _number(ids.numpy(), len(words), kernel)
        # [F, E, k] -> [E, k * F]; products [U, k * F] -> [U, k, F]
        products = words[torch.from_numpy(used)] @ filters.permute(1, 2, 0).flatten(1)
        table = products.to(words.dtype).view(-1, kernel, count)
        best, winner = _maximise(places, first, table.detach().numpy())
        ctx.save_for_backward(ids, words, filters)
        ctx.winner = winner
        return torch.from_numpy(best)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor, Tensor]:
        ids, words, filters = ctx.saved_tensors
        of_words, of_filters = _differentiate(
            ids.numpy(),
            ctx.winner,
            gradient.contiguous().numpy(),
            words.detach().numpy(),
            filters.detach().transpose(1, 2).contiguous().numpy(),  # [F, k, E]
        )
        return None, torch.from_numpy(of_words), torch.from_numpy(of_filters).transpose(1, 2)


def _compiled(function: Any) -> Any:
    """Compile at the first call and keep the code on disk; other threads go on meanwhile."""
    return njit(cache=True, nogil=True)(function)


@_compiled
def _number(ids: Array, vocabulary: int, kernel: int) -> tuple[Array, Array, Array]:
    """Number the different words of a batch in the order in which they come.

    Returns:
        Ids as such numbers ``[B, T]``; the word of each number ``[U]``; and the first window of
        each text that has to be looked at ``[B]``: the last one of nothing but padding, if any.
    """
    batch, length = ids.shape
    number = np.full(vocabulary, -1, np.int32)
    places = np.empty((batch, length), np.int32)
    used = np.empty(min(vocabulary, batch * length), np.int64)
    first = np.empty(batch, np.int64)
    known = 0
    for b in range(batch):
        padding = 0
        while padding < length and ids[b, padding] == PADDING:
            padding += 1
        first[b] = max(padding - kernel, 0)
        for t in range(first[b], length):
            word = ids[b, t]
            if word < 0 or word >= vocabulary:
                raise IndexError("an id is not in the vocabulary")
            if number[word] < 0:
                number[word] = known
                used[known] = word
                known += 1
            places[b, t] = number[word]
    return places, used[:known], first


@_compiled
def _maximise(places: Array, first: Array, table: Array) -> tuple[Array, Array]:
    """Maximum over windows of sums of rows of ``table`` [U, k, F], and where it is: [B, F] each.

    A sum that is not a number wins over all others.
    """
    batch, length = places.shape
    _, kernel, count = table.shape
    best = np.full((batch, count), -np.inf, table.dtype)
    winner = np.empty((batch, count), np.int32)
    total = np.empty(count, table.dtype)
    for b in range(batch):
        winner[b] = first[b]
        top, at = best[b], winner[b]
        for t in range(first[b], length - kernel + 1):
            now = np.int32(t)
            total[:] = 0
            for j in range(kernel - 1):
                row = table[places[b, t + j], j]
                for f in range(count):
                    total[f] += row[f]
            row = table[places[b, t + kernel - 1], kernel - 1]
            for f in range(count):
                new = total[f] + row[f]
                wins = (new > top[f]) | (new != new)
                top[f] = new if wins else top[f]
                at[f] = now if wins else at[f]
    return best, winner


@_compiled
def _differentiate(
    ids: Array, winner: Array, gradient: Array, words: Array, filters: Array
) -> tuple[Array, Array]:
    """The gradients dW [V, E] and dK [F, k, E], given dy [B, F] and filters [F, k, E]."""
    batch, count = winner.shape
    _, kernel, width = filters.shape
    of_words, of_filters = np.zeros_like(words), np.zeros_like(filters)
    for b in range(batch):
        for f in range(count):
            slope = gradient[b, f]
            if slope == 0:  # ReLU is off
                continue
            for j in range(kernel):
                word = ids[b, winner[b, f] + j]
                for e in range(width):
                    of_filters[f, j, e] += slope * words[word, e]
                for e in range(width):
                    of_words[word, e] += slope * filters[f, j, e]
    return of_words, of_filters
