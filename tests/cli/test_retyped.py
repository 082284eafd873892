"""The commands that `vib show` tells train the very run again."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import recorded
from small import PRICES, SMALL, TEXT, WINE, Vib, write_prices, write_reviews

from vibcli.cli.retyped import about, options, places, training
from vibcli.runs.session import Session
from vibcli.store.records import Run


def trained(vib: Vib, *arguments: object) -> Run:
    (run,) = json.loads(vib("train", *arguments, "--json").stdout)
    return Run.model_validate(run)


@pytest.mark.parametrize(
    "arguments",
    [
        (*WINE, "--lr", 1.2345678e-4, "--seed", 3),
        (*WINE, "--test-split", "fixed"),
        (*WINE, "--name", "mine", "--variant", "noise", "--noise", 0.5),
        ("--dataset", "reviews.csv", *TEXT),
        ("--dataset", "reviews.csv", "--label", "stars", *TEXT),
        ("--dataset", "grades.csv", "--task", "classification", *SMALL),
        ("--dataset", "prices.csv", *PRICES, "--input", "size", "--input", "town"),
        ("--dataset", "prices.csv", "--variant", "vae", "--label", "price", "--epochs", 1),
    ],
)
def test_a_run_is_found_by_its_command(vib: Vib, arguments: tuple[Any, ...]) -> None:
    write_reviews(Path("reviews.csv"))
    write_prices(Path("prices.csv"))
    rows = [f"{row % 7},{row % 25}" for row in range(400)]  # 25 grades: numbers, unless it is said
    Path("grades.csv").write_text("\n".join(["size,label", *rows]) + "\n")
    run = trained(vib, *arguments)
    words = shlex.split(training(run, Session()))
    assert words[:2] == ["vib", "train"]
    again = vib(*words[1:], "--json")
    assert "1 of 1 runs were trained before" in again.stderr
    assert json.loads(again.stdout) == [run.model_dump(mode="json")]


def test_the_fewest_words_are_said() -> None:
    run = recorded.run(epochs=3)
    words = "vib train --variant vib --dataset wine --epochs 3 --seed 0 --threads 1"
    assert training(run, Session()) == words


def test_places_that_are_not_the_usual_ones_are_said() -> None:
    session = Session(results=Path("my results"), data_dir=Path("data"))
    assert places(Session()) == []
    told = ["--results", "my results", "--data-dir", "data"]
    assert places(session) == told
    id = recorded.run().id
    assert about("eval", recorded.run(), session, "--latent") == (
        f"vib eval {id} --latent --results 'my results' --data-dir data"
    )


def test_settings_are_said_with_every_digit() -> None:
    settings = {"lam": 0.1 + 0.2, "widths": [64, 32], "inputs": ["a", "b c"], "dropout": None}
    assert options(settings) == [
        *("--lambda", "0.30000000000000004", "--widths", "64,32"),
        *("--input", "a", "--input", "b c", "--dropout", "0"),
    ]
