"""`vib eval` and `vib predict` of regressions."""

import json
from pathlib import Path

import pytest
from PIL import Image
from pyarrow import parquet
from regressions import (
    ADDED,
    new_rows,
    one,
    one_line,
    plain,
    records,
    rows_of,
    shown_json,
)
from small import Vib


@pytest.mark.parametrize(
    "beginning", ["prices/vib", "prices/baseline", "prices/own", "reviews/vib"]
)
def test_a_saved_run_measures_again_what_it_measured(
    vib: Vib, finished_regressions: Path, beginning: str
) -> None:
    id = one(finished_regressions, beginning)
    again = shown_json(vib, "eval", id, "--results", finished_regressions)
    assert again["metrics"] == records(finished_regressions)[id]["test"]["selected"]
    assert (again["run"], again["on"], again["samples"]) == (id, "test", 0)


def test_every_metric_is_shown(vib: Vib, finished_regressions: Path) -> None:
    id = one(finished_regressions, "prices/vib")
    metrics = records(finished_regressions)[id]["test"]["selected"]
    result = vib("eval", id, "--results", finished_regressions)
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    for title, key, form in (
        ("R²", "r2", "{:.4f}"),
        ("NLL", "nll_nats", "{:.4f} nats"),
        ("inside the 90% interval", "coverage_90", "{:.1%}"),
        ("distortion", "distortion_nats", "{:.4f} nats"),
        ("rate", "rate_nats", "{:.3f} nats"),
        ("rate", "rate_bits", "{:.3f} bits"),
    ):
        assert f"{title} {form.format(metrics[key])}" in lines
    for title, key in (("RMSE", "rmse"), ("MAE", "mae"), ("CRPS", "crps")):
        (line,) = (line for line in lines if line.startswith(f"{title} "))
        assert plain(line.removeprefix(f"{title} ")) == pytest.approx(metrics[key], rel=1e-3)
    assert "predicted from the mean of z" in result.stderr


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_each_split_can_be_measured(vib: Vib, finished_regressions: Path, split: str) -> None:
    id = one(finished_regressions, "prices/vib")
    run = records(finished_regressions)[id]
    here = (id, "--split", split, "--results", finished_regressions)
    metrics = shown_json(vib, "eval", *here)["metrics"]
    assert metrics["rows"] == run["data"]["sizes"][split]
    if split == "validation":
        (chosen,) = (e for e in run["epochs"] if e["epoch"] == run["selected"]["epoch"])
        for name, value in chosen["validation"].items():
            assert metrics[name] == pytest.approx(value, rel=1e-6)


