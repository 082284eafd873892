from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.signal import correlate2d
from torch import Tensor, nn

from vibcli.models.networks.conv import Conv
from vibcli.models.networks.dropout import dropout
from vibcli.models.networks.initialization import initialize
from vibcli.models.networks.mlp import MLP
from vibcli.models.networks.pixels import to_unit_range
from vibcli.models.networks.text_cnn import TextCNN
from vibcli.registry import ENCODERS
from vibcli.tasks.resolve import resolve

Floats = NDArray[np.float64]


def array(tensor: Tensor) -> Floats:
    return tensor.detach().double().numpy()


def started(module: nn.Module, seed: int = 0) -> nn.Module:
    """With weights and biases that are all different from 0."""
    rng = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.5, generator=rng)
    return module


@pytest.mark.parametrize("stock", [False, True])
def test_text_cnn_agrees_with_numpy(stock: bool) -> None:
    network = started(TextCNN(vocabulary=20, embedding=4, filters=5, kernel=3, stock=stock))
    nn.init.constant_(network.convolution.bias, -1.0)
    ids = torch.randint(0, 20, (6, 9), generator=torch.Generator().manual_seed(1))
    words = array(network.words.weight)
    filters, bias = array(network.convolution.weight), array(network.convolution.bias)
    expected = np.zeros((6, 5))
    for b in range(6):
        for f in range(5):
            activations = []
            for t in range(9 - 3 + 1):
                total = bias[f]
                for offset in range(3):
                    total += words[ids[b, t + offset]] @ filters[f, :, offset]
                activations.append(max(total, 0.0))
            expected[b, f] = max(activations)
    assert (expected == 0).any()  # ReLU has something to do
    assert np.allclose(array(network(ids)), expected, atol=1e-5)


def test_text_cnn_ignores_where_a_phrase_stands() -> None:
    network = started(TextCNN(20, 4, 5, 3))
    early, late = torch.zeros(1, 12, dtype=torch.long), torch.zeros(1, 12, dtype=torch.long)
    early[0, 3:6] = late[0, 7:10] = torch.tensor([5, 9, 2])
    assert network(early).equal(network(late))


@pytest.mark.parametrize("stock", [False, True])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.int64])
def test_text_cnn_reads_any_integers(dtype: torch.dtype, stock: bool) -> None:
    network = TextCNN(20, 4, 5, 3, stock)
    ids = torch.randint(0, 20, (2, 9), generator=torch.Generator().manual_seed(1))
    assert network(ids.to(dtype)).equal(network(ids))


def test_text_cnn_reads_a_text_as_short_as_its_kernel() -> None:
    assert TextCNN(20, 4, 5, 3)(torch.zeros(2, 3, dtype=torch.long)).shape == (2, 5)


@pytest.mark.parametrize("widths", [(7,), (7, 5), (8, 8, 3)])
def test_mlp_agrees_with_numpy(widths: tuple[int, ...]) -> None:
    network = started(MLP(6, widths))
    x = torch.randn(4, 6, generator=torch.Generator().manual_seed(1))
    h = array(x)
    parameters = list(network.parameters())
    for weight, bias in zip(parameters[::2], parameters[1::2], strict=True):
        h = np.maximum(h @ array(weight).T + array(bias), 0)
    assert network.features == widths[-1]
    assert np.allclose(array(network(x)), h, atol=1e-5)


def test_mlp_reads_pixels_row_by_row_scaled_to_one() -> None:
    network = started(MLP(12, (5,)))
    pixels = torch.randint(0, 256, (4, 1, 3, 4), generator=torch.Generator().manual_seed(1))
    scaled = pixels.reshape(4, 12).float() / 255 * 2 - 1
    assert torch.allclose(network(pixels.to(torch.uint8)), network(scaled), atol=1e-5)


def test_pixels_are_scaled_and_numbers_are_not() -> None:
    pixels = torch.tensor([0, 51, 255], dtype=torch.uint8)
    assert to_unit_range(pixels).tolist() == pytest.approx([-1, -0.6, 1])
    numbers = torch.tensor([0.0, 255.0, -7.0])
    assert to_unit_range(numbers).equal(numbers)


def same_convolution(maps: Floats, weight: Floats, bias: Floats) -> Floats:
    """3x3 with zeros around, then ReLU: ``[C, H, W]`` -> ``[D, H, W]``."""
    out = [
        sum(correlate2d(m, w, mode="same") for m, w in zip(maps, weights, strict=True)) + b
        for weights, b in zip(weight, bias, strict=True)
    ]
    return np.maximum(np.stack(out), 0)


