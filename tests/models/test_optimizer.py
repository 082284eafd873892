import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vibcli.models.optimizer import Optimizer

X = torch.randn(16, 3, generator=torch.Generator().manual_seed(0))
SETTINGS = [
    {},
    {"ema": 0.9},
    {"ema": 0.5, "lr_decay": 0.5, "beta1": 0.5},
    {"ema": 0.9, "weight_decay": 0.3},
]


def network() -> nn.Module:
    module = nn.Linear(3, 2)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[0.3, -0.2, 0.1], [0.7, 0.4, -0.5]]))
        module.bias.zero_()
    return module


def loss(module: nn.Module) -> Tensor:
    return (module(X) - X[:, :2].sin()).square().mean()


def copied(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in tensors.items()}


def steps(module: nn.Module, optimiser: Optimizer, n: int) -> list[dict[str, Tensor]]:
    """Weights after each of ``n`` steps."""
    found = []
    for _ in range(n):
        optimiser.step(loss(module))
        found.append(copied(dict(module.named_parameters())))
    return found


@pytest.mark.parametrize("beta1", [0.9, 0.5, 0.0])
def test_steps_are_those_of_adam_by_hand(beta1: float) -> None:
    module = network()
    optimiser = Optimizer(module, lr=0.1, beta1=beta1)
    w, m, v = module.weight.detach().double().numpy(), np.zeros((2, 3)), np.zeros((2, 3))
    for t in range(1, 6):
        value = loss(module)
        (gradient,) = torch.autograd.grad(loss(module), [module.weight])
        g = gradient.double().numpy()
        m, v = beta1 * m + (1 - beta1) * g, 0.999 * v + 0.001 * g**2
        w = w - 0.1 * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        optimiser.step(value)
        assert np.allclose(module.weight.detach(), w, atol=1e-5)


@pytest.mark.parametrize("weight_decay", [0.01, 0.5])
def test_weight_decay_shrinks_matrices_beside_adams_step(weight_decay: float) -> None:
    module = network()
    nn.init.constant_(module.bias, 0.6)
    optimiser = Optimizer(module, lr=0.1, weight_decay=weight_decay)
    decays = {"weight": weight_decay, "bias": 0.0}
    values = {n: p.detach().double().numpy() for n, p in module.named_parameters()}
    m, v = ({n: np.zeros_like(w) for n, w in values.items()} for _ in range(2))
    for t in range(1, 6):
        optimiser.start_epoch(t)
        gradients = torch.autograd.grad(loss(module), list(module.parameters()))
        for (name, w), gradient in zip(list(values.items()), gradients, strict=True):
            g = gradient.double().numpy()
            m[name], v[name] = 0.9 * m[name] + 0.1 * g, 0.999 * v[name] + 0.001 * g**2
            step = (m[name] / (1 - 0.9**t)) / (np.sqrt(v[name] / (1 - 0.999**t)) + 1e-8)
            values[name] = w - 0.1 * (step + decays[name] * w)
        optimiser.step(loss(module))
        for name, parameter in module.named_parameters():
            assert np.allclose(parameter.detach(), values[name], atol=1e-5), name


def test_weight_decay_follows_the_learning_rate() -> None:
    module = network()
    optimiser = Optimizer(module, lr=0.1, lr_decay=0.5, weight_decay=0.2)
    optimiser.start_epoch(3)
    optimiser.step(module.weight.sum() * 0)  # no gradient: Adam stays where it is
    expected = network().weight * (1 - 0.025 * 0.2)
    assert torch.allclose(module.weight, expected)


def test_without_weight_decay_steps_are_those_of_plain_adam() -> None:
    module, other = network(), network()
    optimiser = Optimizer(module, lr=0.1)
    adam = torch.optim.Adam(other.parameters(), lr=0.1, fused=True)
    for _ in range(5):
        optimiser.step(loss(module))
        adam.zero_grad()
        loss(other).backward()
        adam.step()
    assert module.weight.equal(other.weight)
    assert module.bias.equal(other.bias)


@pytest.mark.parametrize("decay", [0.5, 0.9, 0.999])
def test_average_agrees_with_a_naive_loop_with_zero_debiasing(decay: float) -> None:
    module = network()
    optimiser = Optimizer(module, lr=0.1, ema=decay)
    history = steps(module, optimiser, 7)
    average = np.zeros((2, 3))
    for weights in history:
        average = decay * average + (1 - decay) * weights["weight"].double().numpy()
    with optimiser.averaged():
        assert np.allclose(module.weight.detach(), average / (1 - decay**7), rtol=1e-4)
        assert not module.weight.equal(history[-1]["weight"])


