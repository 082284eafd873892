"""Embed, convolve, take the maximum over time: without convolving, and without most of its work.

For word ids x [B, T], word vectors W [V, E] and filters K [F, E, k], stock layers compute

    y[b, f] = max over t of sum over j of <K[f, :, j], W[x[b, t + j]]>

in B T k E F multiplications and as many again, twice, for the gradient. The same numbers are
had for much less:

1. A word's product with the filters does not depend on where it stands. P[u, j, f] =
   <K[f, :, j], W[u]> is computed once for each *different* word u of the batch, and a window
   is then a sum of k rows of P: a lookup, not a convolution.
2. Windows that hold nothing but leading padding are all alike. One is kept, so their maximum,
   and whether they win, stay the same.
3. Only the window that wins (b, f) has a gradient: B F windows of B T. With t* the winner,
   dK[f, :, j] = sum over b of dy[b, f] W[x[b, t* + j]] and
   dW[u] = sum of dy[b, f] K[f, :, j] over all (b, f, j) with x[b, t* + j] = u.

Nothing is approximated: fp32 results differ from the stock layers' by the order of summation.
Where several windows win, the first gets the gradient, as in `torch.max`. Under autocast P is
computed in its lower precision and rounded to it; sums, maxima and gradients are fp32.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

PADDING = 0
BLOCK = 8


def strongest_windows(ids: Tensor, words: Tensor, filters: Tensor) -> Tensor:
    """Maximum over time of the convolution of embedded words.

    Equal to ``conv1d(embedding(ids, words).transpose(1, 2), filters).amax(2)``, and
    differentiable once by ``words`` and ``filters``.

    Args:
        ids: ``[B, T]`` integers; leading zeros, the padding, cost nothing.
        words: ``[V, E]``, a vector for each word.
        filters: ``[F, E, k]``, k at most T.

    Returns:
        ``[B, F]``.
    """
    best: Tensor = _StrongestWindows.apply(ids, words, filters)  # type: ignore[no-untyped-call]
    return best


class _StrongestWindows(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, ids: Tensor, words: Tensor, filters: Tensor) -> Tensor:
        count, _, kernel = filters.shape
        if kernel > ids.shape[1]:
            raise ValueError(f"filters are {kernel} words wide, texts {ids.shape[1]}")
        used, places = _different(ids, len(words))  # [U], [B, T]
        vectors = words.index_select(0, used)  # [U, E]
        # [F, E, k] -> [E, k * F]; products [U, k * F] -> [U * k, F]
        products = (vectors @ filters.permute(1, 2, 0).flatten(1)).to(words.dtype)
        windows, first_block, blocks = _windows(ids, places, kernel)
        rows = windows * kernel + torch.arange(kernel, device=ids.device)  # [N, k]
        sums = F.embedding_bag(rows, products.view(-1, count), mode="sum")  # [N, F]

        # a maximum over each block, then over the blocks of each text
        best, winner = _max_with_index(sums.view(1, -1, BLOCK, count))  # [1, M, F], rows of sums
        of_text = torch.arange(int(blocks.max()), device=ids.device)
        of_text = first_block[:, None] + of_text.minimum(blocks[:, None] - 1)  # [B, most blocks]
        candidates = best[0].index_select(0, of_text.flatten()).view(*of_text.shape, count)
        best, block = _max_with_index(candidates.unsqueeze(1))
        winner = winner[0].gather(0, of_text.gather(1, block[:, 0]))  # [B, F]
        ctx.save_for_backward(windows[winner], used, vectors, filters)
        ctx.vocabulary = len(words)
        return best[:, 0]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor, Tensor]:
        places, used, vectors, filters = ctx.saved_tensors  # places: [B, F, k] in used
        count, width, kernel = filters.shape
        # each sum of the docstring is a bag: rows of a table, weighted by dy
        weights = gradient[..., None].expand(places.shape)  # [B, F, k]
        by_filter = places.permute(1, 2, 0).flatten(0, 1)  # [F * k, B]
        of_filters = F.embedding_bag(
            by_filter,
            vectors,
            mode="sum",
            per_sample_weights=weights.permute(1, 2, 0).flatten(0, 1),
        )  # [F * k, E]
        order = _sorted_order(places.flatten(), len(used))
        sizes = places.flatten().bincount(minlength=len(used))
        of_used = F.embedding_bag(
            order % (count * kernel),  # (b, f, j) -> (f, j)
            filters.transpose(1, 2).flatten(0, 1),  # [F * k, E]
            sizes.cumsum(0) - sizes,
            mode="sum",
            per_sample_weights=weights.flatten()[order],
        )  # [U, E]
        of_words = of_used.new_zeros(ctx.vocabulary, width)
        of_words[used] = of_used
        return None, of_words, of_filters.view(count, kernel, width).transpose(1, 2)


def _different(ids: Tensor, below: int) -> tuple[Tensor, Tensor]:
    """The different ids ``[U]``, ascending, and where in it each of ``ids`` is."""
    present = torch.zeros(below, dtype=torch.bool, device=ids.device)
    present[ids.flatten()] = True
    return present.nonzero()[:, 0], (present.cumsum(0) - 1)[ids]


class Windows(NamedTuple):
    """The windows that can win, text after text; each text has a whole number of blocks."""

    words: Tensor  # [N, k], where N = M * BLOCK
    first_block: Tensor  # [B], index below M
    blocks: Tensor  # [B]


def _windows(ids: Tensor, words: Tensor, kernel: int) -> Windows:
    """Cut ``words`` [B, T] into windows, all but one of those in the leading padding of ``ids``.

    The last window of a text is repeated until its last block is full.
    """
    last = ids.shape[1] - kernel
    padding = ids.ne(PADDING).cumsum(1).eq(0).sum(1)  # [B]
    first = (padding - kernel).clamp(min=0)
    blocks = (last - first) // BLOCK + 1
    first_block = blocks.cumsum(0) - blocks
    text = torch.arange(len(ids), device=ids.device).repeat_interleave(blocks)  # [M]
    block = torch.arange(len(text), device=ids.device) - first_block[text]
    within = torch.arange(BLOCK, device=ids.device)
    start = ((first[text] + block * BLOCK)[:, None] + within).clamp(max=last)  # [M, BLOCK]
    at = (text[:, None] * ids.shape[1] + start).flatten()
    every = words.flatten().unfold(0, kernel, 1)  # [B * T - k + 1, k], a view
    return Windows(every[at], first_block, blocks)


def _max_with_index(x: Tensor) -> tuple[Tensor, Tensor]:
    """Maximum over the third axis: ``[A, M, n, F]`` -> ``[A, M, F]``, and at which of M * n rows.

    Pooling in channels-last order is vectorised over F; `torch.max` with an index is not.
    """
    best, index = F.max_pool2d(x.permute(0, 3, 1, 2), (1, x.shape[2]), return_indices=True)
    return best[..., 0].transpose(1, 2), index[..., 0].transpose(1, 2)


def _sorted_order(keys: Tensor, below: int) -> Tensor:
    """Order that sorts integers ``0 <= keys < below``, equal ones as they stand."""
    if keys.device.type == "cpu" and below <= 1 << 16:
        # NumPy sorts these by radix, several times faster than a sort by comparison
        return torch.from_numpy(np.argsort(keys.numpy().astype(np.uint16), kind="stable"))
    return keys.argsort(stable=True)
