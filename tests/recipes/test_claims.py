from pathlib import Path
from typing import Any

import numpy as np
import pytest
import recorded as made
from recipe_files import write_toy

from vibcli.recipes.claims import claim_findings, claim_sentence, decide, shown, values
from vibcli.recipes.measures import Measured
from vibcli.recipes.recipe import Claim, load_recipe
from vibcli.statistics import Estimate, estimate, own_passages

YES, NO, OPEN = "reproduced", "not reproduced", "cannot tell"


def claim(**content: Any) -> Claim:
    return Claim(experiment="vib", source="Table 1", **{"measure": "error", **content})


def interval(low: float, high: float, seeds: int = 10, sd: float = 0.1) -> Estimate:
    """So many seeds, of a deviation with which ten tell 0.25 from nothing."""
    return Estimate((low + high) / 2, low, high, seeds, sd)


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
        # wholly on one side, whatever the width
        (VALUE, 0.0, 0.99, YES),
        (VALUE, 1.01, 9.0, NO),
        # of accuracy more is better
        ({**VALUE, "measure": "accuracy"}, 0.5, 0.99, NO),
        ({**VALUE, "measure": "accuracy"}, 1.01, 9.0, YES),
        # a difference of -0.25 is its own resolution
        ({"value": -0.25, "against": "baseline"}, -0.5, -0.01, YES),
        ({"value": -0.25, "against": "baseline"}, -0.5, 0.0, OPEN),  # nor does it hold 0
        ({"value": -0.25, "against": "baseline"}, -0.3, 0.1, OPEN),
        ({"value": -0.25, "against": "baseline"}, -0.2, 0.0, NO),
        # bounds hold whatever is better
        ({"at_least": 89.0, "measure": "accuracy"}, 89.0, 90.0, YES),
        ({"at_least": 89.0, "measure": "accuracy"}, 88.9, 90.0, OPEN),
        ({"at_least": 89.0, "measure": "accuracy"}, 88.0, 89.0, OPEN),
        ({"at_least": 89.0, "measure": "accuracy"}, 88.0, 88.9, NO),
        ({"at_most": 2.0}, 1.0, 2.0, YES),
        ({"at_most": 2.0}, 1.0, 2.1, OPEN),
        ({"at_most": 2.0}, 2.1, 2.2, NO),
    ],
)
def test_the_rules_at_their_edges(
    content: dict[str, Any], low: float, high: float, outcome: str
) -> None:
    assert decide(claim(**content), interval(low, high)) == outcome


@pytest.mark.parametrize(("seeds", "outcome"), [(5, OPEN), (6, YES)])
def test_seeds_that_all_agree_count_where_they_are_many(seeds: int, outcome: str) -> None:
    ours = Estimate(1.0, 1.0, 1.0, seeds, 0.0)
    assert decide(claim(**VALUE), ours) == outcome
    assert decide(claim(at_most=2.0), ours) == outcome


@pytest.mark.parametrize(
    ("seeds", "sd", "outcome"),
    [(3, 0.1, OPEN), (5, 0.1, OPEN), (10, 0.1, YES), (10, 0.2, OPEN), (10, 9.0, OPEN)],
)
def test_a_value_takes_seeds_that_could_have_found_the_claimed_difference(
    seeds: int, sd: float, outcome: str
) -> None:
    for content in (VALUE, {"value": -0.25, "against": "baseline"}):
        at = content["value"]
        assert decide(claim(**content), interval(at - 0.1, at + 0.1, seeds, sd)) == outcome
        # what is beyond the value, or short of it, is so however few they are
        assert decide(claim(**content), interval(at - 0.2, at - 0.1, seeds, sd)) == YES
        assert decide(claim(**content), interval(at + 0.1, at + 0.2, seeds, sd)) == NO


def test_a_resolution_that_no_number_of_seeds_has_cannot_tell() -> None:
    tiny = claim(value=1.0, resolution=1e-6)
    assert decide(tiny, interval(0.9, 1.1)) == OPEN


