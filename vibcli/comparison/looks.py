"""At how many seeds a comparison was looked at, and how strict the look at hand has to be."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from vibcli.statistics import DESIGN, LEVEL, Design, looked
from vibcli.statistics.seeds import FEWEST

ALPHA = round(1 - LEVEL, 12)  # 0.05


class Look(NamedTuple):
    """A look at this number of seeds, and the share of false differences that it had."""

    seeds: int
    level: float


class Plan(NamedTuple):
    """How the seeds that are there are looked at.

    ``looks`` are all that were taken, this one among them; ``counted`` seeds count, at ``level``,
    which is None before the look at ``first``; ``following`` is the number of seeds of the next
    look, None after the last and in a fixed design.
    """

    looks: tuple[Look, ...]
    counted: int
    level: float | None
    first: int
    following: int | None

    @property
    def risk(self) -> float:
        """Most that all looks together are wrong, of each kind of claim."""
        return sum(look.level for look in self.looks)


def plan(there: int, taken: Sequence[Look] = (), fixed: bool = False) -> Plan:
    """Plan the look at ``there`` seeds.

    A look that was taken keeps its level. One that is fixed, and the first, has 5%. Any other
    has what the group-sequential design leaves (`vibcli.statistics.looked`); where that is
    nothing, the seeds of the look before count.

    Args:
        there: seeds that all experiments have.
        taken: looks that were taken before, at whatever number of seeds.
        fixed: the number of seeds was settled beforehand.

    >>> plan(8).level, plan(10, fixed=True).level, plan(11).counted
    (0.0079, 0.05, 11)
    >>> plan(11, [Look(8, 0.0079)]).counted
    8
    """
    every = {look.seeds: look.level for look in taken}
    before = {n: level for n, level in every.items() if n <= there}
    earlier = [n for n in before if n < there]
    first = DESIGN.looks[0]
    if there < 1 or (fixed and not earlier and there < FEWEST):
        return Plan((), there, None, first, first)
    if fixed and not earlier:
        level = before.get(there, ALPHA)
        return Plan(_looks(every, there, level), there, level, there, None)
    design = looked(sorted({*before, there}))
    levels = dict(zip(design.looks, design.levels, strict=True)) | before
    counted = max((n for n in levels if n <= there), default=None)
    if counted is None:
        return Plan((), there, None, design.looks[0], design.looks[0])
    looks = _looks(every, counted, levels[counted])
    return Plan(looks, counted, levels[counted], design.looks[0], _following(design, there))


def _looks(taken: Mapping[int, float], seeds: int, level: float) -> tuple[Look, ...]:
    """All looks in the order of their seeds, with the one at hand."""
    return tuple(Look(*look) for look in sorted({**taken, seeds: level}.items()))


def _following(design: Design, there: int) -> int | None:
    """The next look, among those that were planned."""
    return next((n for n in design.looks if n > there and n in DESIGN.looks), None)


def taken(contents: Iterable[Mapping[str, Any]], experiments: Sequence[str]) -> tuple[Look, ...]:
    """Looks that were taken at the difference of any of these experiments to the first.

    Args:
        contents: of the comparisons that were kept, see `vibcli.comparison.content`.
        experiments: their names with their digests, the first the one compared to.
    """
    found: dict[int, float] = {}
    for content in contents:
        compared = list(dict.fromkeys(id.split("/")[1] for id in content["runs"]))
        if compared[0] == experiments[0] and {*compared[1:]} & {*experiments[1:]}:
            for look in content.get("plan", {}).get("looks", ()):
                found[look["seeds"]] = max(look["level"], found.get(look["seeds"], 0.0))
    return tuple(Look(*item) for item in sorted(found.items()))
