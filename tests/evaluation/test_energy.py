import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist
from scipy.stats import energy_distance
from torch import Tensor

from vibcli.evaluation.energy import energy_coefficient

Floats = NDArray[np.float64]


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def with_itself(points: Floats) -> float:
    """Mean distance of two points, also of one with itself."""
    return float(np.abs(points[:, None] - points).mean())


@pytest.mark.parametrize(("m", "n"), [(2, 2), (7, 30), (200, 150)])
def test_agrees_with_scipy_in_one_dimension(m: int, n: int) -> None:
    a, b = normal(m, 1), 0.5 + 2 * normal(n, 1, seed=1)
    x, y = a[:, 0].double().numpy(), b[:, 0].double().numpy()
    across = 2 * np.abs(x[:, None] - y).mean()
    # SciPy counts pairs of a point with itself, so its mean distances are smaller
    difference = energy_distance(x, y) ** 2
    difference -= with_itself(x) / (m - 1) + with_itself(y) / (n - 1)
    assert energy_coefficient(a, b) == pytest.approx(difference / across, rel=1e-4, abs=1e-6)


def test_agrees_with_scipys_distances_in_many_dimensions() -> None:
    a, b = normal(40, 17), normal(60, 17, seed=1) + 0.3
    across = 2 * cdist(a.double(), b.double()).mean()
    expected = (across - pdist(a.double()).mean() - pdist(b.double()).mean()) / across
    assert energy_coefficient(a, b) == pytest.approx(expected, abs=1e-5)


def test_by_hand() -> None:
    # across: 5, 5, 10 and 0, so 2 * 5; within: 5 and 5
    a, b = torch.tensor([[0.0, 0.0], [3.0, 4.0]]), torch.tensor([[6.0, 8.0], [3.0, 4.0]])
    assert energy_coefficient(a, b) == pytest.approx((2 * 5 - 5 - 5) / (2 * 5))
    b = torch.tensor([[-3.0, -4.0], [0.0, 0.0]])
    assert energy_coefficient(3 * a, 3 * b) == pytest.approx(energy_coefficient(a, b))
    # across: 10, 10, 15 and 15; within: 5 and 0
    c = torch.tensor([[-6.0, -8.0], [-6.0, -8.0]])
    assert energy_coefficient(a, c) == pytest.approx((2 * 12.5 - 5) / (2 * 12.5))


def test_two_halves_of_the_same_data_are_alike_and_other_data_are_not() -> None:
    a, b = normal(3000, 10).split(1500)
    assert abs(energy_coefficient(a, b)) < 0.002
    assert energy_coefficient(a, b + 0.5) > 0.02
    assert energy_coefficient(a, 2 * b) > 0.02


def test_it_is_0_on_average_for_few_points_of_one_distribution() -> None:
    found = [
        energy_coefficient(normal(5, 2, seed=2 * seed), normal(5, 2, seed=2 * seed + 1))
        for seed in range(400)
    ]
    assert min(found) < -0.1
    assert abs(np.mean(found)) < 0.03


def test_two_points_are_as_far_as_can_be() -> None:
    a, b = torch.zeros(4, 3), torch.ones(6, 3)
    assert energy_coefficient(a, b) == 1
    assert energy_coefficient(a, 1e-3 * b) == 1


def test_one_point_and_the_same_point_are_equal() -> None:
    assert energy_coefficient(torch.zeros(4, 3), torch.zeros(5, 3)) == 0


@pytest.mark.parametrize(("m", "n"), [(1, 5), (5, 1), (0, 5)])
def test_one_point_alone_is_refused(m: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"not {m} and {n}"):
        energy_coefficient(torch.zeros(m, 3), torch.ones(n, 3))
