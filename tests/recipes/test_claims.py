from pathlib import Path
from typing import Any

import pytest
import recorded as made
from recipe_files import write_toy

from vibcli.recipes import Claim, load_recipe
from vibcli.recipes.claims import claim_findings, claim_sentence, decide, shown, values
from vibcli.recipes.measures import Measured, threshold
from vibcli.statistics import Estimate

YES, NO, OPEN = "reproduced", "not reproduced", "cannot tell"


def claim(**content: Any) -> Claim:
    return Claim(experiment="vib", source="Table 1", **{"measure": "error", **content})


def interval(low: float, high: float) -> Estimate:
    return Estimate((low + high) / 2, low, high, 5)


VALUE = {"value": 1.0, "resolution": 0.25}
MARGIN = {"against": "baseline", "margin": 0.5}


@pytest.mark.parametrize(
    ("content", "low", "high", "outcome"),
    [
        # an error of 1.0, claimed for a difference of 0.25: contained, edges included
        (VALUE, 0.75, 1.25, YES),
        (VALUE, 1.0, 1.25, YES),
        (VALUE, 1.01, 1.25, NO),
        (VALUE, 0.5, 0.99, YES),
        # too wide to tell, unless it lies wholly on one side
        (VALUE, 0.5, 1.125, OPEN),
        (VALUE, 0.0, 0.99, YES),
        (VALUE, 1.01, 9.0, NO),
        # of accuracy more is better
        ({**VALUE, "measure": "accuracy"}, 0.5, 0.99, NO),
        ({**VALUE, "measure": "accuracy"}, 1.01, 9.0, YES),
        # a difference of -0.25 is its own resolution
        ({"value": -0.25, "against": "baseline"}, -0.5, -0.01, YES),
        ({"value": -0.25, "against": "baseline"}, -0.5, 0.0, OPEN),  # nor does it hold 0
        ({"value": -0.25, "against": "baseline"}, -0.3, 0.1, OPEN),
        ({"value": -0.25, "against": "baseline"}, -0.5, 0.125, OPEN),
        ({"value": -0.25, "against": "baseline"}, -0.2, 0.0, NO),
        # bounds hold whatever is better
        ({"at_least": 89.0, "measure": "accuracy"}, 89.0, 90.0, YES),
        ({"at_least": 89.0, "measure": "accuracy"}, 88.9, 90.0, OPEN),
        ({"at_least": 89.0, "measure": "accuracy"}, 88.0, 89.0, OPEN),
        ({"at_least": 89.0, "measure": "accuracy"}, 88.0, 88.9, NO),
        ({"at_most": 2.0}, 1.0, 2.0, YES),
        ({"at_most": 2.0}, 1.0, 2.1, OPEN),
        ({"at_most": 2.0}, 2.1, 2.2, NO),
        # better than another one
        ({"against": "baseline"}, -0.2, -0.1, YES),
        ({"against": "baseline"}, -0.2, 0.0, OPEN),
        ({"against": "baseline"}, -0.2, 0.1, OPEN),
        ({"against": "baseline"}, 0.0, 0.1, NO),
        ({"against": "baseline", "measure": "accuracy"}, 0.1, 0.2, YES),
        ({"against": "baseline", "measure": "accuracy"}, -0.2, 0.0, NO),
        ({"against": "baseline", "measure": "epochs"}, -2.0, -1.0, YES),
        # a margin is the least gain that counts; IMDB's interval first
        ({**MARGIN, "measure": "accuracy"}, -0.13, 0.21, NO),
        ({**MARGIN, "measure": "accuracy"}, -0.13, 0.5, OPEN),
        ({**MARGIN, "measure": "accuracy"}, 0.1, 0.21, NO),
        ({**MARGIN, "measure": "accuracy"}, 0.1, 0.5, YES),
        ({**MARGIN, "measure": "accuracy"}, 0.0, 0.21, NO),
        ({**MARGIN, "measure": "accuracy"}, -0.3, 0.0, NO),
        ({**MARGIN, "measure": "accuracy"}, -0.3, 0.9, OPEN),
        (MARGIN, -0.49, 0.1, NO),
        (MARGIN, -0.5, 0.1, OPEN),
        (MARGIN, -0.2, -0.1, NO),
        (MARGIN, -0.5, -0.1, YES),
        # all seeds agree: nothing is known of chance
        ({"at_least": 50.0, "measure": "accuracy"}, 89.0, 89.0, OPEN),
    ],
)
def test_the_rules_at_their_edges(
    content: dict[str, Any], low: float, high: float, outcome: str
) -> None:
    assert decide(claim(**content), interval(low, high)) == outcome


