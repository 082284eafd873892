import subprocess
import sys
from importlib.metadata import version

import pytest
import torch
from sklearn.datasets import load_wine
from torch import nn
from torch.nn import functional as F

import vibcli
from vibcli import VIB


def data() -> tuple[torch.Tensor, torch.Tensor]:
    bunch = load_wine()
    x = torch.tensor(bunch.data, dtype=torch.float32)
    return (x - x.mean(0)) / x.std(0), torch.tensor(bunch.target)


def trained(weight: float, epochs: int = 150) -> tuple[nn.Module, VIB, list[float]]:
    """Plain PyTorch around the layer, as anyone would write it; also the rate of each epoch."""
    torch.manual_seed(0)
    x, y = data()
    bottleneck = VIB(32, 4)
    model = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), bottleneck, nn.Linear(4, 3))
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    rates = []
    for _ in range(epochs):
        loss = F.cross_entropy(model(x), y) + weight * bottleneck.rate
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rates.append(bottleneck.rate.item())
    return model.eval(), bottleneck, rates


@pytest.mark.slow
def test_the_layer_learns_in_anyones_training_loop() -> None:
    x, y = data()
    model, _, _ = trained(weight=1e-2)
    assert (model(x).argmax(1) == y).float().mean() > 0.95
    assert model(x).equal(model(x))  # no noise in evaluation


def test_the_weight_decides_how_much_is_kept() -> None:
    free, _, grown = trained(weight=0.0)
    _, cheap, _ = trained(weight=1e-2)
    strict, _, shrunk = trained(weight=10.0)
    assert grown[-1] > grown[0]
    assert shrunk[-1] < 0.1 < cheap.rate.item() < grown[-1]
    x, y = data()
    accuracy = [(model(x).argmax(1) == y).float().mean() for model in (free, strict)]
    assert accuracy[0] > accuracy[1]  # ten nats a nat are too dear for three wines


def test_rates_are_those_of_the_batch() -> None:
    x, _ = data()
    _, layer, _ = trained(weight=1e-2, epochs=1)
    layer.train()
    z = layer(torch.randn(7, 32, generator=torch.Generator().manual_seed(0)))
    assert z.shape == (7, 4)
    assert layer.rates.shape == (7,)
    assert layer.rate.requires_grad
    assert len(x) == 178


def test_weights_can_be_stored_and_loaded() -> None:
    x, _ = data()
    model, _, _ = trained(weight=1e-2, epochs=3)
    other = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), VIB(32, 4), nn.Linear(4, 3)).eval()
    other.load_state_dict(model.state_dict())
    assert other(x).equal(model(x))


def test_every_public_name_can_be_imported() -> None:
    assert {"VIB", "__version__"} <= set(vibcli.__all__)
    for name in vibcli.__all__:
        assert getattr(vibcli, name).__doc__


def test_the_version_is_the_installed_one() -> None:
    assert vibcli.__version__ == version("vibcli")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'vibcli' has no attribute 'BIV'"):
        vibcli.BIV  # noqa: B018


def test_importing_the_package_does_not_import_torch() -> None:
    seen = "print('torch' in sys.modules)"
    code = f"import sys, vibcli; {seen}; vibcli.VIB; {seen}"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "True"]
