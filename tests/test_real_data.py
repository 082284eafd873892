"""The real IMDB and MNIST, from disk to test metrics."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vibcli.cli.app import app


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "classes", "test_rows", "rows", "at_least"),
    [("imdb", 2, 25_000, "4000", 0.75), ("mnist", 10, 10_000, "4000", 0.9)],
)
def test_learns(
    shared: Path, name: str, classes: int, test_rows: int, rows: str, at_least: float
) -> None:
    words = ["train", "--dataset", name, "--data-dir", str(shared), "--train-rows", rows]
    result = CliRunner().invoke(app, [*words, "--epochs", "3", "--json"])
    assert result.exit_code == 0, result.stderr
    (run,) = json.loads(result.stdout)
    assert len(run["data"]["classes"]) == classes
    assert run["data"]["sizes"]["test"] == test_rows
    assert run["data"]["sizes"]["train"] == int(rows)
    assert run["test"]["selected"]["accuracy"] > at_least
