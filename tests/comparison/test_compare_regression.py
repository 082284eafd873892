import math

import numpy as np
import pytest
import recorded
from compared import AE, member
from scipy import stats

from vibcli.comparison.compare import Comparison, compare, measure_run, quantities_of
from vibcli.comparison.convergence import Race
from vibcli.comparison.member import Member
from vibcli.comparison.verdict import verdict
from vibcli.errors import VibError
from vibcli.registry import TASKS

FALLING = (60.0, 50.0, 45.0, 47.0)
RMSE = (50.0, 52.0, 48.0, 51.0, 49.0, 50.5, 49.5, 50.0)  # mean 50


def numbers(name: str, *rmse: float, **more: object) -> Member:
    """A regression with these test errors; all learn alike."""
    return member(name, {"rmse": rmse}, "regression", [FALLING] * len(rmse), **more)


def moved(by: float) -> list[float]:
    """Every error by nearly so much higher."""
    return [x + by * (1 + 0.1 * (seed % 3 - 1)) for seed, x in enumerate(RMSE)]


def race_of(result: Comparison) -> Race:
    assert result.race is not None
    return result.race


def test_a_lower_error_is_better() -> None:
    first, row = compare([numbers("a", 50.0, 52.0, 51.0), numbers("b", 45.0, 46.0, 46.5)]).rows
    found = row.findings["rmse"]
    expected = stats.ttest_rel([45.0, 46.0, 46.5], [50.0, 52.0, 51.0]).confidence_interval(0.95)
    assert first.findings["rmse"].value.mean == pytest.approx(51)
    assert found.difference is not None
    assert found.difference.mean == pytest.approx(-(5 + 6 + 4.5) / 3)
    assert found.difference[1:3] == pytest.approx(tuple(expected))
    assert found.improvement is not None
    assert found.improvement.probability == 1
    assert found.p == 0.25
    assert row.outcome == "lower"


def test_what_is_compared_and_tested_is_what_the_task_declares() -> None:
    task = TASKS.load("regression")
    assert quantities_of(task)["best_validation_rmse"].better == -1
    assert quantities_of(task)["area"].better == -1
    everything = dict.fromkeys(task.quantities, (1.0, 2.0))
    a, b = (
        member(name, everything, "regression", [FALLING] * 2, latent=latent)
        for name, latent in (("a", 4), ("b", 8))
    )
    result = compare([a, b])
    tested = {key for key, finding in result.rows[1].findings.items() if finding.p is not None}
    assert tested == {"rmse", "mae", "nll_nats", "crps", "epochs_to_target", "area"}
    assert result.tests == 6
    assert set(result.rows[1].findings) == set(quantities_of(task))
    assert result.iw_samples is None
    assert result.rows[1].test_rows.chance is None


def test_the_margin_is_a_share_of_the_firsts_error() -> None:
    a, b = numbers("a", *RMSE), numbers("b", *moved(-0.9))
    assert compare([a, b]).margin == pytest.approx(0.02 * 50)
    assert compare([b, a]).margin == pytest.approx(0.02 * np.mean(moved(-0.9)))
    assert compare([a, b], margin=3.5).margin == 3.5  # in the label's own unit
    assert compare([a, b], margin=0.0).margin == 0


def test_the_usual_target_is_the_firsts_best_by_99_in_100() -> None:
    a = member("a", {"rmse": (1.0, 1.0)}, "regression", [FALLING, (40.0, 35.0, 44.0, 50.0)])
    better = member("b", {"rmse": (1.0, 1.0)}, "regression", [(1.0,) * 4] * 2)
    for others in ([], [better]):
        race = race_of(compare([a, *others]))
        assert race.target == pytest.approx((45 + 35) / 2 / 0.99)
        assert race.target_reason == "a's mean best validation RMSE / 0.99"
        assert race.horizon == (4, 8)


def test_the_target_is_typed_in_the_labels_unit_and_has_no_limit() -> None:
    a = numbers("a", 1.0, 2.0)
    assert race_of(compare([a], target=5e6))[:2] == (5e6, "--target")
    assert race_of(compare([a], target=0.001)).target == 0.001


