import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats

from vibcli.comparison import verdict as words
from vibcli.comparison.compare import Comparison, Row, compare
from vibcli.comparison.convergence import Horizon, Race, area, arrival, best_value
from vibcli.comparison.member import Member
from vibcli.comparison.verdict import sentence
from vibcli.config.record import RunConfig
from vibcli.errors import VibError
from vibcli.statistics import Estimate, judge
from vibcli.store import records
from vibcli.store.records import DataRecord, Epoch, Run
from vibcli.tasks.classification.task import TASK
from vibcli.tasks.resolve import resolve
from vibcli.tasks.row_scores import RowScores

CLAIMS = ("is more accurate than", "is less accurate than", "it reaches the target")


def run(
    seed: int = 0,
    curve: Sequence[float] = (0.5, 0.8, 0.9),
    test: float = 0.8,
    nll: float | None = 0.4,
    rate: float | None = None,
    config: RunConfig | None = None,
    fingerprint: str = "f00d",
    seconds: float = 2.0,
) -> Run:
    """A complete run with this validation curve and these test metrics."""
    epochs = tuple(
        Epoch(epoch=number, train={}, validation={"accuracy": accuracy}, seconds=seconds)
        for number, accuracy in enumerate(curve, start=1)
    )
    tested = {"accuracy": test, "nll_nats": nll, "rate_nats": rate}
    return Run(
        id=f"wine/vib-00000000/seed-{seed}",
        name="vib",
        status="complete",
        created="2024-01-01T00:00:00+00:00",
        seed=seed,
        config=config or resolve("vib", "tabular", {}),
        data=DataRecord(
            name="wine",
            source="embedded",
            revision=None,
            fingerprint=fingerprint,
            kind="tabular",
            inputs=("a",),
            label="y",
            classes=("no", "yes"),
            sizes={},
            notes=("one note",),
        ),
        environment={},
        epochs=epochs,
        test=records.Tests(selected=tested, last=tested),
    )


def member(name: str, tests: Sequence[float], broken: int = 0, **settings: Any) -> Member:
    """Seeds 0, 1, ... with these test accuracies."""
    return Member(name, {s: run(s, test=t, **settings) for s, t in enumerate(tests)}, broken)


def verdict(*members: Member, target: float | None = None) -> str:
    return words.verdict(compare(members, target))[0]


def race_of(result: Comparison) -> Race:
    assert result.race is not None
    return result.race


def difference_of(row: Row, key: str = "accuracy") -> Estimate:
    difference = row.findings[key].difference
    assert difference is not None
    return difference


def mean(row: Row, key: str) -> float:
    return row.findings[key].value.mean


@pytest.mark.slow
def test_paired_interval_covers_the_true_difference_95_times_in_100() -> None:
    rng = np.random.default_rng(0)
    covered = seeming = 0
    for _ in range(300):
        luck = rng.normal(0.8, 0.05, 5)  # of the seed, shared by both
        first = member("first", luck + rng.normal(0, 0.01, 5))
        second = member("second", luck + rng.normal(0, 0.01, 5))
        result = compare([first, second])
        difference = difference_of(result.rows[1])
        covered += difference.low <= 0 <= difference.high
        line = sentence(result.rows[1], result.rows[0], result)
        seeming += " accurate than second" in line or " accurate than first" in line
        assert not any(claim in line for claim in CLAIMS)  # five pairs establish nothing
        assert difference.high - difference.low < 0.1  # the shared luck is gone
    assert covered / 300 == pytest.approx(0.95, abs=0.03)
    assert seeming == 300 - covered


@pytest.mark.slow
def test_without_a_difference_a_whole_verdict_claims_one_5_times_in_100_at_most() -> None:
    rng = np.random.default_rng(1)
    claimed = 0
    for _ in range(150):
        luck = rng.normal(0.8, 0.05, 10)
        members = [
            Member(
                name,
                {
                    seed: run(seed, tuple(rng.normal(0.8, 0.05, 6)), test, nll=rng.normal(0.4, 0.1))
                    for seed, test in enumerate(luck + rng.normal(0, 0.01, 10))
                },
                0,
            )
            for name in "abcd"
        ]
        lines = words.verdict(compare(members, target=0.85))
        claimed += any(claim in line for claim in CLAIMS for line in lines)
    assert claimed / 150 <= 0.06


