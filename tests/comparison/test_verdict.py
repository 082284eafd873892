import re
from collections.abc import Sequence

import numpy as np
import pytest
from compared import AE, GAUSSIAN, VAE, apart, classes, later, member, numbers
from scipy import stats

from vibcli.comparison.compare import USUAL, Asked, Comparison, compare
from vibcli.comparison.looks import Look
from vibcli.comparison.member import Member
from vibcli.comparison.shown import margin_words
from vibcli.comparison.undecided import all_decided, still_needed
from vibcli.comparison.verdict import answers, verdict
from vibcli.statistics import Decision, Interval, seeds_needed

BASE = [0.80, 0.82, 0.81, 0.79, 0.83, 0.80, 0.82, 0.81]  # mean 0.81, a tenth of its error is 1.9
ALWAYS = Asked(always_valid=True)
FIXED = Asked(fixed=True)


def pair(differences: Sequence[float], **more: Sequence[float]) -> list[Member]:
    """Two classifiers with these differences in accuracy."""
    base = (BASE * 4)[: len(differences)]
    second = [x + d for x, d in zip(base, differences, strict=True)]
    return [classes("a", base), classes("b", second, **more)]


def told(differences: Sequence[float], asked: Asked = USUAL, **more: Sequence[float]) -> str:
    return answers(compare(pair(differences, **more), asked))[0].main


def decided(decision: Decision) -> Comparison:
    """A comparison of which this was decided."""
    result = compare(pair(apart(0.0, 0.01, 8)))
    first, row = result.rows
    return result._replace(rows=(first, row._replace(decision=decision)))


@pytest.mark.parametrize(
    ("by", "start"),
    [
        (0.05, "b is more accurate than a, by 5.00 points (4."),
        (-0.05, "b is less accurate than a, by 5.00 points (4."),
        (0.01, "b is more accurate than a, but by less than would matter: 1.00 points (0.6"),
        (-0.01, "b is less accurate than a, but by less than would matter: 1.00 points (0.6"),
        (0.0, "No difference that would matter: b and a are equal in test accuracy to within 1.9 "),
    ],
)
def test_what_is_decided_is_told_with_its_interval(by: float, start: str) -> None:
    line = told(apart(by, 0.002, 8))
    assert line.startswith(start)
    assert "at 99.2%)" in line
    half = stats.t.isf(0.0079 / 2, 7) * np.std(apart(by, 0.002, 8), ddof=1) / np.sqrt(8)
    ends = sorted((100 * abs(by - half), 100 * abs(by + half))) if by else (-100 * half, 100 * half)
    form = "{:.2f} to {:.2f}" if by else "{:+.2f} to {:+.2f}"
    assert form.format(*ends) in line


@pytest.mark.parametrize(
    ("decision", "line"),
    [
        (
            Decision(8, 0.0079, 0.3, 0.5, Interval(-0.0155, 0.0016), "undecided", False),
            "Not decided by 8 seeds: b is somewhere from 1.55 points less accurate to 0.16 points "
            "more accurate than a.",
        ),
        (
            Decision(3, 0.05, 0.25, 0.5, Interval(0.001, 0.03), "undecided", False),
            "Not decided by 3 seeds: b is more accurate than a in these seeds, but the exact test "
            "is not sure (p = 0.25, it takes 0.05).",
        ),
        (
            Decision(8, 0.0079, 0.0078, 0.5, Interval(-0.03, -0.001), "undecided", False),
            "Not decided by 8 seeds: b is less accurate than a in these seeds, but other test rows "
            "could turn it.",
        ),
        (
            Decision(8, 0.05, 0.06, 1.0, None, "undecided", False),
            "Not decided by 8 seeds: whether b is more accurate than a is open.",
        ),
        (  # five differences that agree are no evidence
            Decision(5, 0.05, 0.06, 1.0, Interval(0.05, 0.05), "undecided", False),
            "Not decided by 5 seeds: whether b is more accurate than a is open.",
        ),
        (
            Decision(9, 0.05, 0.01, 1.0, None, "higher", False),
            "b is more accurate than a, by 0.00 points.",
        ),
    ],
)
def test_what_is_open_says_why(decision: Decision, line: str) -> None:
    assert answers(decided(decision))[0].main == line


