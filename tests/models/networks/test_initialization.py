import hashlib

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vibcli.models.networks.conv import Conv
from vibcli.models.networks.initialization import InitializesItself, Stream, initialize
from vibcli.models.networks.mlp import MLP


def stream(seed: int, path: str) -> torch.Generator:
    """The stream of a parameter, from its definition: 63 bits of the hash of its name."""
    digest = hashlib.sha256(f"{seed}/weights/{path}".encode()).hexdigest()
    return torch.Generator().manual_seed(int(digest[:16], 16) // 2)


def uniform(seed: int, path: str, shape: tuple[int, ...], bound: float) -> Tensor:
    return torch.empty(shape).uniform_(-bound, bound, generator=stream(seed, path))


def spoiled(module: nn.Module) -> nn.Module:
    """With weights that nothing but `initialize` can have mended."""
    for parameter in module.parameters():
        nn.init.constant_(parameter, 7.0)
    return module


def started(module: nn.Module, seed: int = 0) -> dict[str, Tensor]:
    initialize(spoiled(module), seed)
    return dict(module.named_parameters())


@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize(
    ("layer", "fans"),
    [
        (lambda: nn.Linear(6, 4), (6, 4)),
        (lambda: nn.Conv1d(3, 5, 7), (3 * 7, 5 * 7)),
        (lambda: nn.Conv2d(2, 3, 3), (2 * 9, 3 * 9)),
    ],
)
def test_glorot_weights_from_their_named_stream(layer, fans, seed) -> None:
    # at the top and below a name
    for module, prefix in ((layer(), ""), (nn.ModuleDict({"a": layer()}), "a.")):
        found = started(module, seed)
        weight = found[f"{prefix}weight"]
        bound = np.sqrt(6 / sum(fans))
        expected = uniform(seed, f"{prefix}weight", tuple(weight.shape), bound)
        assert torch.allclose(weight, expected, rtol=1e-6, atol=0)
        assert found[f"{prefix}bias"].eq(0).all()


@pytest.mark.parametrize("seed", [0, 5])
def test_embeddings_from_their_named_stream(seed: int) -> None:
    found = started(nn.Sequential(nn.Embedding(9, 4)), seed)["0.weight"]
    assert torch.allclose(found, uniform(seed, "0.weight", (9, 4), 0.05))


def test_a_layer_without_bias_needs_none() -> None:
    assert list(started(nn.Linear(3, 2, bias=False))) == ["weight"]


NORMALISING = {
    "layer": lambda: nn.LayerNorm(6),
    "group": lambda: nn.GroupNorm(2, 6),
    "batch 1d": lambda: nn.BatchNorm1d(6),
    "batch 2d": lambda: nn.BatchNorm2d(6),
    "batch 3d": lambda: nn.BatchNorm3d(6),
}


@pytest.mark.parametrize("name", NORMALISING)
def test_normalising_layers_keep_a_gain_of_1(name: str) -> None:
    module = nn.Sequential(nn.Linear(4, 6), NORMALISING[name]())
    found = started(module)
    assert found["1.weight"].eq(1).all()
    assert found["1.bias"].eq(0).all()
    alone = started(nn.Sequential(nn.Linear(4, 6)))
    assert found["0.weight"].equal(alone["0.weight"])  # and change nothing for others


@pytest.mark.parametrize("name", ["batch 1d", "batch 2d", "batch 3d"])
def test_batch_norms_start_to_count_anew(name: str) -> None:
    layer = NORMALISING[name]()
    for buffer in (layer.running_mean, layer.running_var, layer.num_batches_tracked):
        buffer.fill_(3)
    initialize(layer, 0)
    assert layer.running_mean.eq(0).all()
    assert layer.running_var.eq(1).all()
    assert layer.num_batches_tracked == 0


def test_a_normalising_layer_without_weights_is_passed_over() -> None:
    module = nn.Sequential(
        nn.LayerNorm(4, elementwise_affine=False), nn.BatchNorm1d(4, affine=False)
    )
    assert started(module) == {}


def test_an_encoder_of_a_normalised_layer_normalises() -> None:
    module = nn.Sequential(nn.Linear(5, 8), nn.LayerNorm(8))
    initialize(spoiled(module), 0)
    x = torch.randn(20, 5, generator=torch.Generator().manual_seed(0))
    out = module(x)
    assert torch.allclose(out.mean(1), torch.zeros(20), atol=1e-5)
    assert torch.allclose(out.var(1, correction=0), torch.ones(20), atol=1e-3)


class Gate(nn.Module):
    """A gate that is open at the start, and starts from a draw of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.openness = nn.Parameter(torch.empty(3))
        self.direction = nn.Parameter(torch.empty(4))
        self.inner = nn.Linear(4, 4)
        self.asked: list[str] = []

    def initialize(self, stream: Stream) -> None:
        self.asked.append("gate")
        nn.init.constant_(self.openness, 2.0)
        nn.init.normal_(self.direction, generator=stream("direction"))


@pytest.mark.parametrize("seed", [0, 5])
def test_a_layer_that_knows_its_weights_sets_them(seed: int) -> None:
    module = nn.ModuleDict({"gate": Gate(), "after": nn.Linear(4, 4)})
    found = started(module, seed)
    assert module["gate"].asked == ["gate"]
    assert found["gate.openness"].eq(2).all()
    expected = torch.randn(4, generator=stream(seed, "gate.direction"))
    assert found["gate.direction"].equal(expected)
    # those below it, and beside it, are as ever
    for name in ("gate.inner", "after"):
        weight = uniform(seed, f"{name}.weight", (4, 4), np.sqrt(6 / 8))
        assert torch.allclose(found[f"{name}.weight"], weight, rtol=1e-6, atol=0)


class Frozen(nn.Linear):
    """A layer of a known kind with weights of its own."""

    def initialize(self, stream: Stream) -> None:
        nn.init.eye_(self.weight)
        nn.init.ones_(self.bias)


def test_what_a_layer_says_itself_beats_the_rule_of_its_kind() -> None:
    assert isinstance(Frozen(2, 2), InitializesItself)
    assert not isinstance(nn.Linear(2, 2), InitializesItself)
    found = started(nn.Sequential(Frozen(3, 3)))
    assert found["0.weight"].equal(torch.eye(3))
    assert found["0.bias"].eq(1).all()


class Unknown(nn.Module):
    """A layer that nobody knows how to start."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(2))


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (Unknown, "Unknown"),
        (lambda: nn.Conv3d(1, 1, 3), "Conv3d"),
        (lambda: nn.GRU(2, 3), "GRU"),
        (lambda: nn.Bilinear(2, 2, 2), "Bilinear"),
        (lambda: nn.PReLU(), "PReLU"),
    ],
)
def test_an_unknown_kind_of_layer_is_refused(layer, name) -> None:
    for module in (layer(), nn.Sequential(nn.Linear(2, 2), nn.Sequential(layer()))):
        with pytest.raises(TypeError, match=rf"initial weights of {name}: give it a method init"):
            initialize(module, 0)


