"""What the test rows say of a difference, from the predictions that runs have saved."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from vibcli.statistics import Bootstrap, Discordance, bootstrap_difference, mcnemar
from vibcli.tasks.row_scores import RowScores


class RowFindings(NamedTuple):
    """How far a difference depends on the rows, and in how many of them two runs differ, by seed.

    ``chance`` is None where the seeds that both have were not all tested on the same rows.
    """

    chance: Bootstrap | None = None
    discordance: Mapping[int, Discordance] = MappingProxyType({})


Scores = Mapping[str, Mapping[int, RowScores]]  # by experiment and seed


def compare_rows(own: Mapping[int, RowScores], reference: Mapping[int, RowScores]) -> RowFindings:
    """What test rows say of the seeds that both have."""
    seeds = sorted(own.keys() & reference.keys())
    if not seeds or not all(
        np.array_equal(found[seed].rows, own[seeds[0]].rows)
        for found in (own, reference)
        for seed in seeds
    ):
        return RowFindings()
    a, b = (np.stack([found[s].correct for s in seeds]).astype(float) for found in (own, reference))
    discordance = {s: mcnemar(x, y) for s, x, y in zip(seeds, a, b, strict=True)}
    return RowFindings(bootstrap_difference(a, b, np.random.default_rng(0)), discordance)
