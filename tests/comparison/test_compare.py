import math
from collections.abc import Sequence

import numpy as np
import pytest
import recorded
from compared import RISING, apart, classes, later, member
from scipy import stats

from vibcli.comparison.compare import Asked, Comparison, Row, compare, established
from vibcli.comparison.convergence import COMMON, OWN
from vibcli.comparison.looks import Look
from vibcli.comparison.member import Member
from vibcli.comparison.verdict import verdict
from vibcli.config.record import RunConfig
from vibcli.errors import VibError
from vibcli.statistics import Decision, Estimate
from vibcli.tasks.resolve import resolve
from vibcli.tasks.row_scores import RowScores

BASE = [0.80, 0.82, 0.81, 0.79, 0.83, 0.80, 0.82, 0.81]  # mean 0.81
FIXED = Asked(fixed=True)


def moved(by: float, spread: float = 0.002, seeds: int = 8) -> list[float]:
    """``BASE`` with every seed by about so much higher."""
    pairs = zip((BASE * 3)[:seeds], apart(by, spread, seeds), strict=True)
    return [value + step for value, step in pairs]


def pair(by: float, spread: float = 0.002, seeds: int = 8) -> list[Member]:
    return [classes("a", (BASE * 3)[:seeds]), classes("b", moved(by, spread, seeds))]


def difference_of(row: Row, key: str = "accuracy") -> Estimate:
    difference = row.findings[key].difference
    assert difference is not None
    return difference


def decision_of(result: Comparison, row: int = 1) -> Decision:
    decision = result.rows[row].decision
    assert decision is not None
    return decision


def mean(row: Row, key: str) -> float:
    return row.findings[key].value.mean


def test_paired_difference_by_hand() -> None:
    # differences 0.02, 0.04, 0.06: mean 0.04, s = 0.02, t(0.975, 2) = 4.3027
    members = [classes("a", [0.70, 0.80, 0.60]), classes("b", [0.72, 0.84, 0.66])]
    result = compare(members, FIXED)
    half = 4.302652729 * 0.02 / math.sqrt(3)
    found = difference_of(result.rows[1])
    assert list(found) == pytest.approx([0.04, 0.04 - half, 0.04 + half, 3, 0.02])
    assert result.rows[0].findings["accuracy"].difference is None
    assert result.rows[1].differences == pytest.approx({0: 0.02, 1: 0.04, 2: 0.06})


def test_intervals_are_at_the_level_of_the_look() -> None:
    for asked, level in ((Asked(), 0.0079), (FIXED, 0.05)):
        result = compare(pair(0.01), asked)
        expected = stats.ttest_rel(moved(0.01), BASE).confidence_interval(1 - level)
        assert result.level == level
        assert difference_of(result.rows[1])[1:3] == pytest.approx(tuple(expected))
        interval = decision_of(result).interval
        assert interval == pytest.approx(tuple(expected))
        usual = stats.ttest_1samp(BASE, 0).confidence_interval(0.95)
        assert result.rows[0].findings["accuracy"].value[1:3] == pytest.approx(tuple(usual))


@pytest.mark.parametrize("seeds", [1, 2, 3, 5, 6, 7])
def test_before_the_first_look_nothing_is_decided(seeds: int) -> None:
    result = compare(pair(0.1, seeds=seeds))
    assert (result.level, result.there, result.plan.following) == (None, seeds, 8)
    assert result.rows[1].decision is None
    assert result.rows[1].speed == 0
    found = difference_of(result.rows[1])
    assert (found.low is None) == (seeds < 3)
    (line,) = verdict(result)
    assert line.startswith("Too early to tell whether b or a is more accurate: ")


@pytest.mark.parametrize(
    ("seeds", "outcome"),
    [(3, "undecided"), (5, "undecided"), (6, "higher"), (8, "higher"), (20, "higher")],
)
def test_a_fixed_number_of_seeds_decides_where_a_test_of_so_many_can(
    seeds: int, outcome: str
) -> None:
    result = compare(pair(0.1, seeds=seeds), FIXED)
    assert (result.level, decision_of(result).outcome) == (0.05, outcome)
    assert decision_of(result).p == pytest.approx(2 / 2**seeds)


@pytest.mark.parametrize(
    ("by", "outcome"),
    [(0.05, "higher"), (-0.05, "lower"), (0.0, "equivalent"), (0.019, "higher")],
)
def test_what_eight_seeds_decide(by: float, outcome: str) -> None:
    result = compare(pair(by))
    assert result.margin == pytest.approx(0.1 * (1 - np.mean(BASE)))
    assert decision_of(result).outcome == outcome
    assert compare(pair(by)[::-1]).rows[1].decision is not None


