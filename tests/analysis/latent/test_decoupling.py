import numpy as np
import pytest
import torch
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import KFold, LeaveOneOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from vibcli.analysis.latent.decoupling import correlations, kernel_r_squared, linear_r_squared


def normal(n: int, k: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, k, generator=generator, dtype=torch.float64)


def mixed(n: int, k: int) -> Tensor:
    return normal(n, k) @ normal(k, k, 1) + 3


def every(z: Tensor) -> Tensor:
    return torch.arange(z.shape[1])


def test_correlations_are_those_of_numpy() -> None:
    z = mixed(50, 4)
    found = correlations(torch.from_numpy(np.cov(z.T.numpy())))
    assert found.numpy() == pytest.approx(np.corrcoef(z.T.numpy()))


@pytest.mark.parametrize(("n", "k"), [(60, 4), (23, 2), (30, 50), (7, 3)])
@pytest.mark.parametrize("ridge", [1.0, 30.0])
def test_the_linear_r_squared_is_that_of_sklearn(n: int, k: int, ridge: float) -> None:
    z = mixed(n, k)
    found = linear_r_squared(z, 5, (ridge,)).numpy()
    x = z.numpy()
    for unit in range(k):
        rest, y = np.delete(x, unit, 1), x[:, unit]
        errors = np.zeros(n)
        for seen, held in KFold(5).split(x):
            model = make_pipeline(StandardScaler(), Ridge(ridge)).fit(rest[seen], y[seen])
            errors[held] = (y[held] - model.predict(rest[held])) ** 2
        wanted = 1 - errors.sum() / ((y - y.mean()) ** 2).sum()
        assert found[unit] == pytest.approx(wanted)


@pytest.mark.parametrize(("n", "k"), [(40, 4), (25, 2), (20, 30)])
def test_the_kernel_r_squared_is_that_of_sklearn(n: int, k: int) -> None:
    z = mixed(n, k)
    found = kernel_r_squared(z, every(z)[::2], (0.5,)).numpy()
    x = StandardScaler().fit_transform(z.numpy())
    for place, unit in enumerate(range(0, k, 2)):
        rest, y = np.delete(x, unit, 1), x[:, unit]
        kernel = rest @ rest.T / (k - 1) + rbf_kernel(rest, gamma=1 / (2 * (k - 1)))
        model = KernelRidge(alpha=0.5, kernel="precomputed")
        predicted = cross_val_predict(model, kernel, y, cv=LeaveOneOut())
        assert found[place] == pytest.approx(r2_score(y, predicted))


def test_the_best_ridge_counts_for_each_unit() -> None:
    z = mixed(40, 5)
    ridges = (0.1, 10.0, 1000.0)
    for function in (linear_r_squared, lambda z, ridges: kernel_r_squared(z, every(z), ridges)):
        each = torch.stack([function(z, ridges=(ridge,)) for ridge in ridges])
        assert torch.allclose(function(z, ridges=ridges), each.max(0).values)


def test_independent_units_cannot_be_predicted() -> None:
    z = normal(600, 20)
    for found in (linear_r_squared(z), kernel_r_squared(z, every(z))):
        assert found.abs().max() < 0.05


def test_a_copy_is_predicted_and_the_others_are_not() -> None:
    z = normal(500, 6)
    z[:, 4] = -2 * z[:, 1] + 7
    for found in (linear_r_squared(z), kernel_r_squared(z, every(z))):
        assert found[[1, 4]].min() > 0.98
        assert found[[0, 2, 3, 5]].abs().max() < 0.05


def test_a_square_is_predicted_by_the_kernel_alone() -> None:
    z = normal(500, 2)
    z[:, 1] = z[:, 0].square()
    assert linear_r_squared(z)[1] < 0.1
    assert kernel_r_squared(z, every(z))[1] > 0.8


def test_half_of_the_variance_is_known() -> None:
    z = normal(5000, 3)
    z[:, 2] = z[:, 0] + z[:, 2]
    assert linear_r_squared(z)[2] == pytest.approx(0.5, abs=0.03)


def test_scale_and_place_do_not_matter() -> None:
    z = mixed(80, 4)
    other = z * torch.tensor([1e-6, 1.0, 1e6, -3.0]) + 10
    assert torch.allclose(linear_r_squared(z), linear_r_squared(other), atol=1e-6)
    assert torch.allclose(
        kernel_r_squared(z, every(z)), kernel_r_squared(other, every(z)), atol=1e-6
    )


@pytest.mark.parametrize(("n", "k"), [(2, 2), (3, 40), (100, 1)])
def test_few_rows_or_one_unit_predict_nothing(n: int, k: int) -> None:
    z = normal(n, k)
    for found in (linear_r_squared(z), kernel_r_squared(z, every(z))):
        assert found.shape == (k,)
        assert found.isfinite().all()
        assert found.max() < 0.9
