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


# test loss of the unchanged VAE example of PyTorch (784-400-20, cross-entropy of grey values, Adam
# 1e-3, batches of 128) after 10 epochs on all 60,000 training rows, as the README of
# github.com/kampta/pytorch-distributions reports it
EXAMPLE = 105.589


@pytest.mark.slow
def test_a_vae_describes_mnist_as_well_as_those_of_others(shared: Path) -> None:
    words = ["train", "--variant", "vae", "--dataset", "mnist", "--data-dir", str(shared)]
    words += ["--widths", "400", "--latent", "20", "--batch-size", "128", "--epochs", "10"]
    words += ["--watch", "test", "--select", "last", "--threads", "1", "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.stderr
    (run,) = json.loads(result.stdout)
    assert run["data"]["sizes"]["train"] == 60_000
    metrics = run["test"]["selected"]
    assert metrics["rows"] == 10_000
    assert -metrics["elbo_nats"] == pytest.approx(EXAMPLE, abs=2.5)
    assert metrics["elbo_nats"] + 3 < metrics["iwae_nats"] < -100
    assert metrics["active_units"] == 20
    assert metrics["sample_energy"] < 0.03