def pool(maps: Floats, by: Callable[[Floats], Floats]) -> Floats:
    """2x2 cells: ``[C, H, W]`` -> ``[C, H/2, W/2]``."""
    c, h, w = maps.shape
    cells = maps.reshape(c, h // 2, 2, w // 2, 2).transpose(0, 1, 3, 2, 4)
    return by(cells.reshape(c, h // 2, w // 2, 4))


def test_conv_agrees_with_scipy() -> None:
    network = started(Conv(2, (3, 4)))
    x = torch.randn(1, 2, 16, 16, generator=torch.Generator().manual_seed(1))
    w1, b1, w2, b2 = (array(p) for p in network.parameters())
    maps = pool(same_convolution(array(x[0]), w1, b1), lambda cells: cells.max(-1))
    maps = pool(same_convolution(maps, w2, b2), lambda cells: cells.mean(-1))  # 8x8 to 4x4
    assert np.allclose(array(network(x))[0], maps.ravel(), atol=1e-4)


@pytest.mark.parametrize("size", [(28, 28), (8, 8), (4, 4), (1, 1), (5, 37), (64, 48)])
@pytest.mark.parametrize("channels", [(6,), (4, 6), (4, 4, 4, 6)])
def test_conv_reads_images_of_any_size(size: tuple[int, int], channels: tuple[int, ...]) -> None:
    network = Conv(3, channels)
    pixels = torch.zeros(2, 3, *size, dtype=torch.uint8)
    assert network.features == 6 * 16
    assert network(pixels).shape == (2, network.features)


def initialised(module: nn.Module, seed: int = 0) -> dict[str, Tensor]:
    initialize(module, seed)
    return dict(module.named_parameters())


def test_initial_weights_fill_the_glorot_bounds() -> None:
    weights = initialised(TextCNN(vocabulary=400, embedding=30, filters=60, kernel=3))
    bound = np.sqrt(6 / (30 * 3 + 60 * 3))
    convolution = weights["convolution.weight"]
    assert convolution.abs().max() <= bound
    assert convolution.std().item() == pytest.approx(bound / np.sqrt(3), rel=0.03)
    linear = initialised(MLP(200, (100,)))["layers.0.weight"]
    bound = np.sqrt(6 / (200 + 100))
    assert linear.abs().max() <= bound
    assert linear.std().item() == pytest.approx(bound / np.sqrt(3), rel=0.03)


def test_initial_embeddings_and_biases_are_those_of_keras() -> None:
    weights = initialised(TextCNN(vocabulary=400, embedding=30, filters=60, kernel=3))
    words = weights["words.weight"]
    assert words.abs().max() <= 0.05
    assert words.std().item() == pytest.approx(0.05 / np.sqrt(3), rel=0.03)
    assert weights["convolution.bias"].eq(0).all()


def test_initial_weights_depend_on_seed_and_name_alone() -> None:
    torch.manual_seed(1)
    first = initialised(MLP(6, (6, 6)), seed=3)
    torch.manual_seed(2)
    again = initialised(MLP(6, (6, 6)), seed=3)
    assert all(first[name].equal(again[name]) for name in first)
    assert not first["layers.0.weight"].equal(first["layers.2.weight"])
    assert not first["layers.0.weight"].equal(initialised(MLP(6, (6, 6)), 4)["layers.0.weight"])


def test_a_layer_starts_the_same_whatever_follows_it() -> None:
    short, long = initialised(MLP(6, (5,))), initialised(MLP(6, (5, 4)))
    assert short["layers.0.weight"].equal(long["layers.0.weight"])


UNITS = torch.randn(200, 50, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_dropout_agrees_with_torch(probability: float, dtype: torch.dtype) -> None:
    x = UNITS.to(dtype)
    torch.manual_seed(3)
    expected = nn.functional.dropout(x, probability)
    found = dropout(x, probability, torch.Generator().manual_seed(3))
    assert found.dtype == dtype
    assert found.equal(expected)


def test_dropout_keeps_the_mean_and_drops_the_share() -> None:
    ones = dropout(torch.ones(100_000), 0.3, torch.Generator().manual_seed(0))
    assert ones.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert ones.mean().item() == pytest.approx(1, abs=0.01)
    assert ones.eq(0).double().mean().item() == pytest.approx(0.3, abs=0.01)


def test_dropout_passes_the_gradient_of_what_it_kept() -> None:
    x = UNITS.clone().requires_grad_()
    out = dropout(x, 0.25, torch.Generator().manual_seed(0))
    out.sum().backward()
    assert x.grad is not None
    assert torch.allclose(x.grad * x.detach(), out.detach())


def test_dropout_without_generator_or_probability_does_nothing() -> None:
    assert dropout(UNITS, 0.5, None) is UNITS
    rng = torch.Generator().manual_seed(0)
    before = rng.get_state()
    assert dropout(UNITS, 0.0, rng) is UNITS
    assert rng.get_state().equal(before)  # a run without dropout draws the same noise as ever


WITH_DROPOUT: dict[str, tuple[Callable[[float], nn.Module], Tensor]] = {
    "mlp": (lambda p: MLP(50, (40, 30), p), UNITS),
    "conv": (lambda p: Conv(2, (3, 4), p), UNITS.view(-1, 2, 10, 10)),
    "text-cnn": (lambda p: TextCNN(20, 4, 30, 3, dropout=p), UNITS.mul(9).long() % 20),
    "text-cnn, stock": (lambda p: TextCNN(20, 4, 30, 3, True, p), UNITS.mul(9).long() % 20),
}


@pytest.mark.parametrize("name", WITH_DROPOUT)
def test_an_encoder_drops_units_with_a_generator_alone(name: str) -> None:
    make, x = WITH_DROPOUT[name]
    plain, dropping = started(make(0.0)), started(make(0.5))
    assert list(dropping.state_dict()) == list(plain.state_dict())
    assert dropping(x).equal(plain(x))
    rng = torch.Generator().manual_seed(0)
    first, second = dropping(x, rng), dropping(x, rng)
    assert not first.equal(second)
    assert first.equal(dropping(x, torch.Generator().manual_seed(0)))
    assert plain(x, rng).equal(plain(x))


@pytest.mark.parametrize("name", ["conv", "text-cnn", "text-cnn, stock"])
def test_features_are_dropped_where_there_is_one_dense_layer(name: str) -> None:
    make, x = WITH_DROPOUT[name]
    network = started(make(0.5))
    torch.manual_seed(0)
    expected = nn.functional.dropout(network(x), 0.5)
    assert network(x, torch.Generator().manual_seed(0)).equal(expected)


def test_mlp_drops_units_of_every_hidden_layer_and_no_input() -> None:
    network = started(MLP(50, (40, 30), 0.5))
    w1, b1, w2, b2 = network.parameters()
    torch.manual_seed(0)
    h = nn.functional.dropout((UNITS @ w1.T + b1).relu(), 0.5)
    expected = nn.functional.dropout((h @ w2.T + b2).relu(), 0.5)
    found = network(UNITS, torch.Generator().manual_seed(0))
    assert torch.allclose(found, expected, atol=1e-4)
    assert found.eq(0).equal(expected.eq(0))


SETTINGS = {"vocabulary": 30, "tokens": 9, "embedding": 4, "filters": 5, "kernel": 2}
CHOSEN = {**SETTINGS, "widths": (7, 6), "channels": (3, 8), "dropout": 0.25}


@pytest.mark.parametrize(
    ("encoder", "kind", "shape", "features", "parameters"),
    [
        ("text-cnn", "text", (9,), 5, 30 * 4 + 4 * 2 * 5 + 5),
        ("bag-of-words", "text", (9,), 6, (30 * 7 + 7) + (7 * 6 + 6)),
        ("mlp", "tabular", (11,), 6, (11 * 7 + 7) + (7 * 6 + 6)),
        ("mlp", "image", (2, 3, 4), 6, (24 * 7 + 7) + (7 * 6 + 6)),
        ("conv", "image", (2, 8, 8), 8 * 16, (2 * 9 * 3 + 3) + (3 * 9 * 8 + 8)),
    ],
)
def test_an_encoder_is_what_its_settings_say(
    encoder: str, kind: str, shape: tuple[int, ...], features: int, parameters: int
) -> None:
    config = resolve("vib", kind, {**CHOSEN, "encoder": encoder})  # type: ignore[arg-type]
    network = ENCODERS.load(encoder).from_config(config, shape)
    assert sum(p.numel() for p in network.parameters()) == parameters
    assert network.features == features
    assert getattr(network, "mlp", network).dropout == 0.25
    x = torch.zeros(2, *shape)
    x = x if kind == "tabular" else x.to(torch.uint8 if kind == "image" else torch.long)
    assert network(x).shape == (2, features)


def test_how_a_text_is_convolved_is_a_setting() -> None:
    for convolution, stock in (("lookup", False), ("stock", True)):
        config = resolve("vib", "text", {**SETTINGS, "convolution": convolution})
        network = TextCNN.from_config(config, (9,))
        assert (network.stock, network.dropout) == (stock, 0)