def test_draws_follow_the_seed_and_change_nothing_without_noise(
    vib: Vib, finished_regressions: Path
) -> None:
    here = ("--results", finished_regressions, "--samples", 3)
    noisy = one(finished_regressions, "prices/vib")
    first, again, other = (
        shown_json(vib, "eval", noisy, *here, "--seed", seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert (first["samples"], first["seed"]) == (3, 1)
    assert first["metrics"]["rmse"] != other["metrics"]["rmse"]
    assert first["metrics"]["rate_nats"] == other["metrics"]["rate_nats"]
    assert "averaged over 3 draws" in vib("eval", noisy, *here).stderr
    plain = one(finished_regressions, "prices/baseline")
    found = shown_json(vib, "eval", plain, *here)["metrics"]
    tested = records(finished_regressions)[plain]["test"]["selected"]
    known = {name: value for name, value in tested.items() if value is not None}
    assert {name: found[name] for name in known} == pytest.approx(known, rel=1e-6)


@pytest.mark.filterwarnings("error::UserWarning")  # they would be shown to the user
def test_a_file_of_the_test_rows_measures_what_the_test_did(
    vib: Vib, finished_regressions: Path, tmp_path: Path
) -> None:
    id = one(finished_regressions, "prices/vib")
    table = parquet.read_table(finished_regressions / id / "predictions.parquet")
    lines = (finished_regressions.parent / "prices.csv").read_text().splitlines()
    path = tmp_path / "new [bold].csv"
    path.write_text("\n".join([lines[0], *(lines[1 + row] for row in table["row"].to_pylist())]))
    found = shown_json(vib, "eval", id, "--file", path, "--results", finished_regressions)
    tested = records(finished_regressions)[id]["test"]["selected"]
    assert found["on"] == str(path)
    assert found["metrics"] == pytest.approx(tested, rel=1e-6)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("size,rooms,town\n50,3,[a]\n", "Unknown label column 'price'"),
        ("size,town,price\n50,[a],3\n", "there is no column 'rooms'"),
        ("size,rooms,town,price\n50,3,[a],\n50,3,[a],1\n", "1 of 2 rows"),
        ("size,rooms,town,price\n50,3,[a],dear\n", "which is no number"),
        ("size,rooms,town,price\n", "no rows"),
        ("", "is empty"),
    ],
)
def test_a_file_that_does_not_fit(
    vib: Vib, finished_regressions: Path, tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "new.csv"
    path.write_text(content)
    id = one(finished_regressions, "prices/vib")
    result = vib("eval", id, "--file", path, "--results", finished_regressions, code=2)
    assert said in result.stderr
    assert result.stdout == ""


def test_pictures_of_a_regression(vib: Vib, regression: Path) -> None:
    result = vib("eval", "latest", "--pictures")
    drawn = {path.name for path in regression.glob("*.png")}
    assert drawn == {"test-terms.png", "test-predicted.png", "test-calibration.png"}
    for name in drawn:
        assert name in result.stderr
        with Image.open(regression / name) as image:
            assert image.format == "PNG"


@pytest.mark.slow
def test_the_latent_of_a_regression_is_measured_drawn_and_kept(vib: Vib, regression: Path) -> None:
    content = shown_json(vib, "eval", "latest", "--latent")
    run = json.loads((regression / "run.json").read_text())
    assert (content["rows"], content["kind"]) == (run["data"]["sizes"]["test"], "gaussian")
    tested = run["test"]["selected"]["rate_nats"]
    assert content["information"]["rate_nats"] == pytest.approx(tested, rel=1e-5)
    assert json.loads((regression / "latent-test.json").read_text()) == content
    assert (regression / "latent-test.png").is_file()
    assert max(map(len, vib("eval", "latest", "--latent").stdout.splitlines())) <= 80


@pytest.mark.parametrize("option", [("--reliability", "a.png"), ("--iw-samples", 3)])
def test_options_for_other_tasks_are_refused(
    vib: Vib, finished_regressions: Path, option: tuple[object, ...]
) -> None:
    id = one(finished_regressions, "prices/vib")
    message = vib("eval", id, *option, "--results", finished_regressions, code=2).stderr
    assert f"{option[0]} does not apply: {id} is of regression." in one_line(message)


def test_new_rows_get_a_number_and_its_interval(
    vib: Vib, finished_regressions: Path, tmp_path: Path
) -> None:
    id = one(finished_regressions, "prices/vib")
    here = ("--results", finished_regressions)
    text = vib("predict", id, new_rows(tmp_path / "new.csv"), *here).stdout
    found = rows_of(text)
    assert list(found[0]) == ["size", "rooms", "town", *ADDED]
    assert len(found) == 5
    for row in found:
        prediction, deviation, low, high = (float(row[name]) for name in ADDED[:4])
        assert deviation > 0
        assert (low, high) == pytest.approx(
            (prediction - 1.6448536 * deviation, prediction + 1.6448536 * deviation)
        )
        assert float(row["rate_nats"]) >= 0
    labelled = rows_of(
        vib("predict", id, new_rows(tmp_path / "more.csv", label=True), *here).stdout
    )
    assert list(labelled[0]) == ["size", "rooms", "town", "price", *ADDED]
    assert [[row[name] for name in ADDED] for row in labelled] == [
        [row[name] for name in ADDED] for row in found
    ]
    bare = one(finished_regressions, "prices/baseline")
    without = rows_of(vib("predict", bare, tmp_path / "new.csv", *here).stdout)
    assert list(without[0]) == ["size", "rooms", "town", *ADDED[:-1]]


def test_predictions_are_those_of_the_test(
    vib: Vib, finished_regressions: Path, tmp_path: Path
) -> None:
    for beginning in ("prices/vib", "prices/own"):
        id = one(finished_regressions, beginning)
        kept = parquet.read_table(finished_regressions / id / "predictions.parquet").to_pydict()
        assert set(kept) == {"split", "row", "label", "pit", *ADDED}
        path = new_rows(tmp_path / "all.csv", slice(1, None))
        output = tmp_path / "out.parquet"
        vib("predict", id, path, "--output", output, "--results", finished_regressions)
        found = parquet.read_table(output).to_pydict()
        for name in ADDED:
            expected = [found[name][row] for row in kept["row"]]
            assert kept[name] == pytest.approx(expected, rel=1e-5)


def test_draws_widen_what_is_predicted(
    vib: Vib, finished_regressions: Path, tmp_path: Path
) -> None:
    id = one(finished_regressions, "prices/vib")
    path = new_rows(tmp_path / "new.csv")
    command = ("predict", id, path, "--results", finished_regressions)
    mean, first, again, other = (
        vib(*command, *options).stdout
        for options in (
            (),
            *(("--samples", 50, "--seed", seed) for seed in (0, 0, 1)),
        )
    )
    assert first == again != other
    for few, many in zip(rows_of(mean), rows_of(first), strict=True):
        assert float(many["deviation"]) > float(few["deviation"])
        assert float(many["low_90"]) < float(many["prediction"]) < float(many["high_90"])


def test_the_stars_of_texts(vib: Vib, finished_regressions: Path, tmp_path: Path) -> None:
    id = one(finished_regressions, "reviews/vib")
    here = ("--results", finished_regressions)
    path = tmp_path / "new.csv"
    path.write_text("review\na lovely film\nan awful plot\n")
    found = rows_of(vib("predict", id, path, *here).stdout)
    assert list(found[0]) == ["review", *ADDED]
    text = tmp_path / "a.txt"
    text.write_text("a lovely film")
    (alone,) = rows_of(vib("predict", id, text, *here).stdout)
    for name in ADDED:
        assert float(alone[name]) == pytest.approx(float(found[0][name]), rel=1e-5)