def test_convergence_by_hand() -> None:
    made = run(curve=(0.5, 0.8, 0.9, 0.7), seconds=1.5)
    of = TASK.convergence
    assert of is not None
    assert arrival(made, of, 0.8) == (2, 3.0)
    assert arrival(made, of, 0.85) == (3, 4.5)
    assert arrival(made, of, 0.0) == (1, 1.5)
    assert arrival(made, of, 0.95) == (None, None)
    assert best_value(made, of) == 0.9
    assert area(made, of, 4) == pytest.approx((0.5 + 0.8 + 0.9 + 0.7) / 4)
    assert area(made, of, 2) == pytest.approx((0.5 + 0.8) / 2)
    assert area(made, of, 6) == pytest.approx((0.5 + 0.8 + 0.9 + 0.7 * 3) / 6)  # it stopped early


def test_experiments_of_different_lengths_are_looked_at_over_the_shorter() -> None:
    curve = np.linspace(0.5, 0.9, 40)
    short, long = (resolve("vib", "tabular", {"epochs": n}) for n in (10, 40))
    a = member("a", [0.8, 0.9], curve=tuple(curve[:10]), config=short)
    b = member("b", [0.8, 0.9], curve=tuple(curve), config=long)
    first, row = compare([a, b], target=0.85).rows
    assert difference_of(row, "area").mean == 0
    assert (row.reached, first.reached) == (0, 0)  # b is there in epoch 36
    assert mean(row, "epochs_to_target") == 10


def test_a_fast_variant_that_never_arrives_is_not_sooner() -> None:
    config = resolve("vib", "tabular", {"epochs": 30})
    arrives = (*[0.1] * 5, *[0.9] * 25)
    a = member("a", [0.8, 0.9], curve=arrives, config=config, seconds=10.0)
    b = member("b", [0.8, 0.9], curve=(0.1,) * 30, config=config, seconds=1.0)
    stopped = member("c", [0.8, 0.9], curve=(0.1,) * 8, config=config, seconds=1.25)
    for members in ([a, b], [a, stopped], [a, b, stopped]):
        result = compare(members, target=0.9)
        # all that every run lasted: by then a has not arrived either
        assert race_of(result).horizon == Horizon(30, 30 if members == [a, b] else 10)
        for row in result.rows:
            assert mean(row, "seconds_to_target") == race_of(result).horizon.seconds
    same_pace = member("d", [0.8, 0.9], curve=(0.1,) * 30, config=config, seconds=10.0)
    assert difference_of(compare([a, same_pace]).rows[1], "seconds_to_target").mean == 300 - 60


def test_paired_difference_by_hand() -> None:
    # differences 0.02, 0.04, 0.06: mean 0.04, s = 0.02, t(0.975, 2) = 4.3027
    result = compare([member("a", [0.70, 0.80, 0.60]), member("b", [0.72, 0.84, 0.66])])
    half = 4.302652729 * 0.02 / math.sqrt(3)
    found = difference_of(result.rows[1])
    assert list(found) == pytest.approx([0.04, 0.04 - half, 0.04 + half, 3, 0.02])
    assert result.rows[0].findings["accuracy"].difference is None


def test_only_shared_seeds_are_paired() -> None:
    a = Member("a", {s: run(s, test=0.1 * s) for s in (1, 2, 3)}, 0)
    b = Member("b", {s: run(s, test=0.1 * s + 0.05 * s) for s in (2, 3, 4)}, 0)
    row = compare([a, b]).rows[1]
    assert row.seeds == (2, 3, 4)
    assert difference_of(row).mean == pytest.approx((0.10 + 0.15) / 2)
    assert difference_of(row).n == 2
    assert row.findings["accuracy"].value.n == 3