def test_the_first_average_is_the_weights_themselves() -> None:
    module = network()
    optimiser = Optimizer(module, lr=0.1, ema=0.999)
    with optimiser.averaged():  # before the first step there is nothing to average
        assert module.weight.equal(network().weight)
    (weights,) = steps(module, optimiser, 1)
    with optimiser.averaged():
        assert torch.allclose(module.weight, weights["weight"], rtol=1e-4)


def test_weights_come_back_after_averaging_even_after_an_error() -> None:
    module = network()
    optimiser = Optimizer(module, lr=0.1, ema=0.9)
    weights = steps(module, optimiser, 3)[-1]
    with pytest.raises(KeyError), optimiser.averaged():
        raise KeyError
    assert module.weight.equal(weights["weight"])


def test_looking_at_the_average_does_not_change_the_training() -> None:
    one, other = network(), network()
    first, second = (Optimizer(module, lr=0.1, ema=0.9) for module in (one, other))
    for _ in range(4):
        steps(one, first, 1)
        steps(other, second, 1)
        with second.averaged():
            loss(other)
    assert one.weight.equal(other.weight)


def test_without_average_the_weights_stay_in_place() -> None:
    module = network()
    optimiser = Optimizer(module, lr=0.1)
    weights = steps(module, optimiser, 3)[-1]
    with optimiser.averaged():
        assert module.weight.equal(weights["weight"])


@pytest.mark.parametrize(
    ("decay", "every", "expected"),
    [
        (1.0, 1, [0.2] * 5),
        (0.5, 1, [0.2, 0.1, 0.05, 0.025, 0.0125]),
        (0.5, 2, [0.2, 0.2, 0.1, 0.1, 0.05]),
        (0.97, 3, [0.2, 0.2, 0.2, 0.194, 0.194]),
    ],
)
def test_learning_rate_decays_by_epoch(decay: float, every: int, expected: list[float]) -> None:
    optimiser = Optimizer(network(), lr=0.2, lr_decay=decay, lr_decay_every=every)
    found = []
    for epoch in range(1, 6):
        optimiser.start_epoch(epoch)
        found.append(optimiser.rate)
    assert found == pytest.approx(expected)


def test_learning_rate_is_what_a_step_takes() -> None:
    module = network()
    optimiser = Optimizer(module, lr=0.2, lr_decay=0.5)
    optimiser.start_epoch(3)
    weights = steps(module, optimiser, 1)[0]["weight"]
    # Adam's first step is the learning rate against the sign of the gradient
    assert torch.allclose((weights - network().weight).abs(), torch.tensor(0.05), rtol=1e-3)


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_stored_state_continues_bit_by_bit(settings: dict[str, float]) -> None:
    module = network()
    optimiser = Optimizer(module, lr=0.1, **settings)
    optimiser.start_epoch(1)
    steps(module, optimiser, 3)
    weights, state = copied(module.state_dict()), copied(optimiser.state())
    optimiser.start_epoch(2)
    expected = steps(module, optimiser, 3)

    other = network()
    other.load_state_dict(weights)
    resumed = Optimizer(other, lr=0.1, **settings)
    resumed.load_state(state)
    resumed.start_epoch(2)
    found = steps(other, resumed, 3)
    for a, b in zip(expected, found, strict=True):
        assert all(a[name].equal(b[name]) for name in a)
    with optimiser.averaged(), resumed.averaged():
        assert module.weight.equal(other.weight)
    assert copied(optimiser.state()).keys() == copied(resumed.state()).keys()
    assert all(value.equal(resumed.state()[name]) for name, value in optimiser.state().items())
    assert resumed.steps == 6


def test_state_of_another_network_is_refused() -> None:
    module = network()
    optimiser = Optimizer(module, lr=0.1, ema=0.9)
    steps(module, optimiser, 1)
    state = optimiser.state()
    del state["ema.weight"]
    with pytest.raises(KeyError, match=r"ema\.weight"):
        Optimizer(network(), lr=0.1, ema=0.9).load_state(state)
