import json
import math
from pathlib import Path
from typing import Any

import pytest

from vibcli.errors import VibError
from vibcli.store.comparisons import Kept, keep, kept, picture, report_page, resting_on

CONTENT: dict[str, Any] = {"experiments": ["a", "b"], "p": 0.1 + 0.2, "note": "≥"}


def write(results: Path, title: str = "a-vs-b", identity: object = 1, **content: Any) -> Path:
    return keep(results, "wine", title, identity, content or CONTENT)


def test_a_comparison_is_read_as_it_was_kept(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert path.parent == tmp_path / "wine" / "comparisons"
    assert json.loads(path.read_text(encoding="utf-8")) == CONTENT
    assert list(kept(tmp_path)) == [Kept(path, CONTENT, {})]


def test_a_name_is_the_title_and_eight_hex_digits_of_the_identity(tmp_path: Path) -> None:
    title, _, digest = write(tmp_path).stem.rpartition("-")
    assert title == "a-vs-b"
    assert len(digest) == 8
    int(digest, 16)


def test_the_same_comparison_takes_the_place_of_the_former(tmp_path: Path) -> None:
    identity = (("vib-1", 0), ("vib-1", 1)), 0.05
    first = write(tmp_path, identity=identity, value=1)
    second = write(tmp_path, identity=(tuple(identity[0]), 0.05), value=2)
    assert first == second
    assert [found.content for found in kept(tmp_path)] == [{"value": 2}]


def test_others_do_not(tmp_path: Path) -> None:
    paths = {
        write(tmp_path, identity=1),
        write(tmp_path, identity="1"),
        write(tmp_path, identity=2),
        write(tmp_path, title="a-vs-c"),
        keep(tmp_path, "digits", "a-vs-b", 1, CONTENT),
    }
    assert len(paths) == 5
    assert {found.path for found in kept(tmp_path)} == paths


def test_long_titles_are_cut_and_stay_apart(tmp_path: Path) -> None:
    title = "-vs-".join(f"experiment{i}" for i in range(40))
    paths = {write(tmp_path, title=title, identity=i) for i in range(2)}
    assert len(paths) == 2
    for path in paths:
        assert path.name.startswith(title[:80])
        assert len(path.name) < 100


def test_what_json_does_not_know_is_null(tmp_path: Path) -> None:
    path = write(tmp_path, a=math.nan, b=[math.inf, (1.5, -math.inf)], c={"d": math.nan})

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    found = json.loads(path.read_text(), parse_constant=refuse)
    assert found == {"a": None, "b": [None, [1.5, None]], "c": {"d": None}}


@pytest.mark.parametrize(
    ("name", "expected"), [("", "x-0a.png"), ("reliability", "x-0a-reliability.png")]
)
def test_pictures_lie_beside_their_comparison(name: str, expected: str) -> None:
    assert picture(Path("results/wine/comparisons/x-0a.json"), name) == Path(
        f"results/wine/comparisons/{expected}"
    )


def test_a_title_with_dots_keeps_them(tmp_path: Path) -> None:
    path = write(tmp_path, title="su2018.published.vib-vs-0.5")
    for name in ("", "plane"):
        picture(path, name).touch()
    assert picture(path, "").stem == path.stem
    ((found, _, pictures),) = kept(tmp_path)
    assert found == path
    assert pictures == {"": picture(path, ""), "plane": picture(path, "plane")}


def test_pictures_are_found_by_the_name_they_were_given(tmp_path: Path) -> None:
    one, other = write(tmp_path, identity=1), write(tmp_path, identity=2)
    for name in ("", "reliability", "walk-modes"):
        picture(one, name).touch()
    found = {comparison.path: comparison.pictures for comparison in kept(tmp_path)}
    assert found == {
        one: {name: picture(one, name) for name in ("", "reliability", "walk-modes")},
        other: {},
    }


def test_they_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for dataset, title in (("wine", "b"), ("wine", "a"), ("digits", "c")):
        keep(tmp_path, dataset, title, 0, CONTENT)
    order = [(found.path.parts[-3], found.path.name.rpartition("-")[0]) for found in kept(tmp_path)]
    assert order == [("digits", "c"), ("wine", "a"), ("wine", "b")]


def test_nothing_else_is_a_comparison(tmp_path: Path) -> None:
    assert list(kept(tmp_path / "none")) == []
    (tmp_path / "wine" / "comparisons" / "deeper").mkdir(parents=True)
    for name in ("run.json", "comparisons/a.png", "comparisons/deeper/a.json"):
        (tmp_path / "wine" / name).touch()
    assert list(kept(tmp_path)) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "wine").touch()
    with pytest.raises(VibError, match=r"Cannot write .*wine/comparisons/a-vs-b-.*json"):
        write(tmp_path)


def test_the_page_on_the_recipes_is_what_a_folder_of_results_shows(tmp_path: Path) -> None:
    assert report_page(tmp_path) == tmp_path / "README.md"


def test_comparisons_that_rest_on_a_run_are_found(tmp_path: Path) -> None:
    first = write(tmp_path, identity=1, runs=["wine/a-1/seed-0", "wine/b-1/seed-0"])
    second = write(tmp_path, identity=2, runs=["wine/a-1/seed-0"])
    write(tmp_path, identity=3)  # of a version that did not say
    (first.parent / "x.json").write_text("{")
    (first.parent / "y.json").write_text("[1]")
    assert resting_on(tmp_path, {"wine/a-1/seed-0"}) == sorted([first, second])
    assert resting_on(tmp_path, {"wine/b-1/seed-0", "wine/c-1/seed-0"}) == [first]
    assert resting_on(tmp_path, {"wine/c-1/seed-0"}) == resting_on(tmp_path / "none", {"a"}) == []
