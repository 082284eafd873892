import pytest
import torch

from vibcli.models.penalties import Adaptive, Controlled, Threshold, Weighted
from vibcli.registry import PENALTIES
from vibcli.tasks.resolve import resolve

RATES = torch.tensor([1.0, 3.0, 6.0])


def test_weighted_penalty_is_lambda_times_the_mean_rate() -> None:
    penalty = Weighted(0.3)
    assert penalty.cost(RATES).item() == pytest.approx(1.0)
    penalty.update(100.0)
    assert penalty.lam == 0.3


def test_threshold_penalty_by_hand() -> None:
    # beta 2 leaves 0, 1 and 4 nats to pay: half of 5/3
    assert Threshold(0.5, 2.0).cost(RATES).item() == pytest.approx(5 / 6)


def test_threshold_is_taken_per_example_not_of_the_mean() -> None:
    # the mean rate 10/3 is below beta, yet the third example pays
    assert Threshold(1.0, 4.0).cost(RATES).item() == pytest.approx(2 / 3)


def test_threshold_gives_no_gradient_to_examples_below_it() -> None:
    rates = RATES.clone().requires_grad_()
    Threshold(0.6, 2.0).cost(rates).backward()
    assert rates.grad is not None
    assert rates.grad.tolist() == pytest.approx([0, 0.2, 0.2])


def test_threshold_zero_is_the_weighted_penalty() -> None:
    assert Threshold(0.3, 0.0).cost(RATES).equal(Weighted(0.3).cost(RATES))


def test_adaptive_penalty_subtracts_the_constraint_once() -> None:
    # 0.3 (10/3 - 4), not 0.3 (10/3 - 8)
    assert Adaptive(0.3, 4.0, 0.1).cost(RATES).item() == pytest.approx(-0.2)


def test_adaptive_penalty_has_the_gradient_of_the_weighted_one() -> None:
    rates = RATES.clone().requires_grad_()
    Adaptive(0.3, 4.0, 0.1).cost(rates).backward()
    assert rates.grad is not None
    assert rates.grad.tolist() == pytest.approx([0.1] * 3)


def test_adaptive_lambda_moves_up_and_down_and_never_below_zero() -> None:
    penalty = Adaptive(0.0, rate_target=4.0, dual_step=0.1)
    found = []
    for rate in (3.0, 9.0, 5.0, 4.0, 3.0, 0.0, 0.0, 6.0):
        penalty.update(rate)
        found.append(penalty.lam)
    assert found == pytest.approx([0, 0.5, 0.6, 0.6, 0.5, 0.1, 0, 0.2])


@pytest.mark.parametrize(
    ("target", "weight"),
    [
        (5.0, 0.3 * (2 / 3) ** 4),  # the mean rate is 10/3
        (10 / 3, 0.3),
        (2.5, 0.3 * (4 / 3) ** 4),
        (0.1, 0.3 * 16),  # farther than twice
        (99.0, 0.3 / 16),
    ],
)
def test_a_controlled_weight_grows_with_the_rate(target: float, weight: float) -> None:
    rates = RATES.clone().requires_grad_()
    cost = Controlled(0.3, target).cost(rates)
    assert cost.item() == pytest.approx(weight * (10 / 3 - target), abs=1e-6)
    cost.backward()
    assert rates.grad is not None  # the weight is a constant to the gradient
    assert rates.grad.tolist() == pytest.approx([weight / 3] * 3)


def test_a_controlled_lambda_is_multiplied_and_never_less_than_a_thousandth() -> None:
    penalty = Controlled(0.0, rate_target=4.0)
    found = []
    for rate in (1.0, 4.0, 8.0, 800.0, 4.0, 2.0, 0.0, 2.0, 0.0):
        penalty.update(rate)
        found.append(penalty.lam / 1e-3)
    up = 2**0.2
    assert found == pytest.approx([1, 1, up, up**2, up**2, up, 1, 1, 1])


def test_a_controlled_lambda_is_the_same_whatever_the_size_of_the_rates() -> None:
    small, large = Controlled(0.5, 0.01), Controlled(0.5, 1000.0)
    for share in (3.0, 0.4, 1.5):
        small.update(0.01 * share)
        large.update(1000.0 * share)
    assert small.lam == pytest.approx(large.lam)


@pytest.mark.parametrize("exponent", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("target", [0.1, 4.0, 50.0])
def test_a_controlled_lambda_finds_the_weight_that_the_target_needs(
    exponent: float, target: float
) -> None:
    """A rate of 10 weight^-exponent that takes twenty steps to follow, as trained ones do."""
    penalty, rate = Controlled(0.0, target), 1e-3
    for _ in range(2000):
        # the gradient of the cost, had it the mean rate alone
        mean = torch.tensor([rate], requires_grad=True)
        penalty.cost(mean).backward()
        assert mean.grad is not None
        wanted = 10 * max(mean.grad.item(), 1e-9) ** -exponent
        rate *= (wanted / rate) ** 0.05
        penalty.update(rate)
    assert rate == pytest.approx(target, rel=0.01)


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("weighted", Weighted, {"lam": 0.7}),
        ("threshold", Threshold, {"lam": 0.7, "beta": 1.5}),
        ("adaptive", Adaptive, {"lam": 0.7, "rate_target": 3.0, "dual_step": 0.5}),
    ],
)
def test_a_penalty_is_what_its_settings_say(
    name: str, kind: type, expected: dict[str, float]
) -> None:
    settings = {"lam": 0.7, "beta": 1.5, "rate_target": 3.0, "dual_step": 0.5}
    found = PENALTIES.load(name).from_config(resolve("vib", "tabular", settings))
    assert type(found) is kind
    assert vars(found) == expected


def test_without_a_step_the_adaptive_penalty_is_controlled() -> None:
    found = PENALTIES.load("adaptive").from_config(resolve("vib-adaptive", "tabular", {}))
    assert type(found) is Controlled
    assert vars(found) == {"lam": 0.0, "rate_target": 4.0}


@pytest.mark.parametrize("name", PENALTIES)
def test_no_weight_costs_nothing(name: str) -> None:
    found = PENALTIES.load(name).from_config(resolve("vib", "tabular", {"lam": 0}))
    assert found.cost(RATES).item() == 0
