import json
from pathlib import Path

import pytest
from recipe_files import write_toy
from small import Vib

from vibcli.errors import VibError
from vibcli.recipes.report import page
from vibcli.store.comparisons import report_page

RESULTS = Path(__file__).resolve().parents[2] / "results"


def test_the_page_in_the_repository_is_what_its_runs_say() -> None:
    try:
        expected = page(RESULTS)
    except VibError:
        pytest.skip("no runs of recipes are committed yet")
    assert report_page(RESULTS).read_text(encoding="utf-8") == expected, "make it again: vib report"


def test_without_runs_there_is_nothing_to_report(vib: Vib) -> None:
    assert "There are no runs of recipes" in vib("report", code=2).stderr
    assert not Path("results").exists()


def test_the_page_has_claims_experiments_and_what_made_them(
    vib: Vib, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_toy(tmp_path)
    vib("reproduce", tmp_path / "toy.toml", "--jobs", 1, "--threads", 1)
    monkeypatch.setattr("vibcli.recipes.packaged.FOLDER", tmp_path)
    vib("report")
    text = report_page(Path("results")).read_text(encoding="utf-8")
    assert text == page(Path("results"))
    for run in Path("results").glob("*/*/*/model.safetensors"):
        run.unlink()  # the records alone are enough
    assert text == page(Path("results"))
    assert text.count("**The test split was watched") == 1
    assert "| vib: test accuracy at least 10% | Table 1 |" in text
    assert "| vib | 3 draws | 2 |" in text
    assert "`vib reproduce toy --protocol honest`" in text
    runs = [json.loads(p.read_text()) for p in Path("results").glob("*/*.honest.*/*/run.json")]
    accuracies = [
        100 * run["test"]["selected"]["accuracy"] for run in runs if run["name"].endswith("vib")
    ]
    honest = text.partition("### toy, honest")[2]
    assert f"| vib | mean | 2 | {sum(accuracies) / 2:.2f} |" in honest
    assert f"torch {runs[0]['environment']['versions']['torch']}" in honest
    assert runs[0]["data"]["fingerprint"] in honest


@pytest.mark.slow
def test_a_comparison_of_all_runs_is_quoted_and_linked(
    vib: Vib, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_toy(tmp_path)
    vib("reproduce", tmp_path / "toy.toml", "--jobs", 1, "--threads", 1)
    monkeypatch.setattr("vibcli.recipes.packaged.FOLDER", tmp_path)
    names = ("toy.honest.baseline", "toy.honest.vib")
    vib("compare", *names, "--no-train", "--dataset", "wine", "--seeds", 1)
    assert "vib compare" not in page(Path("results"))  # not of all the runs
    vib("compare", *names, "--no-train", "--dataset", "wine")
    text = page(Path("results"))
    assert text.count("`vib compare` says (") == 1
    honest = text.partition("### toy, honest")[2].partition("### toy, published")[0]
    (table,) = (p for p in Path("results/wine/comparisons").glob("*.json") if p.name in text)
    content = json.loads(table.read_text())
    assert content["verdict"][0].replace("toy.honest.", "") in honest
    for picture in ("", "-reliability"):
        assert f"(wine/comparisons/{table.stem}{picture}.png)" in honest
    (record,) = Path("results").glob("*/toy.honest.vib-*/seed-1/run.json")
    run = json.loads(record.read_text())
    record.write_text(json.dumps(run | {"created": "2030-01-01T00:00:00+00:00"}))
    assert "vib compare" not in page(Path("results"))  # that run was trained again since


def test_runs_that_broke_down_are_told_and_decide_nothing(
    vib: Vib, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = write_toy(tmp_path)
    vib("reproduce", toy, "--jobs", 1, "--threads", 1)
    (record,) = Path("results").glob("*/toy.honest.vib-*/seed-1/run.json")
    run = json.loads(record.read_text())
    record.write_text(json.dumps(run | {"status": "diverged", "test": None, "message": "loss nan"}))
    monkeypatch.setattr("vibcli.recipes.packaged.FOLDER", tmp_path)
    line = next(
        line
        for line in page(Path("results")).partition("### toy, honest")[2].splitlines()
        if "at least 10%" in line
    )
    assert line.endswith("| 1 (1 broke down) | **cannot tell** |")
    result = vib("reproduce", toy, "--no-train")  # nothing is missing
    assert "1 (1 broke" in result.stdout
