"""Claims that one experiment is better than another, decided as `vib compare` does."""

import math
from collections.abc import Mapping
from typing import Literal

from vibcli.comparison.compare import Asked, Row, compare
from vibcli.comparison.convergence import OWN
from vibcli.comparison.looks import ALPHA
from vibcli.comparison.member import Member
from vibcli.recipes.measures import MEASURES, Seeds, values
from vibcli.recipes.recipe import Claim
from vibcli.statistics import Decision
from vibcli.statistics import decide as decide_arms
from vibcli.statistics.seeds import FEWEST

ClaimOutcome = Literal["reproduced", "not reproduced", "cannot tell"]


def decide_better(claim: Claim, runs: Mapping[str, Seeds]) -> ClaimOutcome:
    """Decide whether an experiment is better than the one that it is claimed against.

    It is compared to it together with all others of the recipe, so that the number of experiments
    is corrected for as in a comparison of all of them. Not reproduced if it is worse, if the
    interval of the difference nowhere reaches a gain as large as the claim's margin, or is nowhere
    better than 0; reproduced if it is better; else it cannot be told.
    """
    if claim.samples:
        return _higher(claim, _with_draws(claim, runs))
    assert claim.against is not None
    names = [claim.against, *(name for name in runs if name != claim.against and runs[name])]
    if claim.experiment not in names or not runs[claim.against]:
        return "cannot tell"
    members = [Member(name, {s: m.run for s, m in runs[name].items()}, 0) for name in names]
    scores = {
        name: {seed: m.scores for seed, m in runs[name].items() if m.scores is not None}
        for name in names
    }
    result = compare(members, Asked(fixed=True), scores)
    row = result.rows[names.index(claim.experiment)]
    quantity = MEASURES[claim.measure].quantity
    if quantity == OWN:
        return _sooner(row)
    return _higher(claim, row.decision if quantity == result.primary else None)


def _with_draws(claim: Claim, runs: Mapping[str, Seeds]) -> Decision | None:
    """Of the claim's experiment, among all that are compared to the same one, with draws of z."""
    assert claim.against is not None
    reference = values(claim.measure, runs[claim.against], claim.samples)
    apart = {
        name: {seed: own[seed] - reference[seed] for seed in own if seed in reference}
        for name, seeds in runs.items()
        if name != claim.against and (own := values(claim.measure, seeds, claim.samples))
    }
    arms = {name: found for name, found in apart.items() if found}
    if claim.experiment not in arms or min(map(len, arms.values())) < FEWEST:
        return None
    count = min(map(len, arms.values()))
    counted = [sorted(found)[:count] for found in arms.values()]
    seeds = sorted(set().union(*counted))
    pairs = zip(arms.values(), counted, strict=True)
    matrix = [[found[s] if s in own else math.nan for s in seeds] for found, own in pairs]
    return dict(zip(arms, decide_arms(matrix, ALPHA), strict=True))[claim.experiment]


def _higher(claim: Claim, decision: Decision | None) -> ClaimOutcome:
    """By the interval and the outcome, in the unit of the claim."""
    if decision is None or decision.interval is None:
        return "cannot tell"
    measure = MEASURES[claim.measure]
    scale = 1.0 if claim.samples else measure.scale
    more = measure.higher == (scale > 0)  # of what was compared is better
    best = abs(scale) * (decision.interval.high if more else -decision.interval.low)
    better, worse = ("higher", "lower") if more else ("lower", "higher")
    if decision.outcome == worse or best < (claim.margin or 0.0):
        return "not reproduced"
    return "reproduced" if decision.outcome == better else "cannot tell"


def _sooner(row: Row) -> ClaimOutcome:
    """Fewer epochs: to its own and to the common target, see `vibcli.comparison.compare.Row`."""
    own = row.findings[OWN].difference
    if row.speed:
        return "reproduced" if row.speed < 0 else "not reproduced"
    nowhere = own is not None and own.low is not None and own.low >= 0 and own.sign > 0
    return "not reproduced" if nowhere else "cannot tell"
