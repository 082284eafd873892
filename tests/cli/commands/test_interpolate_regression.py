"""`vib interpolate` through the latents of regressions."""

import json
from pathlib import Path

import pytest
from PIL import Image
from pyarrow import parquet
from regressions import new_rows, one, rows_of, shown_json
from small import TEXT, Vib


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["linear", "spherical", "slerp", "all"])
def test_a_walk_says_what_is_predicted_on_the_way(vib: Vib, regression: Path, mode: str) -> None:
    id = "/".join(regression.parts[-3:])
    command = ("interpolate", "latest", "--mode", mode, "--from", 1, "--to", 2, "--steps", 5)
    content = shown_json(vib, *command)
    assert (content["run"], content["mode"], content["classes"]) == (id, mode, [])
    table = parquet.read_table(regression / "predictions.parquet")
    for end, index in (("from", 1), ("to", 2)):
        assert content[end]["kind"] == "test"
        assert content[end]["label"] == table["label"][index].as_py()
    walked = {"all": ["linear", "spherical", "slerp", "blend"]}.get(mode, [mode])
    assert list(content["walks"]) == walked
    for steps in content["walks"].values():
        assert len(steps) == 5
        assert {step["probabilities"] for step in steps} == {None}
        for step, index in ((steps[0], 1), (steps[-1], 2)):
            expected = table["prediction"][index].as_py()
            assert step["prediction"] == pytest.approx(expected, rel=1e-4)
        assert all(isinstance(step["nearest"]["label"], float) for step in steps)
    shown = vib(*command).stdout
    assert "predicted" in shown
    assert max(map(len, shown.splitlines())) <= 80
    (kept,) = regression.glob(f"interpolation-{mode}-1-2-5.json")
    assert json.loads(kept.read_text()) == content
    with Image.open(kept.with_suffix(".png")) as image:
        assert image.format == "PNG"


@pytest.mark.slow
def test_many_walks_tell_what_is_predicted_in_their_middle(vib: Vib, regression: Path) -> None:
    content = shown_json(vib, "interpolate", "latest", "--pairs", 6)
    for ends in ("prior", "encoder"):
        seen = content["model"][ends]
        assert set(seen) == {"prediction"}
        assert seen["prediction"]["ends"]["n"] == 6
    # a linear head: the middle of a straight line is the mean of its ends
    change = content["model"]["encoder"]["prediction"]["changes"]["linear"]["mean"]
    assert change == pytest.approx(0, abs=1)
    shown = vib("interpolate", "latest", "--pairs", 6).stdout
    assert "prediction" in shown
    assert max(map(len, shown.splitlines())) <= 80
    (kept,) = regression.glob("interpolation-pairs-6-*.json")
    assert json.loads(kept.read_text()) == content
    assert kept.with_suffix(".png").is_file()


def test_walks_from_files_and_between_draws(vib: Vib, regression: Path, tmp_path: Path) -> None:
    row = new_rows(tmp_path / "one [x].csv", slice(1, 2))
    content = shown_json(vib, "interpolate", "--from-file", row, "--to", 0, "--steps", 3)
    (predicted,) = rows_of(vib("predict", "latest", row).stdout)
    assert content["from"]["kind"] == "file"
    first = content["walks"]["spherical"][0]["prediction"]
    assert first == pytest.approx(float(predicted["prediction"]), rel=1e-4)
    several = new_rows(tmp_path / "several.csv")
    assert "has 5 rows" in vib("interpolate", "--to-file", several, code=2).stderr
    drawn = shown_json(vib, "interpolate", "--endpoints", "prior", "--seed", 3)
    assert drawn["from"]["kind"] == drawn["to"]["kind"] == "prior"
    assert len({step["prediction"] for step in drawn["walks"]["spherical"]}) == 9


@pytest.mark.parametrize("flag", ["--from-class", "--to-class"])
def test_there_are_no_classes_to_walk_between(
    vib: Vib, finished_regressions: Path, flag: str
) -> None:
    id = one(finished_regressions, "prices/vib")
    command = ("interpolate", id, flag, "[a]", "--results", finished_regressions)
    for more in ((), ("--pairs", 3)):
        assert "the label is a number" in vib(*command, *more, code=2).stderr.lower()


def test_a_run_without_a_latent_has_no_walks(vib: Vib, finished_regressions: Path) -> None:
    id = one(finished_regressions, "prices/baseline")
    message = vib("interpolate", id, "--results", finished_regressions, code=2).stderr
    assert "has no latent to walk in" in message


@pytest.mark.slow
def test_texts_are_compared_and_walked_between(vib: Vib, reviews: Path) -> None:
    data = ("--dataset", reviews, "--label", "stars", *TEXT)
    content = shown_json(vib, "compare", "control", "vib", *data, "--seeds", 1, "--jobs", 1)
    assert content["task"] == "regression"
    walk = shown_json(vib, "interpolate", "--from", 0, "--to", 1)
    assert "the [bold]" in walk["from"]["text"]
    assert isinstance(walk["from"]["label"], float)
    assert "the [bold]" in walk["walks"]["spherical"][4]["nearest"]["text"]