def test_order_of_seeds_does_not_matter() -> None:
    tests = {0: 0.7, 1: 0.8, 2: 0.75}
    a = member("a", [0.6, 0.65, 0.7])
    forwards = Member("b", {s: run(s, test=tests[s]) for s in (0, 1, 2)}, 0)
    backwards = Member("b", {s: run(s, test=tests[s]) for s in (2, 0, 1)}, 0)
    one, other = (compare([a, b]).rows[1] for b in (forwards, backwards))
    assert one.seeds == other.seeds
    assert one.findings == other.findings


def test_row_by_hand() -> None:
    config = resolve("vib", "tabular", {})
    a = Member("a", {0: run(0, (0.5, 0.9)), 1: run(1, (0.9, 0.7))}, 0)
    b = Member(
        "b",
        {
            0: run(0, (0.2, 0.6, 0.9), nll=0.3, rate=2.0, seconds=1.0),
            1: run(1, (0.4, 0.9, 0.8), nll=0.5, rate=4.0, seconds=3.0),
        },
        0,
    )
    result = compare([a, b], target=0.9)
    first, row = result.rows
    assert race_of(result)[:2] == (0.9, "--target")
    assert mean(row, "nll_nats") == pytest.approx(0.4)
    assert mean(row, "rate_nats") == pytest.approx(3)
    assert "rate_nats" not in first.findings
    assert mean(row, "best_validation_accuracy") == pytest.approx(0.9)
    assert mean(row, "best_epoch") == pytest.approx((3 + 2) / 2)
    assert race_of(result).horizon == (config.epochs, 3)  # seed 0 of b took so long, all in all
    assert mean(row, "epochs_to_target") == pytest.approx((3 + 2) / 2)
    assert mean(row, "seconds_to_target") == pytest.approx((3 * 1 + 3) / 2)
    assert mean(row, "train_seconds") == pytest.approx((3 * 1 + 3 * 3) / 2)
    long = config.epochs  # all of these runs stopped early
    areas = [(1.7 + 0.9 * (long - 3)) / long, (2.1 + 0.8 * (long - 3)) / long]
    theirs = [(1.4 + 0.9 * (long - 2)) / long, (1.6 + 0.7 * (long - 2)) / long]
    assert mean(row, "area") == pytest.approx(np.mean(areas))
    assert difference_of(row, "area").mean == pytest.approx(np.mean(areas) - np.mean(theirs))
    assert difference_of(row, "epochs_to_target").mean == pytest.approx(((3 - 2) + (2 - 1)) / 2)
    assert (row.reached, first.reached) == (2, 2)


def test_an_nll_of_zero_is_a_number_and_an_unknown_one_is_left_out() -> None:
    assert mean(compare([member("a", [0.5, 0.5], nll=0.0)]).rows[0], "nll_nats") == 0
    assert "nll_nats" not in compare([member("a", [0.5, 0.5], nll=None)]).rows[0].findings


def test_target_is_fixed_by_the_first_alone() -> None:
    a = Member("a", {0: run(0, (0.5, 0.8)), 1: run(1, (0.9, 0.6))}, 0)
    results = [
        compare([a, Member("b", {0: run(0, curve)}, 0)]) for curve in ((0.1,), (0.99, 0.999))
    ]
    for result in results:
        assert race_of(result).target == pytest.approx(0.99 * 0.85)
        assert race_of(result).target_reason == "99% of a's mean best validation accuracy"


