"""How far the units of a latent can be told from each other.

All functions are deterministic. Units without variance have to be left out before.
"""

import torch
from torch import Tensor

FOLDS = 5
UNITS = 128  # that it predicts
ROWS = 600  # for the predictor that is not linear
RIDGES = (1.0, 30.0, 1000.0)
KERNEL_RIDGES = (0.3, 3.0, 30.0)


def correlations(covariance: Tensor) -> Tensor:
    """Pearson's r of each pair of units: ``[K, K]`` -> ``[K, K]``."""
    deviation = covariance.diagonal().sqrt()
    return (covariance / deviation / deviation[:, None]).clamp(-1, 1)


def linear_r_squared(z: Tensor, folds: int = FOLDS, ridges: tuple[float, ...] = RIDGES) -> Tensor:
    """Held-out R squared of each unit, predicted linearly from all others: ``[N, K]`` -> ``[K]``.

    The predictability that Schmidhuber (1992, "Learning factorial codes by predictability
    minimization") minimises, with ridge regression as the predictor. With G = X'X + ridge I of
    the standardised units of the training folds and P its inverse, the coefficients of unit k
    are -P_jk / P_kk, so that one inverse serves all units.

    R^2 = 1 - sum of squared errors / sum of squared deviations, over the rows of all folds, each
    predicted from the others. It is 0 or a little less where a unit cannot be predicted. For each
    unit the best of ``ridges`` counts, which is chosen on the same errors and so favours it a
    little.

    Args:
        z: ``[N, K]``, rows in random order; every unit varies.
        folds: parts that the rows are divided into, in their order; at most N.
        ridges: to choose from; added to the squared lengths of the standardised units.
    """
    z = z.double()
    errors = torch.zeros(len(ridges), z.shape[1], dtype=torch.float64)
    for held in torch.arange(len(z)).tensor_split(min(folds, len(z))):
        seen = torch.ones(len(z), dtype=torch.bool)
        seen[held] = False
        training = z[seen]
        centre, deviation = training.mean(0), training.std(0, correction=0)
        scale = torch.where(deviation > 0, deviation, 1)
        x = (training - centre) / scale
        products, unit = x.T @ x, torch.eye(z.shape[1], dtype=z.dtype)
        for error, ridge in zip(errors, ridges, strict=True):
            inverse = torch.linalg.inv(products + ridge * unit)
            # x_k minus its prediction, sum_j x_j P_jk / P_kk with j = k among the terms
            residual = (z[held] - centre) / scale @ (inverse / inverse.diagonal())
            error += (residual * scale).square().sum(0)
    return 1 - errors.min(0).values / (z - z.mean(0)).square().sum(0)


def kernel_r_squared(
    z: Tensor, targets: Tensor, ridges: tuple[float, ...] = KERNEL_RIDGES
) -> Tensor:
    """Like `linear_r_squared`, with a predictor that need not be linear: ``[n, K]`` -> ``[T]``.

    Kernel ridge regression with the kernel x'y / D + exp(-|x - y|^2 / (2 D)) of the D = K - 1
    other units, standardised: a sum of a linear and of a smooth function (Saunders et al. 1998).
    Each row is predicted from all others; with C = kernel + ridge I the error is
    (C^-1 y)_i / (C^-1)_ii. Time grows with T n^3.

    Args:
        z: ``[n, K]``; every unit varies.
        targets: ``[T]``, units to predict, each from all others.
        ridges: to choose from.
    """
    x = z.double()
    x = (x - x.mean(0)) / x.std(0, correction=0)
    n, units = x.shape
    others = max(units - 1, 1)
    products = x @ x.T
    lengths = products.diagonal()
    distances = lengths[:, None] + lengths - 2 * products
    found = []
    for k in targets.tolist():
        y = x[:, k]
        product = products - y[:, None] * y
        distance = distances - (y[:, None] - y).square()
        kernel = product / others + (-distance / (2 * others)).exp()
        errors = []
        for ridge in ridges:
            factor = torch.linalg.cholesky(kernel + ridge * torch.eye(n, dtype=x.dtype))
            inverse = torch.cholesky_inverse(factor)
            errors.append(((inverse @ y) / inverse.diagonal()).square().sum())
        found.append(1 - torch.stack(errors).min() / n)
    return torch.stack(found)