@pytest.mark.parametrize(
    ("seeds", "asked", "line"),
    [
        (1, Asked(), "1 seed is not enough, the first look is at 8."),
        (2, Asked(), "2 seeds are not enough, the first look is at 8."),
        (7, Asked(), "7 seeds are not enough, the first look is at 8."),
        (2, FIXED, "2 seeds are not enough, the first look is at 8."),
    ],
)
def test_few_seeds_are_too_early(seeds: int, asked: Asked, line: str) -> None:
    result = compare(pair([0.5 * 0.2] * (seeds - 1) + [0.05]), asked)
    assert verdict(result) == (f"Too early to tell whether b or a is more accurate: {line}",)


@pytest.mark.parametrize(("seeds", "least"), [(3, 6), (5, 6)])
def test_what_no_test_of_so_few_seeds_can_establish(seeds: int, least: int) -> None:
    lines = verdict(compare(pair(apart(0.05, 0.002, seeds)), FIXED))
    assert (
        f"No test of {seeds} seeds can establish a difference: it takes {least} or more." in lines
    )
    assert not [x for x in verdict(compare(pair(apart(0.0, 0.1, 6)), FIXED)) if "No test" in x]


@pytest.mark.parametrize("seeds", [2, 5, 6, 8])
@pytest.mark.parametrize("asked", [Asked(), FIXED])
def test_runs_that_are_identical_are_told_as_that(seeds: int, asked: Asked) -> None:
    result = compare(pair([0.0] * seeds), asked)
    lines = verdict(result)
    assert lines[0] == f"b and a have the very same test accuracy in all {seeds} seeds."
    assert not [line for line in lines if line.startswith(("No test", "Too early"))]
    assert all_decided(result) == (seeds >= 6)


def test_without_an_error_identical_runs_are_decided_too() -> None:
    perfect = compare([classes("a", [1.0] * 8), classes("b", [1.0] * 8)])
    assert perfect.margin == 0
    assert all_decided(perfect)


def test_differences_that_agree_are_evidence_where_they_are_many() -> None:
    assert told([0.05] * 5, FIXED).startswith("Not decided by 5 seeds: whether b is more")
    assert told([0.05] * 8) == (
        "b is more accurate than a, by 5.00 points (5.00 to 5.00 at 99.2%)."
    )


def test_one_seed_alone_has_no_evidence_though_equal() -> None:
    assert told([0.0]).startswith("Too early to tell")


def test_experiments_without_a_shared_seed() -> None:
    a, b = pair(apart(0.05, 0.002, 8))
    result = compare([a, later(b, 20)._replace(broken=2)])
    assert verdict(result) == (
        "b and a share no seed, so nothing can be said about them.",
        "Left out, because they broke down: 2 of 10 runs of b.",
    )
    assert not all_decided(result)


def test_runs_that_broke_down_are_named() -> None:
    a, b = pair(apart(0.05, 0.002, 8))
    lines = verdict(compare([a._replace(broken=1), b._replace(broken=3)]))
    assert "Left out, because they broke down: 3 of 11 runs of b, 1 of 9 runs of a." in lines


NLL = [0.40, 0.42, 0.41, 0.39, 0.43, 0.40, 0.42, 0.41]


def of_nll(differences: Sequence[float], seeds: int = 8) -> str:
    members = [
        classes("a", BASE, nll=NLL),
        classes("b", BASE, nll=[x + d for x, d in zip(NLL, differences, strict=True)]),
    ]
    return answers(compare(members))[0].asides[0]


@pytest.mark.parametrize(
    ("differences", "line"),
    [
        (apart(-0.05, 0.002, 8), r"Its probabilities are better: NLL -0\.050 nats \(-0.053 to -0"),
        (apart(0.05, 0.002, 8), r"Its probabilities are worse: NLL \+0\.050 nats \(\+0\.047 to"),
        (
            [0.001, 0.1, 0.002, 0.2, 0.001, 0.001, 0.3, 0.001],  # too uneven for the interval
            r"Its probabilities are worse in all 8 seeds: NLL \+0\.076 nats\.$",
        ),
        (apart(0.001, 0.01, 8), r"Its probabilities are not surely better or worse: NLL \+0\.001"),
        ([0.0] * 8, r"Its probabilities are not surely better or worse: NLL \+0\.000 nats\.$"),
    ],
)
def test_secondary_quantities_are_told_for_themselves(
    differences: Sequence[float], line: str
) -> None:
    assert re.match(line, of_nll(differences))


