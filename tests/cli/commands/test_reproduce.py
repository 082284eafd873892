import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from recipe_files import write_toy
from small import Vib

from vibcli.recipes.packaged import packaged
from vibcli.recipes.recipe import load_recipe

QUICK = ("--jobs", 1, "--threads", 1)


def written() -> dict[Path, int]:
    return {p: p.stat().st_mtime_ns for p in Path("results").glob("*/*/*/run.json")}


def test_the_list_has_each_recipe(vib: Vib) -> None:
    result = vib("reproduce", "--list")
    assert max(map(len, result.stdout.splitlines())) <= 80
    rows = json.loads(vib("reproduce", "--list", "--json").stdout)
    assert [row["name"] for row in rows] == packaged()
    for row in rows:
        assert row["name"] in result.stdout
        assert row["runs"] == 0


def test_a_name_is_needed_and_must_be_known(vib: Vib, tmp_path: Path) -> None:
    assert "su2018-imdb" in vib("reproduce", code=2).stderr
    assert "Did you mean 'su2018-imdb'?" in vib("reproduce", "su2018", code=2).stderr
    toy = write_toy(tmp_path)
    message = vib("reproduce", toy, "--protocol", "honst", code=2).stderr
    assert "Did you mean 'honest'?" in message
    assert "--no-train" in vib("reproduce", toy, "--fresh", "--no-train", code=2).stderr


def test_no_train_refuses_and_leaves_nothing(vib: Vib, tmp_path: Path) -> None:
    message = vib("reproduce", write_toy(tmp_path), "--no-train", code=2).stderr
    assert "8 of 8 runs are missing and --no-train was given" in message
    assert not Path("results").exists()


def test_a_recipe_of_ones_own_is_trained_and_its_claims_held_against_it(
    vib: Vib, tmp_path: Path
) -> None:
    toy = write_toy(tmp_path)
    result = vib("reproduce", toy, *QUICK)
    assert result.stdout.count("test split was watched") == 1
    assert "cannot tell" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    before = written()
    assert len(before) == 8

    again = vib("reproduce", toy, "--no-train")
    assert again.stdout == result.stdout
    content = json.loads(vib("reproduce", toy, *QUICK, "--json").stdout)
    assert written() == before  # found, not trained again
    for protocol, held in content["protocols"].items():
        assert held["test_was_watched"] == (protocol == "published")
        runs = [json.loads(Path("results", id, "run.json").read_text()) for id in held["runs"]]
        assert [r["name"] for r in runs] == [
            f"toy.{protocol}.{name}" for name in ("baseline", "baseline", "vib", "vib")
        ]
        tested = [r["test"]["selected"]["accuracy"] for r in runs if r["name"].endswith("vib")]
        bound, drawn, _ = held["claims"]
        assert bound["ours"]["mean"] == pytest.approx(100 * np.mean(tested))
        errors = [100 - 100 * r["test"]["selected"]["accuracy"] for r in runs[:2]]
        sampled = [
            100 - 100 * json.loads(path.read_text())["3"]["accuracy"]
            for path in sorted(Path("results").glob(f"*/toy.{protocol}.vib-*/*/sampled.json"))
        ]
        assert drawn["ours"]["mean"] == pytest.approx(np.mean(sampled) - np.mean(errors))
        if protocol == "published":
            for run in runs:  # what was watched is what was tested
                assert run["data"]["sizes"] == {"train": 142, "validation": 36, "test": 36}
                epoch = run["epochs"][run["selected"]["epoch"] - 1]
                assert epoch["validation"]["accuracy"] == run["test"]["selected"]["accuracy"]


def test_draws_are_those_of_vib_eval(vib: Vib, tmp_path: Path) -> None:
    vib("reproduce", write_toy(tmp_path), "--protocol", "honest", "--seeds", 1, *QUICK)
    (path,) = Path("results").glob("*/toy.honest.vib-*/seed-0/sampled.json")
    evaluated = vib("eval", path.parent, "--samples", 3, "--threads", 1, "--json").stdout
    assert json.loads(path.read_text()) == {"3": json.loads(evaluated)["metrics"]}
    assert len(written()) == 2


@pytest.mark.slow
def test_the_runs_are_found_by_name(vib: Vib, tmp_path: Path) -> None:
    vib("reproduce", write_toy(tmp_path), "--protocol", "published", *QUICK)
    names = ("toy.published.baseline", "toy.published.vib")
    common = ("--dataset", "wine", "--seeds", 2, "--no-train")
    told = vib("compare", *names, *common, "--full")
    assert "watch test" in " ".join(told.stdout.split())
    # what the names share is said once, and kept in what machines read
    assert told.stdout.startswith("wine, toy.published: ")
    assert "whether vib or baseline is more accurate" in told.stdout
    # the next command takes whole names
    assert f"vib compare {' '.join(names)} --dataset wine" in " ".join(told.stdout.split())
    assert told.stdout.count("toy.published") == 3
    content = json.loads(vib("compare", *names, *common, "--json").stdout)
    assert [row["name"] for row in content["rows"]] == list(names)
    (written,) = Path("results/wine/comparisons").glob("*.json")
    assert written.name.startswith("toy.published.baseline-vib-")
    assert json.loads(written.read_text()) == content


def test_other_settings_are_another_experiment(vib: Vib, tmp_path: Path) -> None:
    vib("reproduce", write_toy(tmp_path), "--protocol", "honest", *QUICK)
    changed = write_toy(tmp_path, "epochs = 2", "epochs = 3")
    message = vib("reproduce", changed, "--protocol", "honest", "--no-train", code=2).stderr
    assert "4 of 4 runs are missing" in message


def test_git_keeps_the_records_of_recipes_and_nothing_else(tmp_path: Path) -> None:
    ignored = Path(__file__).resolve().parents[3] / ".gitignore"
    if not ignored.is_file():
        pytest.skip("the sources are not here")
    recipe = (
        "results/imdb/" + load_recipe("su2018-imdb").run_name("honest", "vib") + "-1a2b3c4d/seed-0/"
    )
    compared = "results/imdb/comparisons/su2018-imdb.honest.baseline-vib-1a2b3c4d"
    kept = {
        "results/README.md",
        *(recipe + name for name in ("run.json", "sampled.json")),
        *(compared + end for end in (".json", ".png", "-reliability.png")),
    }
    others = {
        *(recipe + name for name in ("model.safetensors", "predictions.parquet", ".lock")),
        "results/imdb/vib-1a2b3c4d/seed-0/run.json",
        *(f"results/imdb/comparisons/a-b-1a2b3c4d.{end}" for end in ("json", "png")),
        compared + ".csv",
        "results/notes.txt",
    }
    root = tmp_path / "repository"
    for name in kept | others:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / ".gitignore").write_text(ignored.read_text())
    try:
        subprocess.run(["git", "init", "-q", root], check=True)
    except FileNotFoundError:
        pytest.skip("needs git")
    listed = ["git", "-C", str(root), "ls-files", "--others", "--exclude-standard"]
    shown = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
    assert set(shown) - {".gitignore"} == kept