def test_runs_that_never_reach_the_target_count_as_the_horizon() -> None:
    a = member("a", [0.8, 0.9], curve=(0.5, 0.9), config=EPOCHS)
    b = Member("b", {0: run(0, (0.9, 0.9), config=EPOCHS), 1: run(1, (0.1, 0.2), config=EPOCHS)}, 0)
    result = compare([a, b])
    row = result.rows[1]
    assert row.reached == 1
    assert race_of(result).horizon.epochs == EPOCHS.epochs
    assert mean(row, "epochs_to_target") == (1 + EPOCHS.epochs) / 2
    assert mean(row, "seconds_to_target") == (2 + 4) / 2
    assert difference_of(row, "epochs_to_target").mean == (-1 + EPOCHS.epochs - 2) / 2
    assert "1 of 2 of its runs do within 2 epochs, 2 of 2 of a" in verdict(a, b)
    nowhere = member("c", [0.8, 0.9], curve=(0.1, 0.1), config=EPOCHS)
    row = compare([a, nowhere]).rows[1]
    assert row.reached == 0
    assert mean(row, "epochs_to_target") == EPOCHS.epochs
    assert "0 of 2 of its runs" in verdict(a, nowhere)


def test_the_horizon_is_common_to_all() -> None:
    long, short = (resolve("vib", "tabular", {"epochs": n}) for n in (4, 3))
    a = member("a", [0.8, 0.9], curve=(0.1, 0.1, 0.1, 0.9), config=long)
    b = member("b", [0.8, 0.9], curve=(0.1, 0.1, 0.1), config=short)
    result = compare([a, b])
    assert race_of(result).horizon == (3, 6)
    assert [mean(row, "epochs_to_target") for row in result.rows] == [3, 3]


def test_broken_runs_are_counted_and_left_out() -> None:
    result = compare([member("a", [0.8, 0.9, 0.7]), member("b", [0.81, 0.95], broken=1)])
    row = result.rows[1]
    assert (row.broken, row.seeds) == (1, (0, 1))
    assert difference_of(row).n == 2


@pytest.mark.parametrize(
    ("broken", "shown"), [(0, r"compare\.$"), (3, r"\(3 diverged or failed\)")]
)
def test_an_experiment_without_complete_runs_is_refused(broken: int, shown: str) -> None:
    for members in ([member("a", [0.8]), Member("bad", {}, broken)], [Member("bad", {}, broken)]):
        with pytest.raises(VibError, match=f"'bad' has no complete run.*{shown}"):
            compare(members)


def test_different_data_are_refused() -> None:
    with pytest.raises(VibError, match=r"different data.*a: f00d; b: cafe"):
        compare([member("a", [0.8]), member("b", [0.8], fingerprint="cafe")])
    mixed = Member("a", {0: run(0), 1: run(1, fingerprint="cafe")}, 0)
    with pytest.raises(VibError, match=r"different data.*a: cafe, f00d"):
        compare([mixed])


def test_one_experiment_alone_has_no_verdict() -> None:
    result = compare([member("a", [0.8, 0.9])])
    assert words.verdict(result) == ()
    assert mean(result.rows[0], "accuracy") == pytest.approx(0.85)


def test_settings_are_divided_into_constant_and_differing() -> None:
    configs = {
        "baseline": resolve("baseline", "tabular", {"lr": 0.01}),
        "vib": resolve("vib", "tabular", {"lr": 0.01, "lam": 0.3}),
        "strong": resolve("vib", "tabular", {"lr": 0.02, "lam": 0.3}),
    }
    result = compare([member(name, [0.8], config=c) for name, c in configs.items()])
    assert result.differing["lr"] == {"baseline": 0.01, "vib": 0.01, "strong": 0.02}
    assert result.differing["lam"] == {"baseline": None, "vib": 0.3, "strong": 0.3}
    assert result.constant["epochs"] == configs["vib"].epochs
    assert not result.constant.keys() & result.differing.keys()
    assert not {"variant", "beta"} & (result.constant.keys() | result.differing.keys())
    same: Comparison = compare([member(name, [0.8]) for name in ("a", "b")])
    assert same.differing == {}


def test_data_and_notes_are_passed_on() -> None:
    result = compare([member("a", [0.8])])
    assert (result.dataset, result.notes) == ("wine", ("one note",))


LOW, HIGH = [0.70, 0.71, 0.72] * 3, [0.80, 0.82, 0.81] * 3


