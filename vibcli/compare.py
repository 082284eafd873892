"""Runs -> paired statistics. Pure: no files, no printing.

Seeds are paired: seed k gives every experiment the same split, the same order and, where shapes
agree, the same initial weights. So experiments are compared by the differences within seeds.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from vibcli.errors import VibError
from vibcli.predictions import SavedPredictions
from vibcli.quantities import (
    QUANTITIES,
    TARGET_SHARE,
    TESTED,
    best_accuracy,
    convergence,
    quantities,
)
from vibcli.records import Run
from vibcli.statistics import (
    Bootstrap,
    Discordance,
    Estimate,
    Improvement,
    Outcome,
    bootstrap_difference,
    estimate,
    holm,
    judge,
    mcnemar,
    paired,
    pairs_needed,
    probability_of_improvement,
    sign_flip,
    smallest_p,
)

ALPHA = 0.05
MARGIN = 0.005


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


class Row(NamedTuple):
    """What was found of one experiment, and what its accuracy supports."""

    name: str
    seeds: tuple[int, ...]
    broken: int
    reached: int
    findings: dict[str, Finding]
    outcome: Outcome
    chance: Bootstrap | None
    discordance: dict[int, Discordance]


class Comparison(NamedTuple):
    """Rows in the order asked for, what they share, and what they differ in.

    Convergence is looked at over ``horizon`` epochs. ``tests`` is the number of p values that
    Holm's correction is over; ``smallest_p`` the least that the fewest pairs of a row can reach,
    and ``pairs_needed`` how many pairs could reach significance at 5%: uncorrected, and as the
    first of ``tests``.
    """

    dataset: str
    notes: tuple[str, ...]
    target: float
    target_reason: str
    horizon: int
    margin: float
    rows: tuple[Row, ...]
    tests: int
    smallest_p: float | None
    pairs_needed: tuple[int, int]
    constant: dict[str, object]
    differing: dict[str, dict[str, object]]


Predictions = Mapping[str, Mapping[int, SavedPredictions]]


def compare(
    members: Sequence[Member],
    target: float | None = None,
    margin: float = MARGIN,
    predictions: Predictions | None = None,
) -> Comparison:
    """Compare experiments by the seeds that they share with the first.

    Args:
        members: the first is what the others are compared to.
        target: validation accuracy that counts as converged; by default 99% of the first
            experiment's mean best validation accuracy, which no other experiment influences.
        margin: difference of accuracies that would matter, as a share.
        predictions: of the test rows, by experiment and seed, as far as they are known.

    Raises:
        VibError: an experiment has no complete run, or data differ.
    """
    for member in members:
        if not member.runs:
            broken = f" ({member.broken} diverged or failed)" if member.broken else ""
            raise VibError(f"'{member.name}' has no complete run to compare{broken}.")
    _check_same_data(members)
    reason = "--target"
    if target is None:
        best = np.mean([best_accuracy(run) for run in members[0].runs.values()])
        target = float(TARGET_SHARE * best)
        reason = f"{TARGET_SHARE:.0%} of {members[0].name}'s mean best validation accuracy"
    runs = [run for member in members for run in member.runs.values()]
    horizon = min(run.config.epochs for run in runs)
    measured = [_measure(member, target, horizon) for member in members]
    found = [_findings(own, measured[0] if i else None) for i, own in enumerate(measured)]
    _correct(found)
    rows = tuple(
        _row(member, members[0], target, margin, findings, predictions or {})
        for member, findings in zip(members, found, strict=True)
    )
    tests = [finding for row in rows for finding in row.findings.values() if finding.p is not None]
    pairs = [f.difference.n for f in tests if f.difference is not None]
    settings = {member.name: next(iter(member.runs.values())).config.settings for member in members}
    constant, differing = _divide_settings(settings)
    return Comparison(
        dataset=runs[0].data.name,
        notes=runs[0].data.notes,
        target=target,
        target_reason=reason,
        horizon=horizon,
        margin=margin,
        rows=rows,
        tests=len(tests),
        smallest_p=smallest_p(min(pairs)) if pairs else None,
        pairs_needed=(pairs_needed(ALPHA), pairs_needed(ALPHA, max(len(tests), 1))),
        constant=constant,
        differing=differing,
    )


Measured = dict[str, dict[int, float]]  # quantity -> seed -> value


def _measure(member: Member, target: float, horizon: int) -> Measured:
    found = {seed: quantities(run, target, horizon) for seed, run in sorted(member.runs.items())}
    by_key = {
        key: {seed: v for seed, values in found.items() if (v := values[key]) is not None}
        for key in QUANTITIES
    }
    return {key: values for key, values in by_key.items() if values}


def _findings(own: Measured, reference: Measured | None) -> dict[str, Finding]:
    found = {}
    for key, values in own.items():
        finding = Finding(estimate(list(values.values())))
        differences = paired(values, (reference or {}).get(key, {}))
        if differences:
            better = QUANTITIES[key].better
            p = None
            if key in TESTED and len(differences) > 1:
                p = sign_flip(differences, np.random.default_rng(0)).p
            finding = finding._replace(
                difference=estimate(differences),
                improvement=probability_of_improvement(differences, better > 0) if better else None,
                p=p,
            )
        found[key] = finding
    return found


def _correct(found: Sequence[dict[str, Finding]]) -> None:
    """Put in the p values that Holm's method gives to all of them together."""
    places = [(rows, key, f.p) for rows in found for key, f in rows.items() if f.p is not None]
    if not places:
        return
    adjusted = holm([p for _, _, p in places])
    for (rows, key, _), p_holm in zip(places, adjusted, strict=True):
        rows[key] = rows[key]._replace(p_holm=float(p_holm))


