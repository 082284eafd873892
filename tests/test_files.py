import json
import math
import os
import stat
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from vibcli.errors import VibError
from vibcli.files import as_json, finite, plain, read_toml, write_atomically, write_text


class Point(NamedTuple):
    x: float
    y: Any = None


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


# numbers that JSON does not know


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_what_json_does_not_know_becomes_none_at_any_depth(odd: float) -> None:
    assert finite(odd) is None
    assert finite({"a": [odd, (1.5, {"b": odd})], "c": "NaN"}) == {
        "a": [None, [1.5, {"b": None}]],
        "c": "NaN",
    }


@pytest.mark.parametrize(
    "value", [0, -1, 2**80, True, None, "", "inf", 0.0, -0.0, 1e308, 5e-324, [], {}, {"a": []}]
)
def test_everything_else_is_as_it_was(value: Any) -> None:
    found = finite(value)
    assert found == value
    assert type(found) is type(value)


def test_keys_are_kept_and_what_was_given_is_not_changed() -> None:
    given = {"a": [math.nan], 3: (math.inf,)}
    assert finite(given) == {"a": [None], 3: [None]}
    assert math.isnan(given["a"][0])
    assert given[3] == (math.inf,)


# named tuples


def test_named_tuples_become_dictionaries_at_any_depth() -> None:
    inner = Point(1.5, [Point(2, "z"), (Point(3),)])
    assert plain({"p": inner, "q": [None, {"r": Point(4)}]}) == {
        "p": {"x": 1.5, "y": [{"x": 2, "y": "z"}, [{"x": 3, "y": None}]]},
        "q": [None, {"r": {"x": 4, "y": None}}],
    }


def test_keys_become_strings_and_tuples_lists() -> None:
    assert plain({1: (1, 2), None: {0.5: ()}}) == {"1": [1, 2], "None": {"0.5": []}}


@pytest.mark.parametrize("value", [None, True, 3, 0.1, "text", b"bytes"])
def test_plain_values_are_plain(value: Any) -> None:
    assert plain(value) is value


# JSON


def test_json_is_strict_utf8_of_several_lines_that_ends_in_a_line_feed() -> None:
    text = as_json({"a": [0.1 + 0.2, math.nan], "é": "≥ [x]"})
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
    assert "é" in text
    assert "≥" in text
    assert json.loads(text, parse_constant=refuse) == {"a": [0.1 + 0.2, None], "é": "≥ [x]"}
    assert len(text.splitlines()) == 7


@pytest.mark.parametrize(("value", "text"), [(None, "null\n"), (math.inf, "null\n"), ([], "[]\n")])
def test_json_of_little(value: Any, text: str) -> None:
    assert as_json(value) == text


@pytest.mark.parametrize("seed", range(3))
def test_every_finite_number_survives_json(seed: int) -> None:
    rng = np.random.default_rng(seed)
    numbers = (rng.normal(size=50) * 10.0 ** rng.integers(-300, 300, 50)).tolist()
    assert json.loads(as_json(numbers)) == numbers


# files


def test_a_text_is_written_with_the_folders_above_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.json"
    write_text(path, "ü\n")
    write_text(path, "≥\n")
    assert path.read_bytes() == "≥\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")

    def full(temporary: Path) -> None:
        temporary.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(VibError, match=r"Cannot write .*a\.txt: No space left on device\."):
        write_atomically(path, full)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_bug_in_what_writes_is_no_problem_of_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(ZeroDivisionError):
        write_atomically(path, lambda temporary: 1 / 0)
    assert list(tmp_path.iterdir()) == []


def test_the_temporary_file_lies_beside_and_has_the_same_ending(tmp_path: Path) -> None:
    seen: list[Path] = []

    def write(temporary: Path) -> None:
        seen.append(temporary)
        temporary.write_text("x")

    write_atomically(tmp_path / "deep" / "a.parquet", write)
    (temporary,) = seen
    assert (temporary.parent, temporary.suffix) == (tmp_path / "deep", ".parquet")
    assert temporary.name.startswith(".tmp-")  # which `RunDir.sweep` removes
    assert not temporary.exists()


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
def test_a_file_is_as_readable_as_others_of_its_user(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_text(tmp_path / "a.txt", "x")
        (tmp_path / "b.txt").write_text("x")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    one, other = (stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a.txt", "b.txt"))
    assert one == other == 0o666 & ~mask


def test_a_folder_below_a_file_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VibError, match=r"Cannot write .*file/a\.txt"):
        write_text(tmp_path / "file" / "a.txt", "x")


def test_toml_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "ü"\n[settings]\nlam = 0.5\n', encoding="utf-8")
    assert read_toml(tmp_path / "a.toml") == {"name": "ü", "settings": {"lam": 0.5}}


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "Cannot read"), (b"a = ", "not valid TOML"), (b'a = "\xff"', "not valid TOML")],
)
def test_toml_that_cannot_be_read(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(VibError, match=message) as error:
        read_toml(tmp_path / "a.toml")
    assert "a.toml" in str(error.value)