@pytest.mark.slow
@pytest.mark.parametrize("truth", [0.0, -0.1, -0.17, -0.25])
def test_fewer_seeds_never_make_a_value_easier_to_reproduce(truth: float) -> None:
    """Of the publication's two claims: a difference of -0.25, of seeds as they vary there."""
    rng = np.random.default_rng(0)
    of = claim(value=-0.25, against="baseline")
    found = {}
    for seeds in (3, 5, 10):
        draws = rng.normal(truth, 0.1, (3000, seeds))
        found[seeds] = np.mean([decide(of, estimate(d)) == YES for d in draws])
    chance = 2 * np.sqrt(0.25 / 3000)
    assert found[3] <= found[10] + chance
    assert found[5] <= found[10] + chance
    if truth > -0.25:
        assert found[3] <= 0.05
        assert found[5] <= 0.05


def test_what_is_left_after_runs_broke_down_cannot_tell(tmp_path: Path) -> None:
    recipe = load_recipe(str(write_toy(tmp_path)))
    tested = [made.run(seed=seed, tested={"accuracy": 0.9 + 0.01 * seed}) for seed in range(3)]
    runs = {name: {r.seed: Measured(r, {}) for r in tested} for name in recipe.experiments}
    whole, lost = (claim_findings(recipe, runs, broken)[0] for broken in ({}, {"vib": 1}))
    assert (whole.outcome, whole.seeds) == (YES, "3")
    assert (lost.outcome, lost.seeds) == (OPEN, "3 (1 broke down)")


@pytest.mark.parametrize("ours", [None, estimate([99.0]), estimate([99.0, 98.0])])
def test_fewer_than_three_seeds_cannot_tell(ours: Estimate | None) -> None:
    of = claim(measure="accuracy", at_least=1)
    assert ours is None or decide(of, ours) == OPEN


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({**VALUE, "samples": 12}, "vib: test error 1%, 12 draws"),
        ({"at_least": 89, "measure": "accuracy"}, "vib: test accuracy at least 89%"),
        ({"against": "baseline"}, "vib against baseline: lower test error"),
        (MARGIN, "vib against baseline: lower test error, margin 0.5 points"),
        (
            {"against": "baseline", "measure": "epochs"},
            "vib against baseline: fewer epochs to 99% of its own best",
        ),
        (
            {**MARGIN, "late": True},
            "vib against baseline: lower test error, margin 0.5 points (a margin set after "
            "results were known)",
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


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_epochs_are_those_to_the_runs_own_best(task: str) -> None:
    sign = 1 if task == "classification" else -1
    curves = {0: (0.5, 0.9, 0.95, 0.96), 1: (0.5, 0.6, 0.7, 0.7)}
    runs = {
        seed: Measured(made.run(seed=seed, curve=[1 - sign * x for x in c], task=task), {})
        for seed, c in curves.items()
    }
    turned = [[sign * (1 - sign * x) for x in c] for c in curves.values()]
    expected = dict(enumerate(own_passages(turned)))
    assert values("epochs", runs, 0) == pytest.approx(expected)


@pytest.mark.parametrize("task", ["regression", "autoencoding"])
def test_what_a_task_does_not_measure_is_not_known(task: str) -> None:
    runs = {0: Measured(made.run(task=task, curve=(9.0, 5.0)), {})}
    for measure in ("accuracy", "error", "elbo"):
        assert values(measure, runs, 0) == {}
    assert bool(values("epochs", runs, 0)) == (task == "regression")


def test_draws_count_where_there_are_any() -> None:
    tested = {"accuracy": 0.9}
    vib = Measured(made.run(tested=tested), {12: {"accuracy": 0.875}})
    plain = Measured(made.run(tested=tested, bottleneck="none"), {})
    assert values("accuracy", {0: vib, 1: plain}, 0) == {0: 90.0, 1: 90.0}
    assert values("error", {0: vib, 1: plain}, 12) == {0: 12.5, 1: pytest.approx(10)}
    assert values("accuracy", {0: vib, 1: plain}, 128) == {1: 90.0}