@pytest.mark.parametrize(("seeds", "outcome"), [(5, OPEN), (6, YES)])
def test_seeds_that_all_agree_count_where_they_are_many(seeds: int, outcome: str) -> None:
    ours = Estimate(-2.0, -2.0, -2.0, seeds)
    assert decide(claim(measure="epochs", against="baseline"), ours) == outcome


def test_what_is_left_after_runs_broke_down_cannot_tell(tmp_path: Path) -> None:
    recipe = load_recipe(str(write_toy(tmp_path)))
    tested = [made.run(seed=seed, tested={"accuracy": 0.9 + 0.01 * seed}) for seed in range(2)]
    runs = {name: {r.seed: Measured(r, {}) for r in tested} for name in recipe.experiments}
    whole, lost = (claim_findings(recipe, runs, broken)[0] for broken in ({}, {"vib": 1}))
    assert (whole.outcome, whole.seeds) == (YES, "2")
    assert (lost.outcome, lost.seeds) == (OPEN, "2 (1 broke down)")


@pytest.mark.parametrize("ours", [None, Estimate(99.0, None, None, 1)])
def test_fewer_than_two_seeds_cannot_tell(ours: Estimate | None) -> None:
    assert decide(claim(measure="accuracy", at_least=1), ours) == OPEN


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({**VALUE, "samples": 12}, "vib: test error 1%, 12 draws"),
        ({"at_least": 89, "measure": "accuracy"}, "vib: test accuracy at least 89%"),
        ({"against": "baseline"}, "vib against baseline: lower test error"),
        (MARGIN, "vib against baseline: lower test error, margin 0.5 points"),
        (
            {"against": "baseline", "measure": "epochs"},
            "vib against baseline: fewer epochs to the threshold",
        ),
        ({"against": "x", "value": -0.25}, "vib against x: test error -0.25 points"),
    ],
)
def test_a_claim_in_words(content: dict[str, Any], words: str) -> None:
    assert claim_sentence(claim(**content)) == words


def test_numbers_as_they_are_shown() -> None:
    assert shown(interval(1, 2), signed=False) == "1.50 [1.00, 2.00]"
    assert shown(interval(-1, 2), signed=True) == "+0.50 [-1.00, +2.00]"
    assert shown(Estimate(1.0, None, None, 1), signed=False) == "1.00"
    assert shown(None, signed=True) == "-"


def test_a_run_that_never_arrives_counts_with_all_its_epochs() -> None:
    curves = {0: (0.5, 0.9, 0.95), 1: (0.5, 0.6, 0.7)}
    runs = {seed: Measured(made.run(seed=seed, curve=c), {}) for seed, c in curves.items()}
    assert values("epochs", runs, 0, 0.9) == {0: 2.0, 1: 3.0}
    assert threshold(runs) == pytest.approx(0.99 * (0.95 + 0.7) / 2)
    assert threshold({}) is None
    assert values("epochs", runs, 0, None) == {}


def test_the_threshold_of_a_regression_is_above_its_best_error() -> None:
    curves = {0: (9.0, 5.0, 4.0), 1: (9.0, 8.0, 7.0)}
    runs = {
        seed: Measured(made.run(seed=seed, curve=c, task="regression"), {})
        for seed, c in curves.items()
    }
    target = threshold(runs)
    assert target == pytest.approx((4 + 7) / 2 / 0.99)
    assert values("epochs", runs, 0, target) == {0: 2.0, 1: 3.0}


@pytest.mark.parametrize("task", ["regression", "autoencoding"])
def test_what_a_task_does_not_measure_is_not_known(task: str) -> None:
    runs = {0: Measured(made.run(task=task, curve=(9.0, 5.0)), {})}
    for measure in ("accuracy", "error", "elbo"):
        assert values(measure, runs, 0, None) == {}
    assert (threshold(runs) is None) == (task == "autoencoding")


def test_draws_count_where_there_are_any() -> None:
    tested = {"accuracy": 0.9}
    vib = Measured(made.run(tested=tested), {12: {"accuracy": 0.875}})
    plain = Measured(made.run(tested=tested, bottleneck="none"), {})
    assert values("accuracy", {0: vib, 1: plain}, 0, None) == {0: 90.0, 1: 90.0}
    assert values("error", {0: vib, 1: plain}, 12, None) == {0: 12.5, 1: pytest.approx(10)}
    assert values("accuracy", {0: vib, 1: plain}, 128, None) == {1: 90.0}
