"""Claims against our runs: a number with its interval, and what may be said of the claim."""

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple

from vibcli.recipes.measures import MEASURES, Seeds, threshold
from vibcli.recipes.recipe import Claim, Recipe
from vibcli.statistics import Estimate, estimate, paired
from vibcli.statistics.intervals import ROUNDING

Outcome = Literal["reproduced", "not reproduced", "cannot tell"]


class Finding(NamedTuple):
    """A claim, our number with its 95% interval over seeds, and the outcome."""

    claim: Claim
    ours: Estimate | None
    outcome: Outcome


def findings(recipe: Recipe, runs: Mapping[str, Seeds]) -> list[Finding]:
    """Hold each claim against the runs of a protocol.

    Args:
        recipe: whose claims.
        runs: of each experiment, by seed.
    """
    target = threshold(runs[next(iter(recipe.experiments))])
    found = []
    for claim in recipe.claims:
        own = values(claim.measure, runs[claim.experiment], claim.samples, target)
        numbers = list(own.values())
        if claim.against is not None:
            other = values(claim.measure, runs[claim.against], claim.samples, target)
            numbers = paired(own, other)
        ours = estimate(numbers) if numbers else None
        found.append(Finding(claim, ours, judge(claim, ours)))
    return found


def values(measure: str, runs: Seeds, samples: int, target: float | None) -> dict[int, float]:
    """The measure of each run of which it is known, by seed, in its unit."""
    of = MEASURES[measure].of
    known = {seed: of(measured, samples, target) for seed, measured in runs.items()}
    return {seed: value for seed, value in known.items() if value is not None}


def judge(claim: Claim, ours: Estimate | None) -> Outcome:
    """Decide what a 95% interval over seeds says of a claim.

    Fewer than two seeds, and seeds that all agree to the last digit, cannot tell. Else

    - a value is not reproduced if the whole interval is worse, and reproduced if it is better
      throughout or contains the value; but an interval that contains it and is wider than twice
      the claimed difference (the claim's resolution) cannot tell, for it would contain nearly
      anything;
    - a bound is reproduced if the whole interval keeps it, not reproduced if none of it does;
    - 'better' is reproduced if the interval of the differences, paired by seed, is better than 0
      throughout, not reproduced if it is nowhere better than 0, or, where the claim has a margin,
      if it nowhere reaches a gain of that size: a gain that would count is then ruled out.

    What remains cannot be told.
    """
    if ours is None or ours.low is None or ours.high is None:
        return "cannot tell"
    width = ours.high - ours.low
    if width < ROUNDING:
        return "cannot tell"
    higher = MEASURES[claim.measure].higher
    if claim.value is not None:
        verdict = _beyond(ours, claim.value, higher)
        resolution = claim.resolution or abs(claim.value)
        if verdict == "cannot tell" and width <= 2 * resolution:
            return "reproduced"
        return verdict
    if claim.at_least is not None:
        return _beyond(ours, claim.at_least, True)
    if claim.at_most is not None:
        return _beyond(ours, claim.at_most, False)
    sign = 1.0 if higher else -1.0
    verdict = _beyond(ours, math.nextafter(0.0, sign), higher)
    if verdict == "cannot tell" and claim.margin is not None:
        reached = _beyond(ours, sign * claim.margin, higher)
        return "not reproduced" if reached == "not reproduced" else verdict
    return verdict


def _beyond(ours: Estimate, limit: float, upwards: bool) -> Outcome:
    """Whether all of the interval, or none of it, is at ``limit`` or beyond."""
    assert ours.low is not None
    assert ours.high is not None
    near, far = (ours.low, ours.high) if upwards else (-ours.high, -ours.low)
    bar = limit if upwards else -limit
    return "reproduced" if near >= bar else "not reproduced" if far < bar else "cannot tell"


def sentence(claim: Claim) -> str:
    """The claim in words: ``vib: test error 1.13%, 12 draws``."""
    measure = MEASURES[claim.measure]
    subject, form, unit = claim.experiment, "g", measure.unit
    if claim.against is not None:
        subject, form = f"{claim.experiment} against {claim.against}", "+g"
        unit = " points" if unit == "%" else unit
    drawn = f", {claim.samples} draws" if claim.samples else ""
    for words, number in (
        ("", claim.value),
        ("at least ", claim.at_least),
        ("at most ", claim.at_most),
    ):
        if number is not None:
            return f"{subject}: {measure.title} {words}{number:{form}}{unit}{drawn}"
    better = "higher" if measure.higher else "fewer" if not unit else "lower"
    margin = f", margin {claim.margin:g}{unit}" if claim.margin else ""
    return f"{subject}: {better} {measure.title}{drawn}{margin}"


def shown(ours: Estimate | None, signed: bool) -> str:
    """``mean [low, high]``, or what there is of it."""
    if ours is None:
        return "-"
    form = "+.2f" if signed else ".2f"
    numbers = [f"{x:{form}}" for x in (ours.mean, ours.low, ours.high) if x is not None]
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]} [{numbers[1]}, {numbers[2]}]"
