from pathlib import Path

import pytest
from html_pages import check_page, headings, words
from recipe_files import write_toy
from small import Vib


def test_a_run_as_a_page(vib: Vib, results: Path, tmp_path: Path) -> None:
    done = vib("report", "wine/baseline/seed-0", "--html", "new/page.html")
    assert "Page: new/page.html" in done.stderr
    assert not done.stdout
    text = Path("new/page.html").read_text(encoding="utf-8")
    check_page(text)
    assert headings(text)[0] == (1, "baseline on wine")
    assert "Reliability" in words(text)  # from the saved predictions
    vib("report", "wine/control/seed-0", "--html", "new/page.html")
    assert "control on wine" in Path("new/page.html").read_text(encoding="utf-8")
    assert not (results / "README.md").exists()


def test_damaged_predictions_are_told_and_left_out(vib: Vib, results: Path) -> None:
    (file,) = results.glob("wine/vib-*/seed-0/predictions.parquet")
    file.write_bytes(b"PAR1")
    done = vib("report", "wine/vib/seed-0", "--html", "page.html")
    assert "cannot be read" in done.stderr
    text = Path("page.html").read_text(encoding="utf-8")
    check_page(text)
    assert "Reliability" not in words(text)


@pytest.mark.slow
def test_runs_of_different_data_have_a_section_each(vib: Vib, results: Path) -> None:
    vib("report", "wine/vib/seed-1", "digits", "--html", "page.html")
    text = Path("page.html").read_text(encoding="utf-8")
    check_page(text)
    titles = [title for level, title in headings(text) if level == 2]
    assert "Not compared: The runs were made on different data" in words(text)
    assert titles[0] == "Overview"
    assert [title.split("/")[0] for title in titles[1:]] == ["wine", "digits"]


def test_runs_of_several_experiments_are_compared(vib: Vib, results: Path) -> None:
    named = [f"wine/{name}/seed-{seed}" for seed in (1, 0) for name in ("vib", "baseline")]
    vib("report", *named, named[0], "--html", "page.html")
    text = Path("page.html").read_text(encoding="utf-8")
    check_page(text)
    assert headings(text)[0] == (1, "baseline against vib on wine")  # in the order of the command
    said = words(text)
    for name in ("vib", "baseline"):
        for seed in (0, 1):
            assert f"vib train --variant {name} --dataset wine --widths 8" in said
            assert f"{name}, seed {seed}" in said


@pytest.mark.slow
def test_seeds_of_one_experiment_have_a_section_each(vib: Vib, results: Path) -> None:
    vib("report", "wine/vib/seed-0", "wine/vib/seed-1", "--html", "page.html")
    text = Path("page.html").read_text(encoding="utf-8")
    assert headings(text)[0] == (1, "2 runs")
    assert "Not compared" not in words(text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("wine/vib/seed-0",), "--html page.html"),
        (("wine/vib/seed-0", "--html", "vib"), "Unknown format of a page 'vib'"),
        (("wine/vib", "--html", "page.html"), "fits 2 runs"),
        (("nothing", "--html", "page.html"), "Unknown run 'nothing'"),
        (("wine/vib/seed-0", "--html", "results.html"), "is a folder"),
        (("--html", "page.html"), "There are no runs of recipes"),
    ],
)
def test_what_cannot_be_is_told(
    arguments: tuple[str, ...], said: str, vib: Vib, results: Path
) -> None:
    Path("results.html").mkdir()
    done = vib("report", *arguments, code=2)
    assert said in done.stderr
    assert not Path("page.html").exists()


def test_the_page_on_recipes(vib: Vib, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_toy(tmp_path)
    vib("reproduce", tmp_path / "toy.toml", "--jobs", 1, "--threads", 1)
    monkeypatch.setattr("vibcli.recipes.packaged.FOLDER", tmp_path)
    vib("report", "--html", "page.html")
    text = Path("page.html").read_text(encoding="utf-8")
    check_page(text)
    assert (2, "toy: A toy") in headings(text)
    assert "vib reproduce toy --protocol honest" in words(text)
    assert not Path("results/README.md").exists()