def test_the_margin_is_a_tenth_of_the_firsts_error_or_what_is_typed() -> None:
    result = compare(pair(0.01))
    assert result.margin == pytest.approx(0.019)
    assert result.margin_reason == "a tenth of a's error"
    typed = compare(pair(0.01), Asked(margin=0.5))
    assert (typed.margin, typed.margin_reason) == (0.005, "--margin")
    none = compare(pair(0.0), Asked(margin=0.0))
    assert decision_of(none).outcome == "undecided"


def test_only_shared_seeds_are_paired() -> None:
    a, b = classes("a", BASE), later(classes("b", moved(0.05)), 2)
    row = compare([a, b]).rows[1]
    assert row.seeds == tuple(range(2, 10))
    expected = [b.runs[s].test.selected["accuracy"] - BASE[s] for s in range(2, 8)]
    assert difference_of(row).mean == pytest.approx(np.mean(expected))
    assert difference_of(row).n == 6
    assert row.findings["accuracy"].value.n == 8


def test_order_of_seeds_does_not_matter() -> None:
    a, b = pair(0.05)
    backwards = b._replace(runs=dict(reversed(b.runs.items())))
    assert compare([a, backwards]).rows == compare([a, b]).rows


def test_only_the_seeds_that_count_are_looked_at() -> None:
    a, b = pair(0.05, seeds=11)
    looked = compare([a, b], Asked(taken=(Look(8, 0.0079),)))
    assert (looked.there, looked.plan.counted) == (11, 8)
    assert looked.rows[1].seeds == looked.rows[0].seeds == tuple(range(8))
    assert looked.rows[1].findings == compare(pair(0.05)).rows[1].findings
    assert compare([a, b]).rows[1].seeds == tuple(range(11))  # the first look is at all


def test_the_fewest_shared_seeds_count_of_all() -> None:
    a, b = pair(0.05, seeds=12)
    c = classes("c", moved(0.05, seeds=12))
    few = later(c._replace(runs={s: c.runs[s] for s in range(9)}), 3)
    result = compare([a, b, few])
    assert (result.there, result.level) == (9, 0.0079)
    assert [len(row.differences) for row in result.rows] == [0, 9, 9]
    assert result.rows[1].seeds == tuple(range(9))
    assert result.rows[2].seeds == tuple(range(3, 12))
    assert result.rows[0].seeds == tuple(range(12))  # all of which are needed


def test_experiments_without_a_shared_seed_have_values_alone() -> None:
    a, b = pair(0.05)
    stranger = later(b, 20)
    for asked in (Asked(), FIXED, Asked(always_valid=True)):
        result = compare([a, stranger], asked)
        assert (result.there, result.rows[1].decision) == (0, None)
        assert result.rows[1].differences == {}
        assert result.rows[1].findings["area"].difference is None
        assert verdict(result) == ("b and a share no seed, so nothing can be said about them.",)
    three = compare([a, stranger._replace(name="c"), b])
    assert (three.there, three.level) == (8, 0.0079)
    assert [row.decision is None for row in three.rows] == [True, True, False]
    assert three.rows[1].findings["accuracy"].value.n == 8
    assert three.rows[2].findings == compare([a, b]).rows[1].findings


def test_row_by_hand() -> None:
    curves = {"a": [(0.5, 0.9), (0.9, 0.7)], "b": [(0.2, 0.6, 0.9), (0.4, 0.9, 0.8)]}
    a = classes("a", [0.8, 0.9], curves["a"], epochs=3)
    tested = {"accuracy": (0.7, 0.9), "nll_nats": (0.3, 0.5), "rate_nats": (2.0, 4.0)}
    b = member("b", tested, "classification", curves["b"])
    result = compare([a, b], Asked(target=0.9))
    first, row = result.rows
    assert (result.target, result.horizon) == (0.9, 3)
    assert mean(row, "nll_nats") == pytest.approx(0.4)
    assert mean(row, "rate_nats") == pytest.approx(3)
    assert "rate_nats" not in first.findings
    assert mean(row, "best_validation_accuracy") == pytest.approx(0.9)
    assert mean(row, "best_epoch") == 1  # the epoch that was kept
    # of three epochs nothing is smoothed; 0.891 is between two epochs
    own = [2 + (0.891 - 0.6) / 0.3, 1 + (0.891 - 0.4) / 0.5]
    theirs = [1 + (0.891 - 0.5) / 0.4, 1]
    assert mean(row, OWN) == pytest.approx(np.mean(own))
    assert difference_of(row, OWN).mean == pytest.approx(np.mean(own) - np.mean(theirs))
    assert mean(row, "seconds_to_own_target") == pytest.approx(2 * np.mean(own))
    assert mean(row, COMMON) == pytest.approx((3 + 2) / 2)
    assert difference_of(row, COMMON).mean == pytest.approx(((3 - 2) + (2 - 1)) / 2)
    assert row.common == (0.9, 2, 2)
    areas = [1.7 / 3, 2.1 / 3]
    theirs = [(0.5 + 0.9 + 0.9) / 3, (0.9 + 0.7 + 0.7) / 3]  # they stopped after two epochs
    assert mean(row, "area") == pytest.approx(np.mean(areas))
    assert difference_of(row, "area").mean == pytest.approx(np.mean(areas) - np.mean(theirs))
    assert result.seconds == pytest.approx(2 * 2 + 3 * 2)


