"""Completion as shells ask for it, in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import recorded

from vibcli.data.catalog import CATALOG
from vibcli.recipes.packaged import packaged
from vibcli.registry import ENCODERS, PENALTIES
from vibcli.store.rundir import RunDir
from vibcli.tasks.find import all_variants

VIB = "from vibcli.cli import main; main()"


def asked(shell: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", VIB],
        env=os.environ | {"_VIB_COMPLETE": f"complete_{shell}"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def completed(typed: str, **environment: str) -> list[str]:
    """What bash suggests for the last word of what is typed."""
    words = typed.split(" ")
    done = asked("bash", COMP_WORDS=typed, COMP_CWORD=str(len(words) - 1), **environment)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout.split()


@pytest.fixture
def ids() -> list[str]:
    """Some runs; their records are damaged, for nobody is to read them."""
    found = []
    for name, seed, dataset in (("vib", 0, "wine"), ("vib", 1, "wine"), ("mine", 0, "digits")):
        folder = RunDir(Path("results"), recorded.run(name, seed, dataset=dataset).id)
        folder.path.mkdir(parents=True)
        folder.record.write_text("{")
        found.append(folder.id)
    return sorted(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("vib tra", ["train"]),
        ("vib train --encoder ", list(ENCODERS)),
        ("vib train --dataset ", list(CATALOG)),
        ("vib train --dataset wi", ["wine"]),
        ("vib train --variant ", list(all_variants())),
        ("vib train --sigma s", ["softplus"]),
        ("vib train --task r", ["regression"]),
        ("vib compare vib-a", ["vib-adaptive"]),
        ("vib reproduce ", packaged()),
        ("vib eval --split t", ["test", "train"]),
        ("vib interpolate --mode sl", ["slerp"]),
        ("vib runs --sort accu", ["accuracy"]),
        ("vib runs --columns run,lam", ["run,lambda"]),
        ("vib train --lamb", ["--lambda"]),
        ("vib nosuch --x", []),
        ("vib train --epochs ", []),
        ("vib eval ", ["latest"]),
    ],
)
def test_names_are_completed(typed: str, expected: list[str]) -> None:
    assert completed(typed) == expected


@pytest.mark.slow
def test_runs_are_completed(ids: list[str]) -> None:
    assert completed("vib eval ") == ["latest", *ids]
    assert completed("vib show wine/") == [id for id in ids if id.startswith("wine/")]
    assert completed("vib predict digits") == ids[:1]
    experiments = list(dict.fromkeys(id.rpartition("/")[0] for id in ids))
    assert completed("vib rm ") == ["latest", *experiments, *ids]
    assert completed("vib rm latest wine/") == [
        word for word in (*experiments, *ids) if word.startswith("wine/")
    ]
    assert completed("vib compare mi") == ["mine"]
    assert completed("vib runs --dataset ") == ["digits", "wine"]


@pytest.mark.slow
def test_runs_are_those_of_the_results_that_are_meant(ids: list[str]) -> None:
    Path("results").rename("others")
    assert completed("vib eval wine") == []
    assert completed("vib eval --results others wine/") == ids[1:]
    assert completed("vib eval wine/", VIB_RESULTS="others") == ids[1:]
    Path("vib.toml").write_text("results = 'others'\n")
    assert completed("vib eval wine/") == ids[1:]
    assert completed("vib eval --results results wine/") == []


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["file", "toml", "strange"])
def test_nothing_is_said_of_what_is_broken(broken: str) -> None:
    if broken == "file":
        Path("results").write_text("")
    elif broken == "toml":
        Path("vib.toml").write_text("results = [")
    else:
        Path("results/a/b/seed-x/run.json").mkdir(parents=True)
        Path("results/a/c").mkdir()
        Path("results/a/c/seed-0").symlink_to("seed-0")
    assert completed("vib compare base") == ["baseline"]
    for typed in ("vib eval ", "vib rm ", "vib runs --dataset ", "vib compare "):
        completed(typed, VIB_EPOCHS="many")


def test_penalties_follow_from_the_variant() -> None:
    assert PENALTIES
    assert completed("vib train --pen") == []


@pytest.mark.parametrize("shell", ["zsh", "fish", "powershell"])
def test_other_shells_are_told_what_a_word_is(shell: str) -> None:
    done = asked(
        shell,
        _TYPER_COMPLETE_ARGS="vib compare vib-th",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
        _TYPER_COMPLETE_WORD_TO_COMPLETE="vib-th",
    )
    assert done.stderr == ""
    assert "vib-threshold" in done.stdout
    assert "mean max(KL - beta, 0)" in done.stdout


def test_completion_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from vibcli.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    print(*sys.modules, file=sys.stderr)"
    )
    heavy = {"torch", "numpy", "pandas", "pyarrow", "datasets", "scipy", "matplotlib"}
    for typed in ("vib train --dataset ", "vib compare ", "vib eval "):
        words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()))}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"_VIB_COMPLETE": "complete_bash"} | words,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout
        assert heavy.isdisjoint(done.stderr.split())


def test_the_script_of_a_shell_is_shown(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = subprocess.run(
        [sys.executable, "-c", VIB, "--show-completion", "bash"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "complete -o default -F _vib_completion vib" in done.stdout
