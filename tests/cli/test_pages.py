import os
from pathlib import Path

import pytest
from html_pages import check_page

from vibcli.cli.pages import check_page as check_place
from vibcli.cli.pages import write_page
from vibcli.errors import VibError
from vibcli.reporting.page.blocks import Page, Said, Section

PAGE = Page("Kind", "A title", (Said("An answer."),), (Section("s"),))


@pytest.mark.parametrize("name", ["a.html", "new/folder/a.HTM"])
def test_a_page_is_written_where_it_is_wanted(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    check_place(path)
    assert not path.parent.exists() or path.parent == tmp_path  # a check makes nothing
    write_page(path, PAGE)
    check_page(path.read_text(encoding="utf-8"))
    out, err = capsys.readouterr()
    assert not out
    assert f"Page: {path}" in err


def test_a_page_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("before")
    check_place(path)
    write_page(path, PAGE)
    assert "An answer." in path.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [path]  # nothing half written is left


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("vib", "Unknown format of a page 'vib'"),
        ("page.pdf", "Unknown format of a page '.pdf'"),
        ("folder.html", "is a folder. Name a file in it: --html"),
        ("file/page.html", "is a file, so"),
        ("file/more/page.html", "is a file, so"),
    ],
)
def test_what_cannot_be_a_page_is_refused_beforehand(place: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "file").write_text("")
    path = Path(place) if place == "vib" else tmp_path / place
    with pytest.raises(VibError, match=said):
        check_place(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(VibError, match="cannot be written to"):
        check_place(tmp_path / "closed" / "page.html")