def test_verdict_more_accurate() -> None:
    line = verdict(member("a", LOW), member("b", HIGH))
    assert line.startswith(
        "b is more accurate than a: +10.00 points of test accuracy (95% interval"
    )
    assert "9 paired seeds" in line


def test_verdict_less_accurate() -> None:
    line = verdict(member("a", HIGH), member("b", LOW))
    assert line.startswith("b is less accurate than a: -10.00 points of test accuracy")


def test_verdict_of_too_few_seeds_to_pass_the_correction() -> None:
    line = verdict(member("a", LOW[:3]), member("b", HIGH[:3]))
    assert line.startswith("b looks more accurate than a, which is not established: +10.00 points")
    assert "p = 0.25, 1 after Holm" in line
    assert not any(claim in line for claim in CLAIMS)


def test_verdict_open() -> None:
    line = verdict(member("a", [0.70, 0.75, 0.72]), member("b", [0.72, 0.73, 0.73]))
    assert line.startswith("Not enough seeds to tell whether b or a is more accurate: +0.33 points")
    assert not any(claim in line for claim in CLAIMS)


def test_verdict_of_equal_runs_is_open() -> None:
    line = verdict(member("a", [0.7, 0.8]), member("b", [0.7, 0.8]))
    assert line.startswith("Not enough seeds to tell whether")
    assert "sooner is open (+0.0 epochs, +0.0 to +0.0, p = 1, 1 after Holm)" in line


def test_verdict_from_one_seed_claims_nothing() -> None:
    line = verdict(member("a", [0.1]), member("b", [0.9]))
    assert line == (
        "b against a: +80.00 points of test accuracy, from one seed: "
        "not enough to tell a difference from chance."
    )


def test_verdict_without_shared_seeds_claims_nothing() -> None:
    b = Member("b", {7: run(7), 8: run(8)}, 0)
    assert verdict(member("a", [0.1, 0.2]), b) == (
        "b and a share no seed, so nothing can be said about them."
    )
    assert compare([member("a", [0.1]), b]).rows[1].findings["area"].difference is None


EPOCHS = resolve("vib", "tabular", {"epochs": 2})
FAST, MIDDLING, SLOW = (0.9, 0.9, 0.9, 0.9), (0.1, 0.9, 0.9, 0.9), (0.1, 0.1, 0.9, 0.9)
SPEEDS = [
    (
        (SLOW,) * 5,
        (FAST,) * 4 + (MIDDLING,),
        "it seems to reach the target sooner (-1.8 epochs, ",
    ),
    (
        (FAST,) * 4 + (MIDDLING,),
        (SLOW,) * 5,
        "it seems to reach the target later (+1.8 epochs, ",
    ),
    ((SLOW,) * 9, (FAST,) * 8 + (MIDDLING,), "it reaches the target sooner (-1.9 epochs, -2.1 to"),
    (
        (SLOW,) * 9,
        (FAST,) * 9,
        "it reaches the target sooner (-2.0 epochs, -2.0 to -2.0, p = 0",
    ),
    ((SLOW, SLOW), (FAST, FAST), "which reaches the target sooner is open (-2.0 epochs"),
    ((FAST, FAST), (FAST, SLOW), "which reaches the target sooner is open (+1.0 epochs, -11.7 to"),
]


@pytest.mark.parametrize(("reference", "curves", "expected"), SPEEDS)
def test_verdict_about_speed(
    reference: Sequence[Sequence[float]], curves: Sequence[Sequence[float]], expected: str
) -> None:
    a, b = (
        Member(name, {s: run(s, curve) for s, curve in enumerate(of)}, 0)
        for name, of in (("a", reference), ("b", curves))
    )
    assert expected in verdict(a, b, target=0.9)


