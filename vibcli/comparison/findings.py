"""What is found of experiments whose runs are paired by seed, whatever they predict."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from vibcli.errors import VibError
from vibcli.statistics import (
    Estimate,
    Improvement,
    estimate,
    holm,
    paired,
    pairs_needed,
    probability_of_improvement,
    sign_flip,
    smallest_p,
)
from vibcli.store.records import Run
from vibcli.tasks.task import Quantity

ALPHA = 0.05


class Member(NamedTuple):
    """One experiment: its name and its complete runs by seed, and how many others diverged."""

    name: str
    runs: dict[int, Run]
    broken: int


class Finding(NamedTuple):
    """One quantity of one experiment. Differences are to the first experiment, by seed."""

    value: Estimate
    difference: Estimate | None = None
    improvement: Improvement | None = None
    p: float | None = None
    p_holm: float | None = None


class Significance(NamedTuple):
    """What the tests of a comparison could find at all.

    ``tests`` is the number of p values that Holm's correction is over; ``smallest_p`` the least
    that the fewest pairs can reach, and ``pairs_needed`` how many pairs could reach significance
    at 5%: uncorrected, and as the first of ``tests``.
    """

    tests: int
    smallest_p: float | None
    pairs_needed: tuple[int, int]


ValuesBySeed = dict[str, dict[int, float]]  # quantity -> seed -> value


def check(members: Sequence[Member]) -> None:
    """Refuse to compare what cannot be compared.

    Raises:
        VibError: an experiment has no complete run, or data differ.
    """
    for member in members:
        if not member.runs:
            broken = f" ({member.broken} diverged or failed)" if member.broken else ""
            raise VibError(f"'{member.name}' has no complete run to compare{broken}.")
    prints = {
        member.name: {run.data.fingerprint for run in member.runs.values()} for member in members
    }
    if len(set().union(*prints.values())) > 1:
        shown = "; ".join(f"{name}: {', '.join(sorted(p))}" for name, p in prints.items())
        raise VibError(f"The runs were made on different data and cannot be compared ({shown}).")


def values_of(member: Member, of: Callable[[Run], Mapping[str, float | None]]) -> ValuesBySeed:
    """The quantities that ``of`` takes of each run, as far as they are known."""
    found: ValuesBySeed = {}
    for seed, run in sorted(member.runs.items()):
        for key, value in of(run).items():
            if value is not None:
                found.setdefault(key, {})[seed] = value
    return found


def findings(
    own: ValuesBySeed, reference: ValuesBySeed | None, quantities: Mapping[str, Quantity]
) -> dict[str, Finding]:
    """What an experiment's values say, and its differences to ``reference`` within seeds."""
    found = {}
    for key, values in own.items():
        finding = Finding(estimate(list(values.values())))
        differences = paired(values, (reference or {}).get(key, {}))
        if differences:
            better = quantities[key].better
            p = None
            if quantities[key].tested and len(differences) > 1:
                p = sign_flip(differences, np.random.default_rng(0)).p
            finding = finding._replace(
                difference=estimate(differences),
                improvement=probability_of_improvement(differences, better > 0) if better else None,
                p=p,
            )
        found[key] = finding
    return found


def correct(found: Sequence[dict[str, Finding]]) -> Significance:
    """Put in the p values that Holm's method gives to all of them together; say what it could."""
    places = [(rows, key, f.p) for rows in found for key, f in rows.items() if f.p is not None]
    adjusted = holm([p for _, _, p in places]) if places else ()
    for (rows, key, _), p_holm in zip(places, adjusted, strict=True):
        rows[key] = rows[key]._replace(p_holm=float(p_holm))
    pairs = [d.n for rows, key, _ in places if (d := rows[key].difference) is not None]
    return Significance(
        tests=len(places),
        smallest_p=smallest_p(min(pairs)) if pairs else None,
        pairs_needed=(pairs_needed(ALPHA), pairs_needed(ALPHA, max(len(places), 1))),
    )


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
