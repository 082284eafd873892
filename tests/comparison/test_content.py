import json

import pytest
import recorded
from compared import AE, VAE, member

from vibcli.comparison.compare import compare
from vibcli.comparison.content import content, lines
from vibcli.comparison.member import Member
from vibcli.comparison.verdict import verdict
from vibcli.files import as_json
from vibcli.registry import TASKS

CURVE = (60.0, 50.0, 45.0)
NUMBERS = [
    member(name, {"rmse": rmse, "mae": (3.0, 4.0)}, "regression", [CURVE] * 2, broken=i)
    for i, (name, rmse) in enumerate({"a": (50.0, 52.0), "b": (45.0, 46.0)}.items())
]
CLASSES = [
    Member(name, {s: recorded.run(name, s, tested={"accuracy": a + s / 9}) for s in range(2)}, 0)
    for name, a in (("a", 0.5), ("b", 0.6))
]


@pytest.mark.parametrize("members", [NUMBERS, CLASSES, [AE, VAE]])
def test_the_content_says_all_and_survives_being_written(members: list[Member]) -> None:
    result = compare(members)
    found = content(result, members)
    assert json.loads(as_json(found))["rows"][1]["name"] == result.rows[1].name
    assert found["verdict"] == verdict(result)
    runs = [run for m in members for run in m.runs.values()]
    assert found["runs"] == [run.id for run in runs]
    assert found["created"] == [run.created for run in runs]
    assert found["task"] == result.task
    assert found["tests"] == result.tests
    for row, told in zip(result.rows, found["rows"], strict=True):
        assert (told["broken"], told["outcome"]) == (row.broken, row.outcome)
        assert set(told["findings"]) == set(row.findings)
        assert {"chance", "discordance"} <= set(told)


def test_the_target_stands_beside_the_rest() -> None:
    found = content(compare(NUMBERS, target=50.0), NUMBERS)
    assert found["target"] == 50
    assert found["target_reason"] == "--target"
    assert found["horizon"] == {"epochs": 3, "seconds": 6.0}
    assert found["margin"] == pytest.approx(1.02)
    assert found["rows"][1]["findings"]["rmse"]["difference"]["mean"] == pytest.approx(-5.5)
    assert "race" not in found
    without = content(compare([AE, VAE]), [AE, VAE])
    assert not {"race", "target", "horizon"} & set(without)
    assert (without["margin"], without["iw_samples"]) == (None, 64)


def test_a_regression_has_a_line_a_run() -> None:
    found = lines(compare(NUMBERS, target=50.0), NUMBERS)
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
        *("best_validation_rmse", "epochs_to_target", "seconds_to_target", "validation_area"),
        *("best_epoch", "train_seconds", "run"),
    ]
    assert first["test_crps"] is None
    assert first["best_validation_rmse"] == 45
    assert (first["epochs_to_target"], first["seconds_to_target"]) == (2, 4)
    assert first["validation_area"] == pytest.approx((60 + 50 + 45) / 3)
    assert (first["best_epoch"], first["train_seconds"]) == (1, 6)  # the epoch that was kept
    assert first["run"] == NUMBERS[0].runs[0].id


def test_a_run_that_never_arrives_has_no_time() -> None:
    line = lines(compare(NUMBERS, target=1.0), NUMBERS)[0]
    assert (line["epochs_to_target"], line["seconds_to_target"]) == (None, None)


def test_an_autoencoders_line_has_its_metrics_and_no_target() -> None:
    found = lines(compare([AE, VAE]), [AE, VAE])
    assert all(list(line) == list(found[0]) for line in found)
    assert found[0]["test_distortion_at_mean_nats"] == 80
    assert found[0]["test_elbo_nats"] is None
    assert found[3]["test_elbo_nats"] == -118
    assert not [key for key in found[0] if "target" in key or "validation" in key]
