"""Stratified, seeded parts of the rows."""

import math
from collections.abc import Sequence

import numpy as np

from vibcli import randomness
from vibcli.data.dataset import Ints, Labels
from vibcli.errors import DataError

SHOWN = 5  # classes that a message names


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
        rare = [names[c] for c, n in zip(present, counts, strict=True) if n < 2]
        raise DataError(_too_rare(rare, [names[c] for c in present], purpose))
    if not len(present) <= wanted <= len(rows) - len(present):
        raise DataError(
            f"{len(rows)} rows of {len(present)} classes are too few to hold out a {purpose} "
            f"part of {size:g} with every class in both parts. "
            f"{_advice([names[c] for c in present], _enough(len(present), len(rows), purpose))}"
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


def _too_rare(rare: Sequence[str], classes: Sequence[str], purpose: str) -> str:
    """What to say of classes that have one row alone."""
    shown = ", ".join(f"'{name}'" for name in rare[:SHOWN]) + (", ..." if rare[SHOWN:] else "")
    several = f"{len(rare)} of {len(classes)} classes have 1: {shown}"
    lead = f"Holding out a {purpose} part needs at least 2 rows of each class, but "
    if len(rare) == 1:
        return f"{lead}class {shown} has 1. {_advice(classes, 'add rows or remove the class')}"
    if len(rare) == len(classes):
        return (
            f"{lead}{several}. A label that is another one in each row tells rows apart. "
            + _advice(classes, "name another --label")
        )
    return f"{lead}{several}. {_advice(classes, 'add rows or remove these classes')}"


def _enough(classes: int, rows: int, purpose: str) -> str:
    """What would hold every class in both parts, if anything does."""
    if 2 * classes > rows:
        return "add rows or remove classes"
    if purpose == "training":
        return f"take --train-rows {classes} to {rows - classes}"
    share = 100 * classes / rows
    least, most = math.ceil(share) / 100, math.floor(100 - share) / 100
    if least > most:
        return "add rows or remove classes"
    sizes = f"{least:g}" if least == most else f"{least:g} to {most:g}"
    return f"take --{purpose} {sizes}, add rows or remove classes"


def _advice(classes: Sequence[str], what: str) -> str:
    """A sentence; where classes are whole numbers they may be meant to be numbers."""
    numbers = all(name.removeprefix("-").isdecimal() for name in classes)
    sentence = what[0].upper() + what[1:]
    if numbers and len(classes) > 2:
        return f"{sentence}; or, if the label is a number to predict: --task regression"
    return f"{sentence}."
