"""What records say of where data lie."""

from pathlib import Path

import pytest

from vibcli.data.address import is_place, recorded, recorded_source
from vibcli.data.catalog import CATALOG
from vibcli.files import portable


@pytest.mark.parametrize("typed", ["imdb", "wine", "org/name", "stanfordnlp/imdb", "nothing"])
def test_names_and_ids_stay(typed: str) -> None:
    assert recorded(typed) == typed


def test_a_path_below_the_working_folder_is_relative_to_it(tmp_path: Path) -> None:
    file = tmp_path / "my data" / "reviews.csv"
    file.parent.mkdir()
    file.touch()
    for typed in (str(file), "my data/reviews.csv", "./my data/reviews.csv"):
        assert recorded(typed) == "my data/reviews.csv"
        assert recorded(recorded(typed)) == recorded(typed)


def test_of_a_path_elsewhere_the_last_part_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "reviews.csv").touch()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    for typed in (str(tmp_path / "reviews.csv"), "../reviews.csv", "~/reviews.csv"):
        assert recorded(typed) == "reviews.csv"
    # where it is gone, too: records of older versions hold such paths
    assert recorded("/home/someone/gone.csv") == "gone.csv"
    assert recorded("~/gone.csv") in ("gone.csv", "~/gone.csv")
    assert portable(tmp_path / "here") == "here"


def test_links_out_of_the_working_folder_are_below_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "x.csv").touch()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "data").symlink_to(tmp_path / "far")
    monkeypatch.chdir(tmp_path / "here")
    assert recorded("data/x.csv") == "data/x.csv"


def test_a_folder_called_like_a_named_data_set_is_not_taken_for_it(tmp_path: Path) -> None:
    name = next(iter(CATALOG))
    (tmp_path / name).mkdir()
    assert recorded(name) == name  # typed so it is the named one
    assert recorded(str(tmp_path / name)) == f"./{name}"
    assert recorded(f"./{name}") == f"./{name}"


def test_sources() -> None:
    assert recorded_source("Hub stanfordnlp/imdb") == "Hub stanfordnlp/imdb"
    assert recorded_source("package sklearn") == "package sklearn"
    assert recorded_source("/data/of/me/imdb") == "imdb"
    assert [is_place(s) for s in ("imdb", "Hub a/b", "package sklearn")] == [True, False, False]