def test_layers_without_weights_need_no_rule() -> None:
    found = started(nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Dropout(), nn.MaxPool2d(2)))
    assert found == {}


def test_a_kind_of_a_known_kind_has_its_rule() -> None:
    class Own(nn.Linear):
        pass

    own, plain = (started(nn.Sequential(kind(3, 2))) for kind in (Own, nn.Linear))
    assert own["0.weight"].equal(plain["0.weight"])


def test_no_order_of_layers_and_no_global_seed_counts() -> None:
    one = nn.ModuleDict({"a": nn.Linear(3, 2), "b": nn.Linear(3, 2)})
    other = nn.ModuleDict({"b": nn.Linear(3, 2), "n": nn.LayerNorm(2), "a": nn.Linear(3, 2)})
    torch.manual_seed(1)
    first = started(one)
    before = torch.manual_seed(2).get_state()
    second = started(other)
    assert torch.get_rng_state().equal(before)
    assert all(second[name].equal(value) for name, value in first.items())
    assert not first["a.weight"].equal(first["b.weight"])


def test_the_numbers_of_existing_networks_by_hand() -> None:
    """Stored runs start from these; a change of a name or of the stream would change them all."""
    mlp = started(MLP(6, (5, 4)), 3)
    for name, shape in (("layers.0.weight", (5, 6)), ("layers.2.weight", (4, 5))):
        expected = uniform(3, name, shape, np.sqrt(6 / sum(shape)))
        assert torch.allclose(mlp[name], expected, rtol=1e-6, atol=0)
    conv = started(Conv(2, (3,)), 3)
    weights = {name: p for name, p in conv.items() if p.ndim > 1}
    for name, found in weights.items():
        outputs, inputs, *size = found.shape
        bound = np.sqrt(6 / ((outputs + inputs) * np.prod(size)))
        assert torch.allclose(found, uniform(3, name, found.shape, bound), rtol=1e-6, atol=0)
    assert len(weights) == 1
