"""The way of somebody who meets `vib` for the first time, in a terminal of eighty columns."""

import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

Shown = Callable[..., str]
QUICK = ("--dataset", "wine", "--epochs", "2", "--seeds", "2", "--jobs", "1")


def in_terminal(*arguments: str, answer: str = "", code: int = 0) -> str:
    """What a terminal of 24 lines shows of a command, without its colours."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    process = subprocess.Popen(
        [sys.executable, "-c", "from vibcli.cli import main; main()", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={k: v for k, v in os.environ.items() if k != "COLUMNS"} | {"TERM": "xterm"},
    )
    os.write(ours, answer.encode())
    os.close(theirs)
    shown = b""
    try:
        while some := os.read(ours, 4096):
            shown += some
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()).replace("\r\n", "\n")
    assert process.wait() == code, text
    assert "Traceback" not in text
    return text


def lines(text: str) -> list[str]:
    """The lines, none of which is wider than the terminal."""
    found = text.splitlines()
    assert max(map(len, found)) <= 80, max(found, key=len)
    return found


@pytest.mark.slow
def test_help_leads_from_the_commands_to_the_options_that_matter() -> None:
    assert "vib compare baseline vib" in " ".join(in_terminal(code=2).split())
    listed = lines(in_terminal("--help"))
    commands = [match[1] for line in listed if (match := re.match(r"│ ([a-z]+) {2,}\w", line))]
    assert commands[:3] == ["train", "eval", "compare"]
    assert commands[commands.index("runs") :][:3] == ["runs", "show", "rm"]
    brief = lines(in_terminal("train", "--help"))
    whole = lines(in_terminal("train", "--help-all"))
    assert len(brief) < len(whole) / 2
    assert brief[-3].strip().startswith("vib train --help-all has the other")
    assert in_terminal("-V").startswith("vib ")


def test_data_sets_stand_in_a_table() -> None:
    table = lines(in_terminal("datasets"))
    assert table[0].split() == ["name", "kind", "what"]
    names = [line.split()[0] for line in table[2:] if line[:1].strip()]
    assert {"mnist-5k", "wine", "imdb"} <= set(names)


@pytest.mark.slow
def test_runs_are_made_listed_shown_and_removed(tmp_path: Path) -> None:
    assert "Make one with: vib train" in in_terminal("runs")
    in_terminal("train", *QUICK)
    in_terminal("train", *QUICK, "--name", "strong", "--lambda", "0.3")
    table = lines(in_terminal("runs"))
    assert [line.split("  ")[-1] for line in table[2:]] == [
        *(["lambda 0.001"] * 2 + ["lambda 0.3"] * 2),
    ]
    best = lines(in_terminal("runs", "--where", "lambda>0.01", "--sort", "-validation.accuracy"))
    id = best[2].split()[0]
    assert id.startswith("wine/strong-")
    page = in_terminal("show", id)
    assert "lambda 0.3, epochs 2; else as vib has by default" in page
    (again,) = (line for line in page.splitlines() if line.startswith("train: "))
    assert "were trained before" in in_terminal(*again.split()[2:])
    asked = in_terminal("rm", "strong", answer="y\n")
    assert re.search(r"Remove 2 runs, \d+ kB\? \[y/N\]", asked)
    assert "Removed 2 runs" in asked
    assert len(list(tmp_path.glob("results/wine/*/seed-*"))) == 2
    assert "strong" not in in_terminal("runs")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("show", "wine/vib"), r"fits 2 runs; say which, for example wine/vib-\w+/seed-0:"),
        (("eval", "vob"), "Unknown run 'vob'"),
        (("runs", "--sort", "acuracy"), "Did you mean 'accuracy'?"),
        (("runs", "--where", "lambda"), "is no condition"),
        (("rm", "wine/vib-"), "fits 2 runs; say which"),
        (("train", "--epoch", "3"), "--epochs"),
    ],
)
def test_who_mistypes_is_told_what_could_be_meant(
    results: Path, typed: tuple[str, ...], said: str
) -> None:
    text = in_terminal(*typed, code=2)
    assert re.search(said, text)


def test_completion_can_be_installed_and_knows_the_runs(results: Path, tmp_path: Path) -> None:
    """What is installed is what bash itself runs."""
    tools = tmp_path / "bin"
    tools.mkdir()
    program = tools / "vib"
    code = "from vibcli.cli import main; main()"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION=1 vib --show-completion bash)"\n'
        "COMP_WORDS=(vib show wine/base); COMP_CWORD=2; _vib_completion vib\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env=os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    there = sorted(path.relative_to(results) for path in results.glob("wine/baseline-*/seed-*"))
    assert done.stdout.split() == [path.as_posix() for path in there]
    assert len(there) == 2
