import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main
from filelock import FileLock
from small import WINE, Vib

from vibcli.cli.app import COMMANDS, app
from vibcli.cli.options.common import COMMON

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted({*ROOT.glob("README.md"), *ROOT.glob("docs/*.md")})
HEAVY = (
    *("torch", "datasets", "pandas", "numpy", "pyarrow"),
    *("sklearn", "matplotlib", "scipy", "joblib"),
)
GROUP: Any = typer.main.get_command(app)
BUILT = {name: deferred.loaded for name, deferred in GROUP.commands.items()}
OPTIONS = [
    pytest.param(option, id=f"{name} {option.opts[0]}")
    for name, command in BUILT.items()
    for option in command.params
]


def imported_by(*arguments: object) -> set[str]:
    """Modules that a command imports, in a process of its own."""
    code = (
        "import json, sys\n"
        "from vibcli.cli.app import app\n"
        "try:\n    app(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_says_what_it_does(name: str) -> None:
    assert len(BUILT[name].help) > 20


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_of_each_what_its_own_help_begins_with(name: str) -> None:
    assert GROUP.commands[name].help == BUILT[name].help.split("\n\n")[0]


@pytest.mark.parametrize("option", OPTIONS)
def test_each_option_says_what_it_is(option: Any) -> None:
    assert len(option.help) > 10
    assert option.help.endswith((".", ")", "[/dim]"))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_every_option(vib: Vib, name: str) -> None:
    text = vib(name, "--help-all" if name in COMMON else "--help").stdout
    assert max(map(len, text.splitlines())) <= 80
    for option in BUILT[name].params:
        for flag in option.opts if option.param_type_name == "option" else []:
            assert flag in text


@pytest.mark.skipif(not DOCUMENTS, reason="the documents are not installed")
@pytest.mark.parametrize("name", COMMANDS)
def test_the_documents_mention_each_command(name: str) -> None:
    assert any(f"vib {name}" in path.read_text(encoding="utf-8") for path in DOCUMENTS)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_documents_mention_no_option_that_is_not_there(path: Path) -> None:
    known = {flag for c in (GROUP, *BUILT.values()) for p in c.params for flag in p.opts}
    others = {"--help", "--help-all", "--format", "--check", "--index-url"}  # of vib, ruff and pip
    typed = re.findall(r"(?<![\w-])--[a-z][a-z-]+", path.read_text(encoding="utf-8"))
    assert set(typed) - known - others == set()


@pytest.mark.skipif(not DOCUMENTS, reason="the documents are not installed")
@pytest.mark.parametrize("flag", ["--task", "--deviation", "--margin"])
def test_the_documents_mention_what_regression_brings(flag: str) -> None:
    assert any(flag in path.read_text(encoding="utf-8") for path in DOCUMENTS)


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        ("--help", set()),
        ("--version", set()),
        ("runs", {"runs"}),
        ("runs --json", {"runs"}),
        ("runs --help", {"runs"}),
        ("train --help", {"train"}),
        ("predict --help", {"predict"}),
    ],
)
def test_what_needs_no_model_imports_nothing_heavy_and_no_other_command(
    finished_runs: Path, arguments: str, needed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIB_RESULTS", str(finished_runs))
    imported = imported_by(*arguments.split())
    assert imported.isdisjoint(HEAVY)
    assert {name for name in COMMANDS if f"vibcli.cli.commands.{name}" in imported} == needed
    acting = set() if "--help" in arguments else needed  # help is shown without doing anything
    assert {name for name in COMMANDS if f"vibcli.cli.actions.{name}" in imported} == acting
    # the list says in which settings experiments differ
    assert ("vibcli.config.record" in imported) == (arguments in ("train --help", "runs"))


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_imports_no_action(name: str) -> None:
    imported = imported_by(name, "--help")
    assert f"vibcli.cli.commands.{name}" in imported
    assert {module for module in imported if module.startswith("vibcli.cli.actions")} == set()


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(vib: Vib, flag: str) -> None:
    assert re.fullmatch(r"vib \d+\.\d+\.\d+\S*\n", vib(flag).stdout)


def test_without_a_command_there_is_help(vib: Vib) -> None:
    assert "compare" in vib(code=2).output


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("trian", "train"),
        ("train --epoch 3", "--epochs"),
        ("train --variant vip", "vib"),
        ("train --dataset wien", "wine"),
        ("train --dataset wine --encoder mpl", "mlp"),
        ("compare baseline vibb --dataset wine", "vib"),
        ("eval --split tset", "test"),
        ("eval latset", "wine/vib"),
        ("interpolate --mode spheric", "spherical"),
        ("interpolate --endpoints priors", "prior"),
        ("predict latest x.csv --output y.cvs", ".csv"),
    ],
)
def test_the_nearest_name_is_suggested(
    vib: Vib, finished_runs: Path, monkeypatch: pytest.MonkeyPatch, typed: str, meant: str
) -> None:
    monkeypatch.setenv("VIB_RESULTS", str(finished_runs))
    result = vib(*typed.split(), code=2)
    assert result.stdout == ""
    assert re.search(rf"(Did you mean|Possible options:|Choose).*{re.escape(meant)}", result.stderr)


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("--epochs 0", "--epochs"),
        ("--epochs two", "--epochs"),
        ("--lambda -1", "--lambda"),
        ("--lambda nan", "--lambda"),
        ("--variant vib-threshold --beta -1", "--beta"),
        ("--latent 0", "--latent"),
        ("--widths 8,x", "--widths"),
        ("--widths 0", "--widths"),
        ("--sigma square", "--sigma"),
        ("--seed -1", "--seed"),
        ("--seeds 0", "--seeds"),
        ("--jobs 0", "--jobs"),
        ("--threads 0", "--threads"),
        ("--device warp", "--device"),
        ("--variant baseline --lambda 1", "--lambda"),
    ],
)
def test_a_bad_value_is_refused_by_its_name(vib: Vib, typed: str, named: str) -> None:
    result = vib("train", "--dataset", "wine", *typed.split(), code=2)
    assert named in result.stderr
    assert not Path("results").exists()


