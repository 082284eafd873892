"""Numbers that the statistics can be computed of, or a clear error."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def finite_values(name: str, values: ArrayLike, axes: int = 1) -> Floats:
    """``values`` as an array with this many axes.

    Raises:
        ValueError: it has other axes, is empty, or holds NaN or infinity.
    """
    array = np.asarray(values, np.float64)
    if array.ndim != axes or not array.size:
        raise ValueError(
            f"{name}: expected values along {axes} {'axis' if axes == 1 else 'axes'}, "
            f"got the shape {array.shape}."
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got {array[~np.isfinite(array)][0]}.")
    return array


def same_shape(first: str, a: NDArray[Any], second: str, b: NDArray[Any]) -> None:
    """Require equal shapes.

    Raises:
        ValueError: they differ.
    """
    if a.shape != b.shape:
        raise ValueError(f"{first} and {second} differ in shape: {a.shape} and {b.shape}.")


def binary(name: str, values: ArrayLike) -> NDArray[np.bool_]:
    """``values`` ``[n]`` as booleans.

    Raises:
        ValueError: it is empty or holds anything but 0 and 1.
    """
    array = finite_values(name, values)
    if strange := set(array) - {0, 1}:
        raise ValueError(f"{name}: expected 0 and 1, got {min(strange)}.")
    return array.astype(bool)


def share(name: str, value: float) -> None:
    """Require 0 < ``value`` < 1.

    Raises:
        ValueError: it is not.
    """
    if not 0 < value < 1:
        raise ValueError(f"{name}: expected a number between 0 and 1, got {value}.")