def test_before_the_first_look_nothing_else_is_told() -> None:
    found = answers(compare(pair(apart(0.05, 0.002, 7), nll=[0.1] * 7)))
    assert found[0].asides == ()


def sudden(at: float, top: float = 0.9) -> tuple[float, ...]:
    return tuple(0.1 + (top - 0.1) / (1 + np.exp(-2 * (np.arange(30) - at))))


def of_speed(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]], target: float) -> str:
    members = [classes("a", BASE, a), classes("b", BASE, b)]
    return answers(compare(members, Asked(target=target)))[0].asides[-1]


SLOW, QUICK = ([sudden(at + s % 3) for s in range(8)] for at in (18, 6))
LOW = [sudden(6 + s % 3, 0.5) for s in range(8)]


def test_speed_is_told_where_both_targets_agree() -> None:
    assert of_speed(SLOW, QUICK, 0.8) == (
        "It learns sooner: -12.0 epochs to 99% of its best, -12.0 to accuracy 80.00%."
    )
    assert of_speed(QUICK, SLOW, 0.8).startswith("It learns later: +12.0 epochs to 99%")
    assert of_speed(SLOW, LOW, 0.8).startswith("Whether it learns sooner depends on the target: -")
    assert of_speed(SLOW, SLOW, 0.8) == (
        "It may learn as fast: +0.0 epochs to 99% of its best, +0.0 to accuracy 80.00%."
    )
    few = [classes("a", BASE[:5], SLOW[:5]), classes("b", BASE[:5], QUICK[:5])]
    assert answers(compare(few, FIXED))[0].asides[-1].startswith("It may learn as fast: -12.0")


def test_an_odd_seed_is_named_and_all_differences_shown() -> None:
    wild = [0.010, 0.011, 0.009, 0.0105, 0.0095, 0.010, 0.0102, -0.3]
    a, b = pair(wild)
    (line,) = (x for x in verdict(compare([later(a, 3), later(b, 3)])) if x.startswith("Seed"))
    assert line == (
        "Seed 10 is far off the others, which makes the test and the interval unreliable; the "
        "differences: +1.00, +1.10, +0.90, +1.05, +0.95, +1.00, +1.02, -30.00."
    )
    rmse = [50.0 + s for s in range(8)]
    odd = compare([numbers("a", rmse), numbers("b", [*rmse[:7], 99.0])])
    assert "Seed 7 is far off" in " ".join(verdict(odd))


def test_a_skewed_shape_is_told() -> None:
    skewed = [-0.01, -0.011, -0.009, -0.01, -0.012, -0.008, 0.03, -0.01, 0.045, 0.035, -0.009, 0.0]
    # with two large ones neither is far off the others
    skewed = [0.01 * x for x in (-1, -1.1, -0.9, -1, -1.2, -0.8, -1, -1.1, -0.9, -1, 4.0, 4.2)]
    lines = verdict(compare(pair(skewed)))
    assert [x for x in lines if x.startswith("The differences are skewed, which makes the test")]
    regular = verdict(compare(pair(apart(0.0, 0.01, 8))))
    assert not [x for x in regular if "unreliable" in x]


def test_looks_beyond_the_design_are_told_with_their_risk() -> None:
    members = pair(apart(0.0, 0.03, 20))
    after = Asked(taken=(Look(10, 0.05),), fixed=True)
    assert (
        "Looked at with 10, 20 seeds: all looks together are wrong up to 9.2 times in 100, not 5."
        in verdict(compare(members, after))
    )
    for asked in (Asked(), FIXED, Asked(taken=(Look(8, 0.0079),)), Asked(taken=(Look(20, 0.05),))):
        assert not [x for x in verdict(compare(members, asked)) if "Looked at" in x]


def test_seeds_that_do_not_count_yet_are_told() -> None:
    asked = Asked(taken=(Look(8, 0.0079),))
    lines = verdict(compare(pair(apart(0.0, 0.03, 11)), asked))
    assert "11 seeds are there; the first 8 count until there are 12." in lines
    last = Asked(taken=(Look(20, 0.05),))
    lines = verdict(compare(pair(apart(0.0, 0.03, 25)), last))
    assert "25 seeds are there; the first 20 count." in lines
    assert not [x for x in verdict(compare(pair(apart(0.0, 0.03, 11)), ALWAYS)) if "count" in x]


