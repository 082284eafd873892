"""`strongest_windows` against PyTorch's own layers, which compute the same."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from vibcli.models.networks.windows import strongest_windows

Convolve = Callable[[Tensor, Tensor, Tensor], Tensor]


def stock(ids: Tensor, words: Tensor, filters: Tensor) -> Tensor:
    return F.conv1d(F.embedding(ids, words).transpose(1, 2), filters).max(2).values


def weights(
    vocabulary: int = 30, width: int = 4, filters: int = 7, kernel: int = 3, seed: int = 0
) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    words = torch.randn(vocabulary, width, generator=rng)
    return words, torch.randn(filters, width, kernel, generator=rng)


def texts(rows: int, length: int, vocabulary: int = 30, seed: int = 0) -> Tensor:
    """Of every length from none to all words, behind leading zeros."""
    rng = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, vocabulary, (rows, length), generator=rng)
    padding = torch.randint(0, length + 1, (rows, 1), generator=rng)
    return ids.where(torch.arange(length) >= padding, 0)


def with_gradients(
    convolve: Convolve, ids: Tensor, words: Tensor, filters: Tensor, seed: int = 1
) -> tuple[Tensor, Tensor, Tensor]:
    words, filters = words.clone().requires_grad_(), filters.clone().requires_grad_()
    best = convolve(ids, words, filters)
    upstream = torch.randn(best.shape, generator=torch.Generator().manual_seed(seed))
    return best, *torch.autograd.grad(best, (words, filters), upstream.to(best.dtype))


def assert_same(ids: Tensor, words: Tensor, filters: Tensor) -> None:
    expected = with_gradients(stock, ids, words, filters)
    for one, two in zip(
        with_gradients(strongest_windows, ids, words, filters), expected, strict=True
    ):
        torch.testing.assert_close(one, two)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    seed=st.integers(0, 2**31),
    rows=st.integers(1, 6),
    kernel=st.integers(1, 5),
    longer=st.integers(0, 40),
    width=st.integers(1, 9),
    filters=st.integers(1, 9),
)
def test_values_and_gradients_are_those_of_the_stock_layers(
    seed: int, rows: int, kernel: int, longer: int, width: int, filters: int
) -> None:
    # so exact that two windows whose sums nearly tie have the same winner in both
    ids = texts(rows, kernel + longer, seed=seed)
    words, bank = weights(30, width, filters, kernel, seed)
    assert_same(ids, words.double(), bank.double())


@pytest.mark.parametrize("threads", [1, 2])
def test_at_the_size_of_the_real_thing(threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert_same(texts(32, 400, 5000), *weights(5000, 50, 250, 3))
    finally:
        torch.set_num_threads(before)


def test_texts_that_are_all_padding() -> None:
    words, filters = weights()
    assert_same(torch.zeros(3, 20, dtype=torch.long), words, filters)
    some = texts(4, 20)
    some[1] = some[3] = 0
    assert_same(some, words, filters)


@pytest.mark.parametrize("words_in_text", [0, 1, 2, 3, 4])
def test_texts_shorter_than_the_filters(words_in_text: int) -> None:
    ids = torch.zeros(2, 12, dtype=torch.long)
    ids[:, 12 - words_in_text :] = torch.arange(1, words_in_text + 1)
    assert_same(ids, *weights(kernel=4))


def test_padding_that_is_not_leading_is_a_word_like_any_other() -> None:
    words, filters = weights()
    words[0] = 5.0 * words[0]  # so that it wins
    ids = texts(6, 30)
    ids[:, 20:26] = 0
    ids[0] = torch.arange(1, 31).remainder(29)
    ids[0, -3:] = 0
    assert_same(ids, words, filters)


def test_padding_wins_with_the_same_gradient_wherever_it_stands() -> None:
    words, filters = weights(filters=40)
    ids = torch.zeros(1, 25, dtype=torch.long)
    ids[0, -2:] = torch.tensor([3, 4])
    padding = torch.einsum("e,fek->f", words[0], filters)
    best = strongest_windows(ids, words, filters)[0]
    assert 5 < best.isclose(padding).sum() < 40  # it wins for some filters
    assert_same(ids, words, filters)


def test_ties_go_to_the_first_window() -> None:
    words = torch.zeros(6, 1)
    words[1:4] = 2.0  # three words that are alike
    filters = torch.ones(1, 1, 1)
    ids = torch.tensor([[0, 5, 2, 1, 3, 1]])
    best, of_words, _ = with_gradients(strongest_windows, ids, words, filters)
    assert best.tolist() == [[2.0]]
    assert of_words.nonzero()[:, 0].tolist() == [2]
    assert_same(ids, words, filters)


def test_gradients_agree_with_finite_differences() -> None:
    words, filters = (w.double().requires_grad_() for w in weights(12, 3, 4, 2))
    assert torch.autograd.gradcheck(
        lambda w, k: strongest_windows(texts(3, 9, 12), w, k), (words, filters)
    )


def test_in_bf16_within_its_rounding() -> None:
    """Both factors and their products are rounded to 8 bits, each by at most 2^-9 of it."""
    ids, (words, filters) = texts(16, 200, 500), weights(500, 50, 100, 3)
    with torch.autocast("cpu", torch.bfloat16):
        found = with_gradients(strongest_windows, ids, words, filters)
    exact = with_gradients(stock, ids, words, filters)
    largest = F.conv1d(words.abs()[ids].transpose(1, 2), filters.abs()).amax(2)
    error = (found[0] - exact[0]).abs()
    assert found[0].dtype == torch.float32
    assert error.max() > 0  # it was rounded
    assert (error <= 3.1 * 2**-9 * largest).all()


def test_bf16_gradients_are_exact_where_the_same_windows_win() -> None:
    ids, (words, filters) = texts(16, 40, 500), weights(500, 8, 20, 3)
    words[:, 0] = torch.arange(500).eq(499) * 1000.0  # one window wins by more than rounding
    filters[:, 0] = torch.tensor([1.0, 0.0, 0.0])
    ids[:, 0] = 499
    expected = with_gradients(stock, ids, words, filters)
    with torch.autocast("cpu", torch.bfloat16):
        found = with_gradients(strongest_windows, ids, words, filters)
    for one, two in zip(found[1:], expected[1:], strict=True):
        torch.testing.assert_close(one, two, rtol=1e-5, atol=1e-5)


def test_undefined_weights_are_not_hidden() -> None:
    words, filters = weights()
    words[5] = torch.nan
    ids = texts(4, 20)
    ids[2, -1] = 5
    assert strongest_windows(ids, words, filters)[2].isnan().all()


def test_filters_wider_than_the_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="filters are 3 words wide, texts 2"):
        strongest_windows(torch.zeros(1, 2, dtype=torch.long), *weights())


@pytest.mark.parametrize("strange", [30, -1])
def test_ids_beyond_the_vocabulary_are_refused(strange: int) -> None:
    with pytest.raises(IndexError, match="not in the vocabulary"):
        strongest_windows(torch.tensor([[1, 2, strange]]), *weights(30))


def test_weights_and_upstream_gradients_in_any_layout() -> None:
    words, filters = weights()
    ids = texts(6, 30).T.contiguous().T
    expected = with_gradients(stock, ids, words, filters)
    found = with_gradients(
        strongest_windows, ids, words.T.contiguous().T, filters.mT.contiguous().mT
    )
    for one, two in zip(found, expected, strict=True):
        torch.testing.assert_close(one, two)
    words.requires_grad_()
    for convolve in (strongest_windows, stock):
        words.grad = None
        convolve(ids, words, filters).sum().backward()  # an upstream gradient without strides
        if convolve is strongest_windows:
            ours = words.grad
    torch.testing.assert_close(ours, words.grad)