def test_an_nll_of_zero_is_a_number_and_an_unknown_one_is_left_out() -> None:
    assert mean(compare([classes("a", [0.5] * 2, nll=[0.0] * 2)]).rows[0], "nll_nats") == 0
    assert "ece" not in compare([classes("a", [0.5] * 2)]).rows[0].findings


def test_experiments_of_different_lengths_are_looked_at_over_the_shorter() -> None:
    curve = tuple(np.linspace(0.5, 0.9, 40))
    a = classes("a", BASE, [curve[:10]] * 8)
    b = classes("b", BASE, [curve] * 8)
    result = compare([a, b], Asked(target=0.85))
    row = result.rows[1]
    assert result.horizon == 10
    assert difference_of(row, "area").mean == pytest.approx(0)
    assert difference_of(row, OWN).mean == pytest.approx(0)
    assert row.common == (0.85, 0, 0)  # b is there in epoch 36
    assert mean(row, COMMON) == 11  # one more than were looked at


def test_runs_that_stopped_early_go_on_with_their_last_value() -> None:
    curve = (0.5, 0.7, 0.9, 0.9)
    stopped = classes("a", BASE, [curve] * 8, epochs=12, patience=2)
    whole = classes("b", BASE, [curve + (0.9,) * 8] * 8)
    result = compare([stopped, whole])
    assert result.horizon == 12
    for key in (OWN, COMMON, "area"):
        assert difference_of(result.rows[1], key).mean == pytest.approx(0), key


def test_runs_that_never_reach_the_target_count_as_one_epoch_more() -> None:
    a = classes("a", BASE, [(0.5, 0.9)] * 8)
    b = classes("b", BASE, [(0.9, 0.9)] * 4 + [(0.1, 0.2)] * 4)
    row = compare([a, b], Asked(target=0.9)).rows[1]
    assert row.common == (0.9, 4, 8)
    assert mean(row, COMMON) == (1 + 3) / 2
    assert difference_of(row, COMMON).mean == (-1 + 1) / 2


def sudden(at: int, epochs: int = 30) -> tuple[float, ...]:
    """A curve that rises around an epoch."""
    return tuple(0.1 + 0.8 / (1 + np.exp(-2 * (np.arange(epochs) - at))))


def test_speed_needs_both_targets_to_agree() -> None:
    quick, slow = ([sudden(at + s % 3) for s in range(8)] for at in (6, 18))
    a, b = classes("a", BASE, slow), classes("b", BASE, quick)
    assert [compare(pair).rows[1].speed for pair in ([a, b], [b, a])] == [-1, 1]
    assert compare([a, a._replace(name="b")]).rows[1].speed == 0
    # it gets to its own best sooner as that is low, and to what was asked for later
    low = classes("low", BASE, [tuple(0.5 * x for x in curve) for curve in quick])
    result = compare([a, low], Asked(target=0.8))
    assert difference_of(result.rows[1], OWN).sign == -1
    assert difference_of(result.rows[1], COMMON).sign == 1
    assert result.rows[1].speed == 0


def test_a_fast_variant_that_never_arrives_is_not_sooner() -> None:
    a = classes("a", BASE, [(*[0.1] * 5, *[0.9] * 25)] * 8)
    b = classes("b", BASE, [(0.1,) * 30] * 8)
    stopped = classes("c", BASE, [(0.1,) * 8] * 8, epochs=30)
    for other in (b, stopped):
        row = compare([a, other], Asked(target=0.9)).rows[1]
        assert row.common == (0.9, 0, 8)
        assert difference_of(row, COMMON).mean > 20
        assert row.speed == 0


