"""Stratified, seeded parts of the rows."""

import numpy as np

from vibcli import randomness
from vibcli.data.dataset import Ints
from vibcli.errors import DataError


def hold_out(
    rows: Ints, labels: Ints, size: float | int, seed: int, purpose: str, names: tuple[str, ...]
) -> tuple[Ints, Ints]:
    """Split ``rows`` into the rest and a held-out part with the same shares of classes.

    Args:
        rows: row numbers ``[N]``.
        labels: label of every row number, ``[>= max(rows) + 1]``.
        size: fraction or number of rows to hold out.
        seed: of the draw.
        purpose: what the held-out part is for; names the random stream and the error.
        names: of the classes.

    Raises:
        DataError: a class has too few rows to be in both parts.
    """
    from sklearn.model_selection import train_test_split

    present, counts = np.unique(labels[rows], return_counts=True)
    if counts.min() < 2:
        rare = [f"'{names[c]}' has {n}" for c, n in zip(present, counts, strict=True) if n < 2]
        raise DataError(
            f"Holding out a {purpose} part needs at least 2 rows of each class, but class "
            f"{', '.join(rare[:5])}. Add rows or remove the class."
        )
    state = randomness.derive(seed, "split", purpose) % 2**32
    try:
        kept, held = train_test_split(
            rows, test_size=size, random_state=state, stratify=labels[rows]
        )
    except ValueError:
        raise DataError(
            f"{len(rows)} rows of {len(present)} classes are too few to hold out a {purpose} "
            f"part of {size:g} with every class in both parts."
        ) from None
    return np.sort(kept), np.sort(held)
