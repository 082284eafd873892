from pathlib import Path

import pytest
from html_pages import check_page, elements, headings, words

from vibcli.errors import VibError
from vibcli.recipes.report import page as written
from vibcli.reporting.page import recipes
from vibcli.reporting.page.recipes import recipes_page
from vibcli.reporting.page.render import render

RESULTS = Path(__file__).resolve().parents[3] / "results"
TEXT = """\
# Title

What it *is*, `vib report` says.

## toy: A <script>alert(1)</script> toy

[link](mnist/a.png), [far](https://example.org), [bad](javascript:alert(1)) <b>bold</b>

### toy, honest

| claim | ours | outcome |
| --- | --- | --- |
| a / b | +1.5 [0.1, 2.9] | **reproduced** |

```
| not | a table |
```
"""


@pytest.mark.slow
def test_the_page_says_what_the_text_says(tmp_path: Path) -> None:
    try:
        text = written(RESULTS)
    except VibError:
        pytest.skip("no runs of recipes are committed yet")
    page = render(recipes_page(RESULTS, tmp_path))
    check_page(page)
    titles = [line.lstrip("# ") for line in text.splitlines() if line.startswith("## ")]
    assert [title for level, title in headings(page) if level == 2] == ["Claims", *titles]
    said = words(page)
    for line in text.splitlines():
        if line.startswith("* Data:"):
            assert line[2:] in said
    rows = [e for e in elements(page) if e.tag == "tr"]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    overview = sum("recipe" in "".join(e.text) for e in elements(page) if e.tag == "th")
    assert overview
    assert len(rows) > len([line for line in lines if not line.startswith("| ---")])


def test_markdown_is_text_where_it_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipes, "written", lambda results: TEXT)
    page = render(recipes_page(tmp_path / "results", tmp_path / "pages"))
    check_page(page)
    found = elements(page)
    assert "<script>alert(1)</script> toy" in words(page)
    assert "<b>bold</b>" in words(page)
    links = {"".join(e.text): e.attributes["href"] for e in found if e.tag == "a"}
    assert links["link"] == "../results/mnist/a.png"
    assert links["far"] == "https://example.org"
    assert "bad" not in links
    assert [e.attributes for e in found if e.tag in ("th", "td")] == [
        {"scope": "col"},
        {"scope": "col", "class": "number"},
        {"scope": "col"},
        {"scope": "row"},
        {"class": "number"},
        {},
    ]
    boxes = [e.attributes["aria-label"] for e in found if e.attributes.get("class") == "scroll"]
    assert boxes == ["toy, table 1"]
    assert "| not | a table |" in words(page)


def test_without_runs_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(VibError, match="no runs of recipes"):
        recipes_page(tmp_path, tmp_path)