def test_broken_runs_are_counted_and_left_out() -> None:
    a, b = pair(0.05)
    few = b._replace(runs={s: b.runs[s] for s in (0, 1, 2, 4, 5)}, broken=3)
    result = compare([a, few])
    row = result.rows[1]
    assert (row.broken, row.seeds, result.there) == (3, (0, 1, 2, 4, 5), 5)
    assert difference_of(row).n == 5
    assert verdict(result)[-1] == "Left out, because they broke down: 3 of 8 runs of b."
    # seeds of the first may break as well
    assert set(compare([few, a._replace(broken=0)]).rows[1].differences) == {0, 1, 2, 4, 5}


@pytest.mark.parametrize(
    ("broken", "shown"), [(0, r"compare\.$"), (3, r"\(3 diverged or failed\)")]
)
def test_an_experiment_without_complete_runs_is_refused(broken: int, shown: str) -> None:
    for members in ([classes("a", [0.8]), Member("bad", {}, broken)], [Member("bad", {}, broken)]):
        with pytest.raises(VibError, match=f"'bad' has no complete run.*{shown}"):
            compare(members)


def other_data(member: Member, seeds: Sequence[int]) -> Member:
    changed = {
        s: run.updated(data=run.data.model_copy(update={"fingerprint": "cafe"}))
        for s, run in member.runs.items()
        if s in seeds
    }
    return member._replace(runs=member.runs | changed)


def test_different_data_are_refused() -> None:
    a, b = pair(0.05)
    with pytest.raises(VibError, match=r"different data.*a: f00d; b: cafe"):
        compare([a, other_data(b, range(8))])
    with pytest.raises(VibError, match=r"different data.*a: cafe, f00d"):
        compare([other_data(a, [1])])


def test_one_experiment_alone_has_no_verdict() -> None:
    result = compare([classes("a", BASE)])
    assert verdict(result) == ()
    assert mean(result.rows[0], "accuracy") == pytest.approx(0.81)
    assert (result.there, result.tests) == (8, 0)


def settled(variant: str, **settings: object) -> RunConfig:
    return resolve(variant, "tabular", settings)


def test_settings_are_divided_into_constant_and_differing() -> None:
    configs = {
        "baseline": settled("baseline", lr=0.01),
        "vib": settled("vib", lr=0.01, lam=0.3),
        "strong": settled("vib", lr=0.02, lam=0.3),
    }
    members = [
        Member(name, {0: recorded.run(name).updated(config=config)}, 0)
        for name, config in configs.items()
    ]
    result = compare(members)
    assert result.differing["lr"] == {"baseline": 0.01, "vib": 0.01, "strong": 0.02}
    assert result.differing["lam"] == {"baseline": None, "vib": 0.3, "strong": 0.3}
    assert result.constant["epochs"] == configs["vib"].epochs
    assert not result.constant.keys() & result.differing.keys()
    assert not {"variant", "beta"} & (result.constant.keys() | result.differing.keys())
    assert compare([classes(name, [0.8]) for name in ("a", "b")]).differing == {}


def test_data_and_notes_are_passed_on() -> None:
    result = compare([classes("a", [0.8])])
    assert (result.dataset, result.notes) == ("wine", ("no test split",))
    assert result.sizes == {"train": 8, "validation": 1, "test": 1}


def test_secondary_quantities_are_corrected_among_themselves() -> None:
    nll = np.random.default_rng(0).normal(0.4, 0.01, 8)
    a = classes("a", BASE, nll=nll)
    b = classes("b", moved(0.05), nll=nll - apart(0.05, 0.01, 8))
    c = classes("c", moved(0.0), nll=nll + 0.1 * np.array([1, -1, 2, 1, -2, -1, 3, -1]))
    result = compare([a, b, c])
    # NLL, epochs to both targets and area of two experiments
    assert result.tests == 8
    better, open_ = (row.findings["nll_nats"] for row in result.rows[1:])
    assert better.p == better.p_adjusted == 2 / 2**8  # the least there is, of any number of tests
    assert established(better, result.level)
    assert open_.p_adjusted == open_.p  # the others do not differ at all
    assert not established(open_, result.level)
    assert not established(better, None)
    for row in result.rows[1:]:
        assert row.findings["accuracy"].p_adjusted is None