def sentence_of(low: float, high: float, margin: float = 0.0, p_holm: float = 0.04) -> str:
    """With these intervals of the differences in accuracy and in epochs."""
    result = compare([member("a", [0.8, 0.9]), member("b", [0.8, 0.9])], margin=100 * margin)
    assert result.margin == margin
    difference = Estimate((low + high) / 2, low, high, 2, 0.1)
    findings = {
        key: finding._replace(difference=difference, p=0.01, p_holm=p_holm)
        for key, finding in result.rows[1].findings.items()
    }
    outcome = judge(difference, margin)
    return sentence(
        result.rows[1]._replace(findings=findings, outcome=outcome), result.rows[0], result
    )


@pytest.mark.parametrize(
    ("low", "high"), [(-0.01, 0.02), (0.0, 0.02), (-0.02, 0.0), (0.0, 0.0), (-1e-12, 0.5)]
)
def test_never_a_claim_where_the_interval_contains_zero(low: float, high: float) -> None:
    line = sentence_of(low, high)
    assert line.startswith("Not enough seeds to tell whether b or a is more accurate")
    assert not any(claim in line for claim in CLAIMS)


@pytest.mark.parametrize(("low", "high"), [(0.001, 0.02), (-0.02, -0.001)])
def test_a_claim_where_it_does_not_contain_zero(low: float, high: float) -> None:
    line = sentence_of(low, high)
    assert line.startswith("b is more accurate" if low > 0 else "b is less accurate")
    assert ("target later (" if low > 0 else "target sooner (") in line


@pytest.mark.parametrize(
    ("low", "high", "claim"),
    [
        (-0.004, 0.004, "b and a differ by no more than the margin of 0.5 points: +0.00 points"),
        (0.001, 0.004, "b is more accurate than a, but by less than the margin of 0.5 points:"),
        (-0.004, -0.001, "b is less accurate than a, but by less than the margin of 0.5 points:"),
        (-0.006, 0.004, "Not enough seeds to tell"),
        (0.001, 0.006, "b is more accurate than a: "),
    ],
)
def test_no_difference_is_not_the_same_as_not_enough_seeds(
    low: float, high: float, claim: str
) -> None:
    assert sentence_of(low, high, margin=0.005).startswith(claim)


@pytest.mark.parametrize(
    ("low", "high", "claim"),
    [
        (-0.004, 0.004, "b and a differ by no more than the margin of 0.5 points: +0.00 points"),
        (
            0.001,
            0.004,
            "b and a differ by no more than the margin of 0.5 points, and which is more ",
        ),
        (-0.006, -0.001, "b looks less accurate than a, which is not established: -0.35 points"),
        (0.001, 0.006, "b looks more accurate than a, which is not established: +0.35 points"),
    ],
)
def test_what_does_not_pass_the_correction_is_not_claimed(
    low: float, high: float, claim: str
) -> None:
    line = sentence_of(low, high, margin=0.005, p_holm=0.051)
    assert line.startswith(claim)
    assert not any(claim in line for claim in CLAIMS)


def test_few_equal_differences_are_no_evidence() -> None:
    line = verdict(member("a", [0.8, 0.9]), member("b", [0.7, 0.8]))
    assert line.startswith(
        "Not enough seeds to tell whether b or a is more accurate: -10.00 points"
    )


def test_many_equal_runs_are_evidence_that_there_is_no_difference() -> None:
    line = verdict(member("a", [0.7, 0.8, 0.9] * 2), member("b", [0.7, 0.8, 0.9] * 2))
    assert line.startswith("b and a differ by no more than the margin of 0.5 points: +0.00 points")


@pytest.mark.parametrize("seeds", [0, 1, 2])
def test_verdict_names_the_runs_that_are_left_out(seeds: int) -> None:
    b = Member("b", {s + (not seeds) * 7: run(s) for s in range(seeds or 1)}, 4)
    line = verdict(member("a", [0.8, 0.9]), b)
    assert line.endswith(f"Left out, because they broke down: 4 of {4 + (seeds or 1)} runs of b.")


