import json

import pytest
from compared import AE, VAE, apart, classes, member

from vibcli.comparison.compare import Asked, compare
from vibcli.comparison.content import content, lines
from vibcli.comparison.looks import Look, taken
from vibcli.comparison.member import Member
from vibcli.comparison.verdict import verdict
from vibcli.files import as_json
from vibcli.registry import TASKS

CURVE = (60.0, 50.0, 45.0)
NUMBERS = [
    member(name, {"rmse": rmse, "mae": (3.0, 4.0)}, "regression", [CURVE] * 2, broken=i)
    for i, (name, rmse) in enumerate({"a": (50.0, 52.0), "b": (45.0, 46.0)}.items())
]
CLASSES = [classes("a", apart(0.8, 0.01, 8)), classes("b", apart(0.8, 0.03, 8), lam=0.5)]


@pytest.mark.parametrize("members", [NUMBERS, CLASSES, [AE, VAE]])
@pytest.mark.parametrize("asked", [Asked(), Asked(fixed=True), Asked(always_valid=True)])
def test_the_content_says_all_and_survives_being_written(
    members: list[Member], asked: Asked
) -> None:
    result = compare(members, asked)
    found = json.loads(as_json(content(result, members)))
    assert found["verdict"] == list(verdict(result))
    runs = [run for m in members for run in m.runs.values()]
    assert found["runs"] == [run.id for run in runs]
    assert found["created"] == [run.created for run in runs]
    for key in ("task", "primary", "level", "there", "tests", "margin_reason", "horizon"):
        assert found[key] == getattr(result, key), key
    for row, told in zip(result.rows, found["rows"], strict=True):
        assert (told["name"], told["broken"]) == (row.name, row.broken)
        assert set(told["findings"]) == set(row.findings)
        assert {"chance", "discordance"} <= set(told)
        outcome = None if row.decision is None else row.decision.outcome
        assert (told["decision"] and told["decision"]["outcome"]) == outcome
        assert told["differences"] == {str(seed): x for seed, x in row.differences.items()}


def test_the_looks_that_were_taken_are_found_again() -> None:
    result = compare(CLASSES)
    written = json.loads(as_json(content(result, CLASSES)))
    experiments = [next(iter(m.runs.values())).experiment for m in CLASSES]
    assert taken([written], experiments) == result.plan.looks == (Look(8, 0.0079),)


def test_seeds_that_are_still_needed_are_told() -> None:
    found = content(result := compare(CLASSES), CLASSES)
    assert found["rows"][1]["decision"]["outcome"] == "undecided"
    assert found["seeds_needed"] > 8
    assert result.margin is not None
    sure = compare(CLASSES, Asked(margin=50))
    assert content(sure, CLASSES)["seeds_needed"] is None


def test_what_was_asked_for_is_kept() -> None:
    found = content(compare(NUMBERS, Asked(target=50.0, margin=2.0)), NUMBERS)
    assert (found["target"], found["horizon"]) == (50, 3)
    assert (found["margin"], found["margin_reason"]) == (2, "--margin")
    assert found["rows"][1]["common"]["target"] == 50
    assert found["rows"][1]["findings"]["rmse"]["difference"]["mean"] == pytest.approx(-5.5)
    without = content(compare([AE, VAE]), [AE, VAE])
    assert without["rows"][1]["common"] is None
    assert (without["margin"], without["iw_samples"]) == (None, 64)


def test_a_regression_has_a_line_a_run() -> None:
    found = lines(compare(NUMBERS), NUMBERS)
    assert [(line["name"], line["seed"]) for line in found] == [
        *(("a", 0), ("a", 1), ("b", 0), ("b", 1)),
    ]
    assert [line["test_rmse"] for line in found] == [50, 52, 45, 46]
    assert [line["test_mae"] for line in found] == [3, 4, 3, 4]
    first = found[0]
    tested = [f"test_{key}" for key in TASKS.load("regression").metrics]
    assert list(first) == [
        *("name", "seed"),
        *tested,
        *("epochs_to_own_target", "seconds_to_own_target", "area", "best_validation_rmse"),
        *("best_epoch", "train_seconds", "run"),
    ]
    assert first["test_crps"] is None
    assert first["best_validation_rmse"] == 45
    until = 2 + (50 - 45 / 0.99) / 5
    assert first["epochs_to_own_target"] == pytest.approx(until)
    assert first["seconds_to_own_target"] == pytest.approx(2 * until)
    assert first["area"] == pytest.approx((60 + 50 + 45) / 3)
    assert (first["best_epoch"], first["train_seconds"]) == (1, 6)  # the epoch that was kept
    assert first["run"] == NUMBERS[0].runs[0].id


def test_all_runs_have_a_line_though_some_do_not_count() -> None:
    more = [classes("a", apart(0.8, 0.01, 11)), classes("b", apart(0.8, 0.03, 11))]
    result = compare(more, Asked(taken=(Look(8, 0.0079),)))
    assert result.plan.counted == 8
    assert len(lines(result, more)) == len(content(result, more)["runs"]) == 22


def test_an_autoencoders_line_has_its_metrics_and_no_target() -> None:
    found = lines(compare([AE, VAE]), [AE, VAE])
    assert all(list(line) == list(found[0]) for line in found)
    assert found[0]["test_distortion_at_mean_nats"] == 80
    assert found[0]["test_elbo_nats"] is None
    assert found[3]["test_elbo_nats"] == -118
    assert not [key for key in found[0] if "target" in key or "validation" in key]