def test_several_experiments_share_the_level() -> None:
    rng = np.random.default_rng(2)
    a = classes("a", BASE)
    weak = [x + step for x, step in zip(BASE, [0.01] * 7 + [-0.004], strict=True)]
    others = [classes(f"x{i}", [x + rng.normal(0, 0.02) for x in BASE]) for i in range(6)]
    alone = decision_of(compare([a, classes("b", weak)], FIXED))
    among = decision_of(compare([a, classes("b", weak), *others], FIXED))
    assert alone.p < among.p


def test_e_values_decide_at_any_number_of_seeds() -> None:
    always = Asked(always_valid=True)
    for seeds, outcome in ((2, "undecided"), (6, "undecided"), (9, "higher")):
        result = compare(pair(0.05, seeds=seeds), always)
        assert decision_of(result).outcome == outcome
        assert decision_of(result).interval is None
        assert result.level == 0.05
    again = compare(pair(0.05, seeds=9), Asked(always_valid=True, taken=(Look(8, 0.0079),)))
    assert decision_of(again).n == 9  # all that are there count


def scores(correct: Sequence[int], first_row: int = 0) -> RowScores:
    return RowScores(np.arange(first_row, first_row + len(correct)), np.array(correct, bool))


def test_a_difference_has_to_hold_for_other_test_rows() -> None:
    # 8 of 10 rows and about 1 row more: seeds agree, which rows they are is chance
    a, b = [0.8] * 8, [0.9] * 8
    rows = {
        name: {seed: scores([1] * right + [0] * (10 - right)) for seed in range(8)}
        for name, right in (("a", 8), ("b", 9))
    }
    members = [classes("a", a), classes("b", b)]
    assert decision_of(compare(members)).outcome == "higher"
    result = compare(members, scores=rows)
    assert decision_of(result).outcome == "undecided"
    assert verdict(result)[0] == (
        "Not decided by 8 seeds: b is more accurate than a in these seeds, but other test rows "
        "could turn it."
    )
    many = {
        name: {seed: scores(list(np.arange(1000) % 10 < right)) for seed in range(8)}
        for name, right in (("a", 8), ("b", 9))
    }
    sure = compare(members, scores=many)
    assert decision_of(sure).outcome == "higher"
    assert len(sure.rows[1].test_rows.discordance) == 8
    assert not [line for line in verdict(sure) if "predictions are missing" in line]


def test_validation_that_is_infinite_counts_as_the_worst_there_is() -> None:
    curves = [(60.0, 50.0, 45.0, 44.0)] * 8
    bad = [(math.inf, *curve[1:]) for curve in curves]
    tested = {"rmse": [50.0 + s for s in range(8)]}
    a, b = (member(name, tested, "regression", of) for name, of in (("a", curves), ("b", bad)))
    row = compare([a, b]).rows[1]
    assert mean(row, "area") == pytest.approx((50 + 50 + 45 + 44) / 4)
    assert mean(row, "best_validation_rmse") == 44
    assert all(math.isfinite(f.value.mean) for f in row.findings.values())
    broken = member("c", {**tested, "nll_nats": [math.inf] * 8}, "regression", curves)
    assert "nll_nats" not in compare([a, broken]).rows[1].findings


@pytest.mark.slow
def test_without_a_difference_a_comparison_claims_one_5_times_in_100_at_most() -> None:
    """Each kind of claim: on accuracy, on all else, and of three experiments together."""
    rng = np.random.default_rng(1)
    claims = {"primary": 0, "secondary": 0, "speed": 0}
    draws = 150
    for _ in range(draws):
        luck = rng.normal(0.8, 0.05, 10)  # of the seed, shared by all
        members = [
            classes(
                name,
                luck + rng.normal(0, 0.01, 10),
                [np.array(RISING) + rng.normal(0, 0.02, 6) for _ in range(10)],
                nll=rng.normal(0.4, 0.1, 10),
            )
            for name in "abcd"
        ]
        result = compare(members, Asked(fixed=True, margin=0))
        outcomes = {decision_of(result, i).outcome for i in (1, 2, 3)}
        claims["primary"] += outcomes != {"undecided"}
        claims["secondary"] += any(
            established(row.findings[key], result.level)
            for row in result.rows[1:]
            for key in ("nll_nats", "area", OWN, COMMON)
        )
        claims["speed"] += any(row.speed for row in result.rows)
    limit = 0.05 + 2 * math.sqrt(0.05 * 0.95 / draws)
    assert all(count / draws <= limit for count in claims.values()), claims