def test_a_claim_without_predictions_says_what_is_not_known() -> None:
    missing = "Whether other test rows would say so is not known: predictions are missing."
    assert missing in verdict(compare(pair(apart(0.05, 0.002, 8))))
    assert missing not in verdict(compare(pair(apart(0.0, 0.01, 8))))
    up = [numbers("a", [50.0 + s for s in range(8)]), numbers("b", [90.0 - s for s in range(8)])]
    assert missing not in verdict(compare(up))  # an error is no share of rows


def test_all_is_decided_where_each_experiment_is() -> None:
    a, sure = pair(apart(0.05, 0.002, 8))
    open_ = pair(apart(0.0, 0.05, 8))[1]._replace(name="c")
    assert all_decided(compare([a, sure]))
    assert all_decided(compare(pair(apart(0.0, 0.002, 8))))  # equal to within the margin
    assert not all_decided(compare([a, sure, open_]))
    assert not all_decided(compare(pair(apart(0.05, 0.002, 7))))


def test_seeds_still_needed_are_those_for_a_difference_of_the_margin() -> None:
    differences = apart(0.0, 0.03, 8)
    result = compare(pair(differences))
    assert still_needed(result) == seeds_needed(np.std(differences, ddof=1), 0.019)
    wilder = pair(apart(0.0, 0.06, 8))[1]._replace(name="c")
    both = compare([*pair(differences), wilder])
    assert still_needed(both) == seeds_needed(np.std(apart(0.0, 0.06, 8), ddof=1), 0.019)


@pytest.mark.parametrize(
    ("members", "asked"),
    [
        (pair(apart(0.05, 0.002, 8)), Asked()),  # decided
        (pair(apart(0.0, 0.03, 8)), Asked(margin=0.0)),  # nothing is sought
        (pair(apart(0.0, 0.03, 8)), Asked(margin=1e-4)),  # more than a million
        (pair(apart(0.0, 0.03, 7)), Asked()),  # too early
        (pair([0.0] * 5), FIXED),  # they do not vary
        (pair(apart(0.0, 0.01, 5)), Asked(fixed=True, margin=50)),  # decided: equal
        ([AE, VAE], FIXED),  # no margin
    ],
)
def test_where_no_seeds_are_needed_or_nobody_knows(members: list[Member], asked: Asked) -> None:
    assert still_needed(compare(members, asked)) is None


def test_the_margin_has_its_unit() -> None:
    members = pair(apart(0.0, 0.01, 8))
    assert margin_words(compare(members)) == "1.9 points"
    assert margin_words(compare(members, Asked(margin=0.5))) == "0.5 points"
    large = [numbers(name, [48231.55 + s for s in range(8)]) for name in "ab"]
    assert margin_words(compare(large)) == "965"
    assert margin_words(compare(large, Asked(margin=48231.55))) == "48,232"


def test_autoencoders_are_told_by_the_quantity_that_decides() -> None:
    main, *others = verdict(compare([AE, VAE], FIXED))
    assert main == (
        "Not decided by 3 seeds: vae is worse than ae in reconstruction in these seeds, but the "
        "exact test is not sure (p = 0.25, it takes 0.05)."
    )
    assert others[0] == (
        "Its samples are not surely nearer or farther: distance to the data -0.2050."
    )
    assert verdict(compare([AE, VAE])) == (
        "Too early to tell whether vae or ae is better in reconstruction: 3 seeds are not enough, "
        "the first look is at 8.",
    )


@pytest.mark.parametrize(("shift", "word"), [(1.0, "higher"), (-1.0, "lower")])
def test_an_elbo_is_higher_or_lower(shift: float, word: str) -> None:
    values = [-100.0 - s % 3 for s in range(8)]
    moved = [x + shift * step for x, step in zip(values, apart(1.0, 0.05, 8), strict=True)]
    tested = {"distortion_at_mean_nats": [80.0] * 8}
    members = [
        member(name, {"elbo_nats": elbo, **tested}, **GAUSSIAN)
        for name, elbo in (("a", values), ("b", moved))
    ]
    main, aside = verdict(compare(members))
    assert main.startswith(f"b is {word} than a in ELBO, by 1.00 nats (0.9")
    assert aside == ("Its reconstruction is not surely better or worse: reconstruction +0.00 nats.")
