from collections import Counter

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vibcli.models.networks.bag_of_words import BagOfWords, word_counts

Floats = NDArray[np.float64]
IDS = torch.randint(0, 9, (6, 20), generator=torch.Generator().manual_seed(0))


def array(tensor: Tensor) -> Floats:
    return tensor.detach().double().numpy()


def started(*widths: int, dropout: float = 0.0) -> BagOfWords:
    network, rng = BagOfWords(9, widths, dropout), torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.5, generator=rng)
    return network


def test_words_are_counted_one_by_one() -> None:
    for text, counts in zip(IDS.tolist(), word_counts(IDS, 9).tolist(), strict=True):
        seen = Counter(text)
        assert counts == [0, 0, *(seen[word] for word in range(2, 9))]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.int64])
def test_any_integers_are_read(dtype: torch.dtype) -> None:
    assert word_counts(IDS.to(dtype), 9).equal(word_counts(IDS, 9))


def test_many_occurrences_of_one_word_are_all_counted() -> None:
    assert word_counts(torch.full((1, 400), 5, dtype=torch.uint8), 9)[0, 5] == 400


def test_padding_and_unknown_words_do_not_count() -> None:
    assert word_counts(torch.tensor([[0, 0, 1, 1, 1]]), 9).eq(0).all()
    network = started(4)
    longer = torch.cat([torch.zeros(6, 5).long(), IDS, torch.ones(6, 2).long()], dim=1)
    assert network(longer).equal(network(IDS))


@pytest.mark.parametrize("widths", [(5,), (5, 4)])
def test_bag_of_words_agrees_with_numpy(widths: tuple[int, ...]) -> None:
    network = started(*widths)
    h = np.zeros((6, 9))
    for row, text in enumerate(IDS.tolist()):
        for word in text:
            h[row, word] += word > 1
    h = np.log(1 + h)
    parameters = [array(p) for p in network.parameters()]
    for weight, bias in zip(parameters[::2], parameters[1::2], strict=True):
        h = np.maximum(h @ weight.T + bias, 0)
    assert network.features == widths[-1]
    assert np.allclose(array(network(IDS)), h, atol=1e-5)


def test_the_order_of_words_does_not_matter() -> None:
    network = started(5)
    assert network(IDS.flip(1)).equal(network(IDS))
    assert not network(IDS[:1]).equal(network(IDS[1:2]))


def test_units_are_dropped_with_a_generator_alone() -> None:
    network, plain = started(50, dropout=0.5), started(50)
    assert network(IDS).equal(plain(IDS))
    torch.manual_seed(3)
    expected = nn.functional.dropout(plain(IDS), 0.5)
    assert network(IDS, torch.Generator().manual_seed(3)).equal(expected)
