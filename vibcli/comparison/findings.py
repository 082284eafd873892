"""What is found of experiments whose runs are paired by seed, whatever they predict."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from vibcli.comparison.measured import Measured
from vibcli.comparison.member import Member
from vibcli.statistics import (
    LEVEL,
    Estimate,
    Improvement,
    estimate,
    max_t,
    probability_of_improvement,
    sign_flip,
)
from vibcli.tasks.task import Quantity


class Finding(NamedTuple):
    """One quantity of one experiment. Differences are to the first experiment, by seed.

    ``p`` is that of the sign-flip test alone, ``p_adjusted`` that among all which were tested.
    ``alike``: all differences have the same sign.
    """

    value: Estimate
    difference: Estimate | None = None
    improvement: Improvement | None = None
    p: float | None = None
    p_adjusted: float | None = None
    alike: bool = False


def findings(
    measured: Measured, quantities: Mapping[str, Quantity], level: float | None
) -> dict[str, Finding]:
    """What an experiment's values and its differences say, with intervals of 1 - ``level``."""
    return {
        key: _finding(
            list(values.values()),
            list(measured.differences.get(key, {}).values()),
            quantities[key],
            LEVEL if level is None else 1 - level,
        )
        for key, values in measured.values.items()
    }


def _finding(
    values: Sequence[float], differences: Sequence[float], quantity: Quantity, coverage: float
) -> Finding:
    value = estimate(values)
    if not differences:
        return Finding(value)
    improvement = None
    if quantity.better:
        improvement = probability_of_improvement(differences, quantity.better > 0)
    tested = quantity.tested and len(differences) > 1
    signs = {round(np.sign(apart)) for apart in differences}
    return Finding(
        value=value,
        difference=estimate(differences, coverage),
        improvement=improvement,
        p=sign_flip(differences, np.random.default_rng(0)).p if tested else None,
        alike=signs in ({1}, {-1}),
    )


def correct(found: Sequence[dict[str, Finding]], measured: Sequence[Measured], primary: str) -> int:
    """Put in the P values that step-down max-T gives to all secondary quantities together.

    Returns how many there are. A seed that an experiment lacks has no sign to flip in it.
    """
    places = [
        (rows, own.differences[key], key)
        for rows, own in zip(found, measured, strict=True)
        for key, finding in rows.items()
        if finding.p is not None and key != primary
    ]
    if not places:
        return 0
    seeds = sorted({seed for _, apart, _ in places for seed in apart})
    matrix = [[apart.get(seed, 0.0) for seed in seeds] for _, apart, _ in places]
    adjusted = max_t(matrix, np.random.default_rng(0))
    for (rows, _, key), p in zip(places, adjusted, strict=True):
        rows[key] = rows[key]._replace(p_adjusted=float(p))
    return len(places)


def divided_settings(
    members: Sequence[Member],
) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """Settings with one value throughout, and those that differ or apply to some only."""
    settings = {member.name: next(iter(member.runs.values())).config.settings for member in members}
    names = sorted({name for values in settings.values() for name in values} - {"variant"})
    constant: dict[str, object] = {}
    differing: dict[str, dict[str, object]] = {}
    for name in names:
        values = {member: given.get(name) for member, given in settings.items()}
        if len({repr(value) for value in values.values()}) == 1:
            constant[name] = next(iter(values.values()))
        else:
            differing[name] = values
    return constant, differing
