"""Stratified, seeded parts of the rows."""

import math

import numpy as np

from vibcli import randomness
from vibcli.data.dataset import Ints, Labels
from vibcli.errors import DataError


def hold_out(
    rows: Ints, labels: Labels, size: float | int, seed: int, purpose: str, names: tuple[str, ...]
) -> tuple[Ints, Ints]:
    """Split ``rows`` into the rest and a held-out part with the same shares of classes.

    Each class gives its share of rows, rounded by largest remainders, drawn without replacement.
    Where labels are numbers, rows are drawn whatever their label.

    Args:
        rows: row numbers ``[N]``.
        labels: label of every row number, ``[>= max(rows) + 1]``.
        size: fraction or number of rows to hold out.
        seed: of the draw.
        purpose: what the held-out part is for; names the random stream and the error.
        names: of the classes; none where labels are numbers.

    Raises:
        DataError: a class has too few rows to be in both parts.
    """
    rng = np.random.default_rng(randomness.derive(seed, "split", purpose))
    wanted = size if isinstance(size, int) else math.ceil(size * len(rows))
    if not names:
        if not 0 < wanted < len(rows):
            raise DataError(
                f"{len(rows)} rows are too few to hold out a {purpose} part of {size:g}."
            )
        held = np.sort(rng.permutation(rows)[:wanted])
        return np.setdiff1d(rows, held), held
    present, counts = np.unique(labels[rows], return_counts=True)
    if counts.min() < 2:
        rare = [f"'{names[c]}' has {n}" for c, n in zip(present, counts, strict=True) if n < 2]
        raise DataError(
            f"Holding out a {purpose} part needs at least 2 rows of each class, but class "
            f"{', '.join(rare[:5])}. Add rows or remove the class."
        )
    if not len(present) <= wanted <= len(rows) - len(present):
        raise DataError(
            f"{len(rows)} rows of {len(present)} classes are too few to hold out a {purpose} "
            f"part of {size:g} with every class in both parts."
        )
    exact = counts * wanted / len(rows)
    quotas = exact.astype(int)
    largest = np.argsort(quotas - exact, kind="stable")
    quotas[largest[: wanted - quotas.sum()]] += 1
    held = np.concatenate(
        [
            rng.permutation(rows[labels[rows] == c])[:quota]
            for c, quota in zip(present, quotas, strict=True)
        ]
    )
    return np.setdiff1d(rows, held), np.sort(held)