def test_how_a_falling_error_learns_by_hand() -> None:
    slow = (70.0, 60.0, 58.0, 44.0)
    never = (90.0, 80.0, 70.0, 60.0)
    a = member("a", {"rmse": (1.0, 1.0)}, "regression", [FALLING] * 2)
    b = member("b", {"rmse": (1.0, 1.0)}, "regression", [slow, never])
    result = compare([a, b], target=50.0)
    first, row = result.rows
    assert (first.reached, row.reached) == (2, 1)
    expected = {
        "epochs_to_target": (2, 4, 4),
        "seconds_to_target": (4, 8, 8),
        "area": (50.5, 58, 75),
        "best_epoch": (3, 4, 4),
        "best_validation_rmse": (45, 44, 60),
        "train_seconds": (8, 8, 8),
    }
    for key, (of_a, *of_b) in expected.items():
        assert first.findings[key].value.mean == pytest.approx(of_a), key
        assert row.findings[key].value.mean == pytest.approx(np.mean(of_b)), key
        found = row.findings[key].difference
        assert found is not None
        assert found.mean == pytest.approx(np.mean(of_b) - of_a), key
    assert row.findings["area"].improvement is not None
    assert row.findings["area"].improvement.probability == 0
    alone = measure_run(b.runs[1], result.race)
    assert {key: alone[key] for key in expected} == {k: v[2] for k, v in expected.items()}
    assert (alone["rmse"], alone["crps"]) == (1.0, None)


@pytest.mark.parametrize(
    ("by", "start"),
    [
        (-5.0, "b is more accurate than a: -4.938 of test RMSE (95% interval -5."),
        (5.0, "b is less accurate than a: +4.938 of test RMSE (95% interval +4."),
        (-0.5, "b is more accurate than a, but by less than the margin of 1: -0.4938 of test"),
        (0.5, "b is less accurate than a, but by less than the margin of 1: +0.4938 of test RMSE"),
        (0.0, "b and a differ by no more than the margin of 1: +0 of test RMSE (95% interval"),
    ],
)
def test_the_verdict_calls_a_lower_error_more_accurate(by: float, start: str) -> None:
    (line,) = verdict(compare([numbers("a", *RMSE), numbers("b", *moved(by))]))
    assert line.startswith(start)
    assert line.endswith("+0.0 to +0.0, p = 1, 1 after Holm).")
    assert "8 paired seeds, p = " in line


def test_the_verdict_of_few_seeds_claims_nothing() -> None:
    line, limits = verdict(compare([numbers("a", *RMSE[:3]), numbers("b", *moved(-5.0)[:3])]))
    assert line.startswith(
        "b looks more accurate than a, which is not established: -5.000 of test RMSE (95% interval "
    )
    assert "p = 0.25, 1 after Holm" in line
    assert limits.startswith("No sign-flip test of so few pairs can go below p = 0.25")
    open_ = verdict(compare([numbers("a", 50.0, 60.0), numbers("b", 51.0, 58.0)]))[0]
    assert open_.startswith(
        "Not enough seeds to tell whether b or a is more accurate: -0.50 of test RMSE (95% "
        "interval -19.56 to +18.56, 2 paired seeds"
    )
    assert verdict(compare([numbers("a", 50.0), numbers("b", 45.0)])) == (
        "b against a: -5.000 of test RMSE, from one seed: not enough to tell a difference from "
        "chance.",
    )


def test_the_verdict_reads_well_in_a_large_unit() -> None:
    large = [1000 * x for x in RMSE]
    a, b = numbers("a", *large), numbers("b", *(1000 * x for x in moved(-0.5)))
    (line,) = verdict(compare([a, b]))
    assert "by less than the margin of 1000: -493.8 of test RMSE (95% interval -52" in line
    (line,) = verdict(compare([a, b], margin=12345.0))
    assert "by less than the margin of 12,345: -493.8 of test RMSE" in line
    (line,) = verdict(compare([a, numbers("b", *(x - 12345.6 for x in large))]))
    assert "a: -12,346 of test RMSE (95% interval -12,346 to -12,346, 8 paired" in line
    assert "e+" not in line


def test_runs_of_different_tasks_are_refused() -> None:
    classifier = Member("c", {0: recorded.run("c")}, 0)
    for others, named in (
        ([classifier], "classification, regression"),
        ([AE], "autoencoding, regression"),
        ([AE, classifier], "autoencoding, classification, regression"),
    ):
        with pytest.raises(VibError, match=f"different tasks cannot be compared: {named}\\."):
            compare([numbers("a", 1.0), *others])


def test_what_a_task_does_not_have_is_refused() -> None:
    with pytest.raises(VibError, match="--target does not apply: autoencoding has no metric"):
        compare([AE], target=0.5)
    with pytest.raises(VibError, match="--margin does not apply: autoencoding has no margin"):
        compare([AE], margin=0.5)
    classifier = Member("c", {0: recorded.run("c")}, 0)
    with pytest.raises(VibError, match=r"--target is 1\.5: accuracy is at most 1"):
        compare([classifier], target=1.5)


def test_an_error_of_zero_is_a_number() -> None:
    result = compare([member("a", {"rmse": (0.0, 0.0)}, "regression", [(0.0,)] * 2)])
    assert result.rows[0].findings["rmse"].value.mean == 0
    assert race_of(result).target == 0
    assert result.rows[0].reached == 2
    assert result.margin == 0
    assert not math.isnan(result.rows[0].findings["area"].value.mean)
