import subprocess
import sys
from pathlib import Path

import pytest

import vibcli


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vibcli", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_package_can_be_run_and_says_its_version(tmp_path: Path) -> None:
    done = run("--version", folder=tmp_path)
    assert done.returncode == 0
    assert vibcli.__version__ in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(("arguments", "code"), [(("--help",), 0), (("nosuch",), 2)])
def test_the_package_is_the_command(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    done = run(*arguments, folder=tmp_path)
    assert done.returncode == code
    assert "Traceback" not in done.stdout + done.stderr
    if code == 0:
        for command in ("train", "eval", "compare"):
            assert command in done.stdout
