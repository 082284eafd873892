"""Runs -> paired statistics. Pure: no files, no printing.

Seeds are paired: seed k gives every experiment the same split, the same order and, where shapes
agree, the same initial weights. So experiments are compared by the differences within seeds.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from vibcli.comparison.findings import (
    Finding,
    Member,
    check,
    correct,
    divided_settings,
    findings,
    measure,
)
from vibcli.comparison.quantities import (
    QUANTITIES,
    TARGET_SHARE,
    Horizon,
    arrival,
    best_accuracy,
    horizon_of,
    quantities,
)
from vibcli.statistics import (
    Bootstrap,
    Discordance,
    Outcome,
    bootstrap_difference,
    judge,
    mcnemar,
)
from vibcli.store.predictions import SavedPredictions

MARGIN = 0.005


class Row(NamedTuple):
    """What was found of one experiment, and what its accuracy supports.

    ``reached`` counts the runs that reach the target within the horizon.
    """

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

    Convergence is looked at up to the ``horizon``. ``tests`` is the number of p values that
    Holm's correction is over; ``smallest_p`` the least that the fewest pairs of a row can reach,
    and ``pairs_needed`` how many pairs could reach significance at 5%: uncorrected, and as the
    first of ``tests``.
    """

    dataset: str
    notes: tuple[str, ...]
    target: float
    target_reason: str
    horizon: Horizon
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
    check(members)
    reason = "--target"
    if target is None:
        best = np.mean([best_accuracy(run) for run in members[0].runs.values()])
        target = float(TARGET_SHARE * best)
        reason = f"{TARGET_SHARE:.0%} of {members[0].name}'s mean best validation accuracy"
    runs = [run for member in members for run in member.runs.values()]
    horizon = horizon_of(runs)
    measured = [measure(m, lambda run: quantities(run, target, horizon)) for m in members]
    found = [
        findings(own, measured[0] if i else None, QUANTITIES) for i, own in enumerate(measured)
    ]
    significance = correct(found)
    rows = tuple(
        _row(member, members[0], target, horizon, margin, own, predictions or {})
        for member, own in zip(members, found, strict=True)
    )
    constant, differing = divided_settings(members)
    return Comparison(
        dataset=runs[0].data.name,
        notes=runs[0].data.notes,
        target=target,
        target_reason=reason,
        horizon=horizon,
        margin=margin,
        rows=rows,
        **significance._asdict(),
        constant=constant,
        differing=differing,
    )


def _row(
    member: Member,
    reference: Member,
    target: float,
    horizon: Horizon,
    margin: float,
    found: dict[str, Finding],
    predictions: Predictions,
) -> Row:
    chance: Bootstrap | None = None
    discordance: dict[int, Discordance] = {}
    if member is not reference:
        own, theirs = (predictions.get(m.name, {}) for m in (member, reference))
        chance, discordance = _test_rows(own, theirs)
    difference = found["accuracy"].difference if "accuracy" in found else None
    return Row(
        name=member.name,
        seeds=tuple(sorted(member.runs)),
        broken=member.broken,
        reached=sum(
            (epochs := arrival(run, target).epochs) is not None and epochs <= horizon.epochs
            for run in member.runs.values()
        ),
        findings=found,
        outcome="undecided" if difference is None else judge(difference, margin, difference.n),
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