def _row(
    member: Member,
    reference: Member,
    target: float,
    margin: float,
    findings: dict[str, Finding],
    predictions: Predictions,
) -> Row:
    chance: Bootstrap | None = None
    discordance: dict[int, Discordance] = {}
    if member is not reference:
        own, theirs = (predictions.get(m.name, {}) for m in (member, reference))
        chance, discordance = _test_rows(own, theirs)
    difference = findings["accuracy"].difference if "accuracy" in findings else None
    return Row(
        name=member.name,
        seeds=tuple(sorted(member.runs)),
        broken=member.broken,
        reached=sum(convergence(r, target).epochs is not None for r in member.runs.values()),
        findings=findings,
        outcome="undecided" if difference is None else judge(difference, margin),
        chance=chance,
        discordance=discordance,
    )


def _test_rows(
    own: Mapping[int, SavedPredictions], reference: Mapping[int, SavedPredictions]
) -> tuple[Bootstrap | None, dict[int, Discordance]]:
    """What test rows say of the seeds that both have, if all of them were tested on the same."""
    seeds = sorted(own.keys() & reference.keys())
    if not seeds or not all(
        np.array_equal(found[seed].rows, own[seeds[0]].rows)
        for found in (own, reference)
        for seed in seeds
    ):
        return None, {}
    a, b = (np.stack([found[s].correct for s in seeds]).astype(float) for found in (own, reference))
    discordance = {s: mcnemar(x, y) for s, x, y in zip(seeds, a, b, strict=True)}
    return bootstrap_difference(a, b, np.random.default_rng(0)), discordance


def _check_same_data(members: Sequence[Member]) -> None:
    prints = {
        member.name: {run.data.fingerprint for run in member.runs.values()} for member in members
    }
    if len(set().union(*prints.values())) > 1:
        shown = "; ".join(f"{name}: {', '.join(sorted(p))}" for name, p in prints.items())
        raise VibError(f"The runs were made on different data and cannot be compared ({shown}).")


def _divide_settings(
    settings: dict[str, dict[str, object]],
) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """Settings with one value throughout, and those that differ or apply to some only."""
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
