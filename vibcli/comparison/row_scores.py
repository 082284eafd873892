"""What the test rows say of a difference, from the predictions that runs have saved."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vibcli.statistics import LEVEL, Bootstrap, Discordance, bootstrap_difference, mcnemar
from vibcli.tasks.row_scores import RowScores


class RowFindings(NamedTuple):
    """How far a difference depends on the rows, and in how many of them two runs differ, by seed.

    ``chance`` is None where no seed has predictions of both experiments.
    """

    chance: Bootstrap | None = None
    discordance: Mapping[int, Discordance] = MappingProxyType({})


Scores = Mapping[str, Mapping[int, RowScores]]  # by experiment and seed


def compare_rows(
    own: Mapping[int, RowScores],
    reference: Mapping[int, RowScores],
    seeds: Sequence[int],
    level: float = 1 - LEVEL,
) -> RowFindings:
    """What test rows say of these seeds, with intervals of 1 - ``level``.

    Seeds may have been tested on different rows, where the split is drawn anew by seed.
    """
    both = [
        seed
        for seed in seeds
        if seed in own
        and seed in reference
        and np.array_equal(own[seed].rows, reference[seed].rows)
    ]
    if len(both) < len(seeds) or not both:
        return RowFindings()
    differences = _scattered([own[s].rows for s in both], [_apart(own, reference, s) for s in both])
    chance = bootstrap_difference(
        differences, np.zeros_like(differences), np.random.default_rng(0), level=1 - level
    )
    discordance = {s: mcnemar(own[s].correct, reference[s].correct) for s in both}
    return RowFindings(chance, discordance)


def _apart(
    own: Mapping[int, RowScores], reference: Mapping[int, RowScores], seed: int
) -> NDArray[np.float64]:
    apart: NDArray[np.float64] = own[seed].correct.astype(float) - reference[seed].correct
    return apart


def _scattered(
    rows: Sequence[NDArray[np.int64]], values: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Values ``[S, N]`` over the rows that any seed has, 0 in those that a seed lacks.

    They are scaled so that the mean of a line over all N is that over the seed's own rows.
    """
    every = np.unique(np.concatenate(rows))
    found = np.zeros((len(rows), len(every)))
    for line, where, value in zip(found, rows, values, strict=True):
        line[np.searchsorted(every, where)] = value * len(every) / len(where)
    return found