def test_square_brackets_in_what_was_typed_are_shown(vib: Vib) -> None:
    for typed in ("[red]x[/red]", "x[/y].csv", "[/]"):
        assert typed in vib("train", "--dataset", typed, code=2).stderr
        assert typed in vib("eval", typed, code=2).stderr


def test_debug_shows_where_an_error_arose(vib: Vib) -> None:
    secret = "this value stands in a local variable"
    plain = vib("eval", secret, code=2).stderr
    told = vib("eval", secret, "--debug", code=2).stderr
    assert "Traceback" not in plain
    assert told.endswith(plain)
    assert "Traceback" in told
    assert 'vibcli/store/listing.py", line' in told.replace(os.sep, "/")
    assert told.count(secret) == 2  # in the message alone, once with the traceback and once without


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `vib runs` meet this error; it reads the runs first."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("vibcli.cli.actions.runs.summaries", fail)


def test_an_unexpected_error_is_one_line_and_code_1(
    vib: Vib, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, ZeroDivisionError("[x] by zero"))
    result = vib("runs", code=1)
    assert result.stderr == (
        "Error: Unexpected ZeroDivisionError: [x] by zero. Add --debug to see where.\n"
    )


def test_an_interrupt_is_said_and_code_130(vib: Vib, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, KeyboardInterrupt())
    result = vib("runs", code=130)
    assert result.stderr.startswith("Error: Interrupted.")
    assert result.stdout == ""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_waiting_ends_the_command(
    start: Callable[..., "subprocess.Popen[str]"],
    results: Path,
    number: signal.Signals,
) -> None:
    (record,) = results.glob("wine/vib-*/seed-0/run.json")
    content = record.read_text().replace('"status": "complete"', '"status": "running"')
    record.write_text(content)
    with FileLock(record.parent / ".lock"):  # another process trains this run
        process = start("train", *WINE)
        assert process.stderr is not None
        for line in process.stderr:
            if "Another process is training" in line:
                break
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors.endswith("Error: Interrupted. The same command goes on from here.\n")
    assert "Traceback" not in errors
    assert record.read_text() == content


def test_the_commands_are_those_of_the_app() -> None:
    assert GROUP.list_commands(None) == list(COMMANDS)
    assert [command.name for command in BUILT.values()] == list(COMMANDS)
