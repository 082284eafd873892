import json
from pathlib import Path

import pytest
from html_pages import check_page, elements, headings, words
from small import SMALL, WINE, Vib

RECORDED = ("compare", "baseline", "vib", *WINE, "--no-train")


def read(path: str = "page.html") -> str:
    text = Path(path).read_text(encoding="utf-8")
    check_page(text)
    return text


def test_a_comparison_as_a_page(vib: Vib, results: Path) -> None:
    done = vib(*RECORDED, "--html", "new/page.html")
    assert "Page: new/page.html" in done.stderr
    assert "baseline" in done.stdout
    text = read("new/page.html")
    assert headings(text)[0] == (1, "vib against baseline on wine")
    again = "vib compare baseline vib --dataset wine --widths 8 --latent 4 --epochs 2 --no-train"
    assert again in words(text)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_the_page_comes_beside_what_is_printed(form: str, vib: Vib, results: Path) -> None:
    plain = vib(*RECORDED, form).stdout
    done = vib(*RECORDED, form, "--html", "page.html")
    assert done.stdout == plain
    if form == "--json":
        verdict = json.loads(done.stdout)["verdict"]
        said = words(read())
        assert all(sentence in said for sentence in verdict)


def test_where_no_page_can_be_nothing_is_trained(vib: Vib, tmp_path: Path) -> None:
    for place, said in (("vib", "Unknown format"), (".", "Unknown format"), ("a.html", "folder")):
        Path("a.html").mkdir(exist_ok=True)
        done = vib("compare", "baseline", "vib", *WINE, "--html", place, code=2)
        assert said in done.stderr
    assert not Path("results").exists()


@pytest.mark.slow
def test_pictures_of_models_are_on_the_page(vib: Vib) -> None:
    digits = ("--dataset", "digits", "--train-rows", 200, *SMALL, "--seeds", 1, "--jobs", 1)
    vib("compare", "ae", "vae", *digits, "--html", "page.html")
    pictures = [e.attributes["alt"] for e in elements(read()) if e.tag == "img"]
    assert any("reconstructions of ae and vae" in alt for alt in pictures)
    assert any("samples of ae and vae" in alt for alt in pictures)
    assert not any("calibration" in alt for alt in pictures)
