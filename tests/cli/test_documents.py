"""The examples of the documents, run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted({*ROOT.glob("README.md"), *ROOT.glob("docs/*.md")})
# blocks that say more than their language (`sh slow`, `sh yours`) are for people alone
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_HERE = ("pip install", "pytest")  # what the test itself runs in


def blocks(document: Path) -> list[tuple[str, str]]:
    """Language and text of each block that can be run."""
    found = []
    for language, text in BLOCK.findall(document.read_text(encoding="utf-8")):
        lines = [line for line in text.splitlines() if not line.startswith(NOT_HERE)]
        found.append((language, "\n".join(lines)))
    return found


def test_blocks_are_told_from_those_for_people(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "```sh\npip install x\npytest -q\nvib runs\n```\n"
        "```sh slow\nvib train\n```\n```python\na = 1\nb = 2\n```\n```toml\nc = 3\n```\n"
    )
    assert blocks(path) == [("sh", "vib runs"), ("python", "a = 1\nb = 2")]


@pytest.mark.slow
@pytest.mark.parametrize("document", [p for p in DOCUMENTS if blocks(p)], ids=lambda p: p.name)
def test_the_examples_of_a_document_work(document: Path, tmp_path: Path) -> None:
    here = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}
    for language, text in blocks(document):
        program = ["bash", "-e", "-c"] if language == "sh" else [sys.executable, "-c"]
        done = subprocess.run(
            [*program, text],
            stdin=subprocess.DEVNULL,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
