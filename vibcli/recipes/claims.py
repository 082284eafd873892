"""Claims against our runs: a number with its interval, and what may be said of the claim."""

from collections.abc import Mapping
from typing import NamedTuple

from vibcli.comparison.looks import ALPHA
from vibcli.recipes.better import ClaimOutcome, decide_better
from vibcli.recipes.measures import MEASURES, Seeds, values
from vibcli.recipes.recipe import Claim, Recipe
from vibcli.statistics import Estimate, Interval, enough_seeds, estimate, paired
from vibcli.statistics.intervals import informative


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
    return [_finding(recipe, claim, runs, broken) for claim in recipe.claims]


def _finding(
    recipe: Recipe, claim: Claim, runs: Mapping[str, Seeds], broken: Mapping[str, int]
) -> ClaimFinding:
    own = values(claim.measure, runs[claim.experiment], claim.samples)
    numbers = list(own.values())
    if claim.against is not None:
        numbers = paired(own, values(claim.measure, runs[claim.against], claim.samples))
    ours = estimate(numbers) if numbers else None
    lost = sum(broken.get(name, 0) for name in (claim.experiment, claim.against) if name)
    outcome: ClaimOutcome = "cannot tell"
    if not lost and ours is not None:
        outcome = decide_better(claim, runs) if claim.is_of_better else decide(claim, ours)
    return ClaimFinding(claim, ours, outcome, lost)


def decide(claim: Claim, ours: Estimate) -> ClaimOutcome:
    """Decide what a 95% interval over seeds says of a claimed value or bound.

    An interval that is not `informative` cannot tell. Else

    - a value is not reproduced if the whole interval is worse, and reproduced if it is better
      throughout or contains the value; but what contains it cannot tell where the seeds are not
      `enough_seeds` to find the claimed difference (the claim's resolution), or where it contains
      no difference too;
    - a bound is reproduced if the whole interval keeps it, not reproduced if none of it does.

    What remains cannot be told. A published value is taken as it stands, without an error.
    """
    told = informative(ours, ours.n)
    if told is None:
        return "cannot tell"
    if claim.value is not None:
        verdict = _beyond(told, claim.value, MEASURES[claim.measure].higher)
        if verdict != "cannot tell":
            return verdict
        open_ = claim.against is not None and told.low <= 0 <= told.high
        return "cannot tell" if open_ or not _resolved(claim, ours) else "reproduced"
    if claim.at_least is not None:
        return _beyond(told, claim.at_least, True)
    assert claim.at_most is not None
    return _beyond(told, claim.at_most, False)


def _resolved(claim: Claim, ours: Estimate) -> bool:
    """Whether so many seeds tell the claimed difference from none."""
    assert claim.value is not None
    effect = claim.resolution or abs(claim.value)
    return not ours.sd or enough_seeds(ours.sd, ours.n, effect, ALPHA)


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
    late = " (a margin set after results were known)" if claim.late else ""
    return f"{subject}: {better} {measure.title}{drawn}{margin}{late}"


def shown(ours: Estimate | None, signed: bool) -> str:
    """``mean [low, high]``, or what there is of it."""
    if ours is None:
        return "-"
    form = "+.2f" if signed else ".2f"
    numbers = [f"{x:{form}}" for x in (ours.mean, ours.low, ours.high) if x is not None]
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]} [{numbers[1]}, {numbers[2]}]"
