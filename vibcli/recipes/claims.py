"""Claims against our runs: a number with its interval, and what may be said of the claim."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from vibcli.recipes.measures import MEASURES, Seeds, threshold
from vibcli.recipes.recipe import Claim, Recipe
from vibcli.statistics import Estimate, Interval, estimate, paired
from vibcli.statistics.intervals import ROUNDING, informative

ClaimOutcome = Literal["reproduced", "not reproduced", "cannot tell"]


class ClaimFinding(NamedTuple):
    """A claim, our number with its 95% interval over seeds, and the outcome."""

    claim: Claim
    ours: Estimate | None
    outcome: ClaimOutcome
    broken: int = 0

    @property
    def seeds(self) -> str:
        """How many seeds the number is of, and how many runs of these experiments broke down."""
        counted = str(self.ours.n) if self.ours else "0"
        return f"{counted} ({self.broken} broke down)" if self.broken else counted


def claim_findings(
    recipe: Recipe, runs: Mapping[str, Seeds], broken: Mapping[str, int]
) -> list[ClaimFinding]:
    """Hold each claim against the runs of a protocol.

    Where runs broke down we cannot tell: what is left is not what was claimed.

    Args:
        recipe: whose claims.
        runs: the complete ones of each experiment, by seed.
        broken: how many others of each experiment diverged or failed.
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
        lost = sum(broken.get(name, 0) for name in (claim.experiment, claim.against) if name)
        found.append(
            ClaimFinding(claim, ours, "cannot tell" if lost else decide(claim, ours), lost)
        )
    return found


def values(measure: str, runs: Seeds, samples: int, target: float | None) -> dict[int, float]:
    """The measure of each run of which it is known, by seed, in its unit."""
    of = MEASURES[measure].of
    known = {seed: of(measured, samples, target) for seed, measured in runs.items()}
    return {seed: value for seed, value in known.items() if value is not None}


def decide(claim: Claim, ours: Estimate | None) -> ClaimOutcome:
    """Decide what a 95% interval over seeds says of a claim.

    An interval that is not `informative` cannot tell. Else

    - a value is not reproduced if the whole interval is worse, and reproduced if it is better
      throughout or contains the value; but an interval that contains it and is wider than twice
      the claimed difference (the claim's resolution), or contains no difference too, cannot tell;
    - a bound is reproduced if the whole interval keeps it, not reproduced if none of it does;
    - 'better' is not reproduced if the interval of the differences, paired by seed, nowhere
      reaches a gain as large as the claim's margin, or is nowhere better than 0, and else
      reproduced if it is better than 0 throughout.

    What remains cannot be told. A published value is taken as it stands, without an error.
    """
    told = None if ours is None else informative(ours, ours.n)
    if told is None:
        return "cannot tell"
    higher = MEASURES[claim.measure].higher
    if claim.value is not None:
        verdict = _beyond(told, claim.value, higher)
        close = told.high - told.low <= 2 * (claim.resolution or abs(claim.value))
        open_ = claim.against is not None and told.low <= 0 <= told.high
        return "reproduced" if verdict == "cannot tell" and close and not open_ else verdict
    if claim.at_least is not None:
        return _beyond(told, claim.at_least, True)
    if claim.at_most is not None:
        return _beyond(told, claim.at_most, False)
    direction = 1.0 if higher else -1.0
    if _beyond(told, direction * (claim.margin or 0), higher) == "not reproduced":
        return "not reproduced"
    return _beyond(told, direction * ROUNDING, higher)


def _beyond(ours: Interval, limit: float, upwards: bool) -> ClaimOutcome:
    """Whether all of the interval, or none of it, is at ``limit`` or beyond."""
    near, far = (ours.low, ours.high) if upwards else (-ours.high, -ours.low)
    bar = limit if upwards else -limit
    return "reproduced" if near >= bar else "not reproduced" if far < bar else "cannot tell"


def claim_sentence(claim: Claim) -> str:
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
