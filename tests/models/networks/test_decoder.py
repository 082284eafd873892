import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vibcli.models.networks.decoder import Decoder

Floats = NDArray[np.float64]


def array(tensor: Tensor) -> Floats:
    return tensor.detach().double().numpy()


def started(*widths: int) -> Decoder:
    """With weights and biases that are all different from 0."""
    network, rng = Decoder(3, widths, 7), torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.5, generator=rng)
    return network


@pytest.mark.parametrize("widths", [(), (5,), (5, 6)])
@pytest.mark.parametrize("leading", [(), (4,), (2, 4)])
def test_decoder_agrees_with_numpy(widths: tuple[int, ...], leading: tuple[int, ...]) -> None:
    network = started(*widths)
    z = torch.randn(*leading, 3, generator=torch.Generator().manual_seed(1))
    h, parameters = array(z), [array(p) for p in network.parameters()]
    layers = list(zip(parameters[::2], parameters[1::2], strict=True))
    assert [len(bias) for _, bias in layers] == [*widths, 7]
    for number, (weight, bias) in enumerate(layers, start=1):
        h = h @ weight.T + bias
        if number < len(layers):
            h = np.maximum(h, 0)
    found = network(z)
    assert found.shape == (*leading, 7)
    assert np.allclose(array(found), h, atol=1e-5)
    assert (found < 0).any()  # the outputs are not cut off