def test_p_values_are_exact_and_corrected_over_experiments_and_quantities() -> None:
    rng = np.random.default_rng(0)
    a = member("a", rng.normal(0.8, 0.01, 6))
    b = member("b", rng.normal(0.9, 0.01, 6))
    c = member("c", rng.normal(0.8, 0.01, 6), nll=0.3)
    result = compare([a, b, c])
    found = [f for row in result.rows for f in row.findings.values() if f.p is not None]
    # accuracy, NLL, epochs and area of two experiments; the runs here have no Brier score or ECE
    assert result.tests == len(found) == 8
    assert result.smallest_p == 2 / 2**6
    assert result.pairs_needed == (6, 9)  # 2 / 2^9 < 0.05 / 8 < 2 / 2^8
    exact = stats.permutation_test(
        (np.array([b.runs[s].test.selected["accuracy"] for s in range(6)]),
         np.array([a.runs[s].test.selected["accuracy"] for s in range(6)])),
        lambda x, y, axis: (x - y).mean(axis), permutation_type="samples", n_resamples=np.inf,
    ).pvalue  # fmt: skip
    assert result.rows[1].findings["accuracy"].p == pytest.approx(exact) == 2 / 2**6
    assert result.rows[2].findings["nll_nats"].p == 2 / 2**6
    # the three smallest p values of 8 tie at 2/64 (b's accuracy, c's NLL, and nothing else)
    assert result.rows[1].findings["accuracy"].p_holm == pytest.approx(8 * 2 / 64)
    assert all(f.p_holm >= f.p for f in found)


def test_few_seeds_are_told_how_many_would_do() -> None:
    lines = words.verdict(compare([member("a", [0.8] * 5), member("b", [0.9, 0.8, 0.9, 0.7, 0.9])]))
    assert lines[1].startswith(
        "No sign-flip test of so few pairs can go below p = 0.0625: at least"
    )
    assert "6 seeds are needed to reach 0.05, and 8 after Holm's correction for 4 tests" in lines[1]
    lines = words.verdict(compare([member("a", [0.8] * 6), member("b", [0.9, 0.8] * 3)]))
    assert lines[1] == (
        "After Holm's correction for 4 tests no p of so few pairs can go below 0.12: at least 8 "
        "seeds are needed to reach 0.05."
    )
    enough = compare([member("a", [0.8] * 8), member("b", [0.9, 0.8] * 4)])
    assert len(words.verdict(enough)) == 1


def scores(correct: Sequence[int], first_row: int = 0) -> RowScores:
    return RowScores(np.arange(first_row, first_row + len(correct)), np.array(correct, bool))


def test_test_rows_are_a_source_of_chance_of_their_own() -> None:
    members = [member("a", [0.5, 0.5]), member("b", [0.75, 0.5])]
    a = {0: scores([1, 1, 0, 0] * 25), 1: scores([0, 1, 1, 0] * 25)}
    b = {0: scores([1, 1, 1, 0] * 25), 1: scores([1, 1, 0, 0] * 25)}
    result = compare(members, scores={"a": a, "b": b})
    row = result.rows[1]
    assert row.test_rows.chance is not None
    assert row.test_rows.chance.mean == pytest.approx(0.125)
    assert row.test_rows.chance.examples is not None
    assert row.test_rows.chance.examples.low < 0.125 < row.test_rows.chance.examples.high
    assert row.test_rows.discordance[0] == (25, 0, pytest.approx(2 * 0.5**25))
    assert row.test_rows.discordance[1] == (25, 25, 1.0)
    assert result.rows[0].test_rows.chance is None


def test_predictions_of_other_rows_are_not_paired() -> None:
    members = [member("a", [0.5, 0.5]), member("b", [0.75, 0.5])]
    a = {0: scores([1, 0]), 1: scores([1, 0])}
    b = {0: scores([1, 1]), 1: scores([1, 1], first_row=7)}
    assert compare(members, scores={"a": a, "b": b}).rows[1].test_rows.chance is None
    assert compare(members, scores={"a": a}).rows[1].test_rows.chance is None
