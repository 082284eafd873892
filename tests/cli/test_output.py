import contextlib
import math
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small import WINE, Vib

from vibcli.cli.output import complain, note, print_json
from vibcli.files import finite

HIDE_CURSOR, SHOW_CURSOR, CLEAR_LINE = "\x1b[?25l", "\x1b[?25h", "\x1b[2K"


def test_results_and_notes_do_not_mix(capsys: pytest.CaptureFixture[str]) -> None:
    note("a note")
    complain("a complaint")
    print_json({"a": 1})
    out, err = capsys.readouterr()
    assert out == '{\n "a": 1\n}\n'
    assert err == "a note\nError: a complaint\n"


def test_messages_are_literal_and_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    path = "/a/" + "long/" * 40 + "[red]path[/red]/[/x]"
    note(path)
    complain(path)
    assert capsys.readouterr().err == f"{path}\nError: {path}\n"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_json_has_no_infinite_numbers(value: float) -> None:
    assert finite({"a": [value, (1.5, {"b": value})], "c": "NaN"}) == {
        "a": [None, [1.5, {"b": None}]],
        "c": "NaN",
    }


def test_letters_of_any_language_stay(capsys: pytest.CaptureFixture[str]) -> None:
    print_json("漢字")
    assert capsys.readouterr().out == '"漢字"\n'


def in_terminal(*arguments: str, code: int = 0, **environment: str) -> str:
    """What a command shows in a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from vibcli.cli import main; main()", *arguments],
        env=os.environ | {"TERM": "xterm-256color"} | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the other end was closed
        while some := os.read(ours, 4096):
            shown += some
    os.close(ours)
    assert process.wait() == code, shown
    return shown.decode()


@pytest.mark.slow
def test_a_terminal_gets_progress_and_nothing_of_it_stays() -> None:
    shown = in_terminal("train", *WINE)
    assert shown.count(HIDE_CURSOR) == shown.count(SHOW_CURSOR) > 0
    assert "vib 0" not in shown.rpartition(CLEAR_LINE)[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "--dataset", "bad.csv"),  # while the data are read
        ("eval", "wine/vib/seed-0", "--file", "bad.csv"),
        ("interpolate", "wine/vib/seed-0", "--from", "999"),
        ("predict", "wine/vib/seed-0", "bad.csv"),
    ],
)
def test_nothing_of_the_status_stays_where_an_error_ends_a_command(
    arguments: tuple[str, ...], finished_runs: Path
) -> None:
    Path("bad.csv").write_text("a,b\n1\n")
    shown = in_terminal(*arguments, code=2, VIB_RESULTS=str(finished_runs))
    assert shown.count(HIDE_CURSOR) == shown.count(SHOW_CURSOR) == 1
    before, error, _ = shown.partition("Error: ")
    assert error
    assert not re.search(r"[A-Z]\w+ing", before.rpartition(CLEAR_LINE)[2])


@pytest.mark.slow
def test_a_table_is_not_printed_into_the_status(finished_runs: Path, tmp_path: Path) -> None:
    results = shutil.copytree(finished_runs, tmp_path / "results")
    shown = in_terminal("eval", "wine/vib/seed-0", "--latent", VIB_RESULTS=str(results))
    assert "Evaluating" not in shown.rpartition(CLEAR_LINE)[2]
    assert "latent" not in shown.partition("Evaluating")[0]
    head = shown.index("wine/vib", shown.rindex(CLEAR_LINE))
    assert head > shown.rindex(HIDE_CURSOR)


def test_paths_stay_in_one_piece_at_eighty_columns(
    vib: Vib, finished_runs: Path, tmp_path: Path
) -> None:
    folder = tmp_path / ("a folder whose name is long" * 2) / ("and another one in it" * 2)
    folder.mkdir(parents=True)
    new = folder / "rows.csv"
    shutil.copy(finished_runs.parent / "reviews.csv", new)
    shutil.copytree(finished_runs, folder / "results")
    here = ("--results", folder / "results")
    shown = vib("eval", "reviews", "--file", new, *here, "--reliability", folder / "r.png")
    assert str(new) in shown.stdout
    assert str(folder / "r.png") in shown.stderr
    walked = vib("interpolate", "wine/vib/seed-0", "--endpoints", "prior", "--steps", 2, *here)
    assert str(folder / "results" / "wine") in walked.stderr
    assert f"{new}: there" in vib("predict", "wine/vib/seed-0", new, *here, code=2).stderr
    trained = vib("train", *WINE, *here)
    assert f"Saved in {folder / 'results' / 'wine'}" in trained.stdout


@pytest.mark.slow
@pytest.mark.parametrize("plain", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_plain_text_gets_it(plain: dict[str, str], finished_runs: Path) -> None:
    results = {"VIB_RESULTS": str(finished_runs)}
    assert "\x1b" in in_terminal("runs", **results)
    assert "\x1b" not in in_terminal("runs", **plain, **results)
    assert "\x1b" not in in_terminal("train", "--variant", "none", code=2, **plain)


@pytest.mark.slow
def test_who_wants_plain_text_gets_no_progress() -> None:
    shown = in_terminal("train", *WINE, NO_COLOR="1")
    assert "\x1b" not in shown
    assert "Next: vib compare baseline vib" in shown


def test_a_pipe_gets_plain_text_of_eighty_columns(vib: Vib, finished_runs: Path) -> None:
    for arguments in (("runs",), ("--help",), ("train", "--help")):
        shown = vib(*arguments, VIB_RESULTS=str(finished_runs)).stdout
        assert "\x1b" not in shown
        assert max(map(len, shown.splitlines())) <= 80
