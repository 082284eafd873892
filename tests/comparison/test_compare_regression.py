import numpy as np
import pytest
from compared import FALLING, classes, member, numbers
from scipy import stats

from vibcli.comparison.compare import Asked, Comparison, compare
from vibcli.comparison.convergence import COMMON, OWN
from vibcli.comparison.measured import quantities_of
from vibcli.comparison.member import Member
from vibcli.comparison.verdict import verdict
from vibcli.errors import VibError
from vibcli.registry import TASKS
from vibcli.statistics import Outcome

FIXED = Asked(fixed=True)
RMSE = (50.0, 52.0, 48.0, 51.0, 49.0, 50.5, 49.5, 50.0)  # mean 50


def moved(by: float) -> list[float]:
    """Every error by nearly so much higher."""
    return [x + by * (1 + 0.1 * (seed % 3 - 1)) for seed, x in enumerate(RMSE)]


def outcome(result: Comparison) -> Outcome:
    decision = result.rows[1].decision
    assert decision is not None
    return decision.outcome


def test_a_lower_error_is_better() -> None:
    first, row = compare(
        [numbers("a", [50.0, 52.0, 51.0]), numbers("b", [45.0, 46.0, 46.5])], FIXED
    ).rows
    found = row.findings["rmse"]
    expected = stats.ttest_rel([45.0, 46.0, 46.5], [50.0, 52.0, 51.0]).confidence_interval(0.95)
    assert first.findings["rmse"].value.mean == pytest.approx(51)
    assert found.difference is not None
    assert found.difference.mean == pytest.approx(-(5 + 6 + 4.5) / 3)
    assert found.difference[1:3] == pytest.approx(tuple(expected))
    assert found.improvement is not None
    assert found.improvement.probability == 1
    assert found.p == 0.25


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
    assert tested == {"rmse", "mae", "nll_nats", "crps", OWN, COMMON, "area"}
    assert result.tests == len(tested) - 1  # but for the primary one
    assert set(result.rows[1].findings) == set(quantities_of(task))
    assert result.iw_samples is None
    assert result.rows[1].test_rows.chance is None


def test_the_margin_is_a_share_of_the_firsts_error() -> None:
    a, b = numbers("a", RMSE), numbers("b", moved(-0.9))
    assert compare([a, b]).margin == pytest.approx(0.02 * 50)
    assert compare([b, a]).margin == pytest.approx(0.02 * np.mean(moved(-0.9)))
    assert compare([a, b]).margin_reason == "a fiftieth of a's RMSE"
    assert compare([a, b], Asked(margin=3.5)).margin == 3.5  # in the label's own unit
    assert compare([a, b], Asked(margin=0.0)).margin == 0


def test_the_target_is_typed_in_the_labels_unit_and_has_no_limit() -> None:
    a, b = numbers("a", RMSE), numbers("b", moved(-0.9))
    for target, reached in ((5e6, 8), (0.001, 0)):
        common = compare([a, b], Asked(target=target)).rows[1].common
        assert common == (target, reached, reached)


@pytest.mark.parametrize(
    ("by", "found", "start"),
    [
        (-5.0, "lower", "b is more accurate than a, by 4.938 (4."),
        (5.0, "higher", "b is less accurate than a, by 4.938 (4."),
        (-0.5, "lower", "b is more accurate than a, but by less than would matter: 0.4938 (0.4"),
        (0.5, "higher", "b is less accurate than a, but by less than would matter: 0.4938 (0.4"),
        (0.0, "equivalent", "b and a have the very same test RMSE in all 8 seeds."),
    ],
)
def test_a_lower_error_is_called_more_accurate(by: float, found: str, start: str) -> None:
    result = compare([numbers("a", RMSE), numbers("b", moved(by))])
    line, *others = verdict(result)
    assert outcome(result) == found
    assert line.startswith(start)
    assert not [other for other in others if "test rows" in other]


def test_what_is_open_is_told_in_the_words_of_an_error() -> None:
    b = [x + step for x, step in zip(RMSE, (2, -1, 3, -2, 1, -1, 0.5, 1.5), strict=True)]
    result = compare([numbers("a", RMSE), numbers("b", b)])
    low, high = stats.ttest_rel(b, RMSE).confidence_interval(1 - 0.0079)
    assert verdict(result)[0] == (
        f"Not decided by 8 seeds: b is somewhere from {-low:.3f} more accurate to {high:.3f} less "
        "accurate than a."
    )


def test_few_seeds_decide_nothing() -> None:
    few = [numbers("a", RMSE[:3]), numbers("b", moved(-5.0)[:3])]
    assert verdict(compare(few))[0].startswith("Too early to tell whether b or a is more accurate")
    assert outcome(compare(few, FIXED)) == "undecided"
    assert verdict(compare(few, FIXED))[0].endswith(
        "but the exact test is not sure (p = 0.25, it takes 0.05)."
    )


def test_the_verdict_reads_well_in_a_large_unit() -> None:
    large = [1000 * x for x in RMSE]
    a, b = numbers("a", large), numbers("b", [1000 * x for x in moved(-0.5)])
    line = verdict(compare([a, b]))[0]
    assert "would matter: 493.8 (4" in line
    assert line.endswith("at 99.2%), and the margin is 1,000.")
    assert "and the margin is 12,345." in verdict(compare([a, b], Asked(margin=12345.0)))[0]
    line = verdict(compare([a, numbers("b", [x - 12345.6 for x in large])]))[0]
    assert line == "b is more accurate than a, by 12,346 (12,346 to 12,346 at 99.2%)."


def test_an_error_of_zero_is_a_number() -> None:
    a, b = (
        member(name, {"rmse": [0.0] * 8}, "regression", [(0.0,) * 4] * 8) for name in ("a", "b")
    )
    result = compare([a, b])
    row = result.rows[1]
    assert row.findings["rmse"].value.mean == 0
    assert row.common == (0, 8, 8)
    assert result.margin == 0
    assert verdict(result)[0] == "b and a have the very same test RMSE in all 8 seeds."


def test_runs_of_different_tasks_are_refused() -> None:
    with pytest.raises(VibError, match="different tasks cannot be compared: classification, reg"):
        compare([numbers("a", [1.0]), Member("c", classes("c", [0.5]).runs, 0)])
