"""The arithmetic of the benchmarks' harness, on contestants that only pretend to work."""

import json
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from benchmarks import __main__ as command
from benchmarks import commands, ours
from benchmarks.data import Rows
from benchmarks.harness import (
    NOT_INSTALLED,
    Contestant,
    Options,
    Report,
    Value,
    once,
    race,
    ratios,
    spread,
    take_turns,
)
from benchmarks.imdb_first_step import UNTIL_FIRST_STEP
from benchmarks.mnist_gemm import flops
from benchmarks.scaling import exponent
from rich.console import Console
from torch import nn

OURS, THEIRS = [2.0, 1.0, 4.0], [6.0, 5.0, 8.0]


def report(**changes: object) -> Report:
    given = {"name": "fake", "title": "pretence", "measured": {"ours": OURS, "theirs": THEIRS}}
    return Report(**{**given, **changes})  # type: ignore[arg-type]


def shown(found: Report) -> str:
    console = Console(width=80)
    with console.capture() as captured:
        console.print(found.tables())
    return captured.get()


def test_contestants_take_turns_after_a_round_that_does_not_count() -> None:
    turns: list[str] = []

    def run(name: str) -> float:
        turns.append(name)
        return float(len(turns))

    measured = take_turns({name: partial(run, name) for name in "AB"}, repetitions=3)
    assert "".join(turns) == "AB" * 4
    assert measured == {"A": [3, 5, 7], "B": [4, 6, 8]}


def test_every_repetition_counts_without_warm_up() -> None:
    assert take_turns({"A": lambda: 1.0}, 2, warm_up=False) == {"A": [1, 1]}


def test_spread_is_median_and_range() -> None:
    assert spread([3, 1, 2, 10]) == (2.5, 1, 10)


def test_ratio_of_medians_with_the_range_of_pairs() -> None:
    (ratio,) = ratios({"ours": OURS, "theirs": THEIRS}, {("ours", "theirs"): 2.5})
    # medians 2 and 6; pairs 6/2, 5/1, 8/4
    assert ratio == ("ours", "theirs", 3, 2, 5, 2.5)


def test_who_did_not_take_part_is_not_compared() -> None:
    measured = {"ours": OURS, "theirs": THEIRS}
    found = ratios(measured, {("ours", "absent"): 2.0, ("ours", "theirs"): None})
    assert [ratio.reference for ratio in found] == ["theirs"]


def test_a_contestant_is_prepared_once_and_one_without_its_package_is_left_out() -> None:
    counter = partial(getattr, iter(range(4)), "__next__")
    missing = Contestant("Keras", counter, requires=("json", "no_such_package"))
    found = race([Contestant("counter", counter), missing], repetitions=3)
    assert found.measured == {"counter": [1, 2, 3]}
    assert found.absent == {"Keras": NOT_INSTALLED}
    assert NOT_INSTALLED in shown(report(**found._asdict()))


def test_a_contestant_that_breaks_down_is_named() -> None:
    with pytest.raises(RuntimeError, match="'bad' broke down"):
        once(Contestant("bad", partial(sys.exit, 1)))


def test_the_table_scales_and_the_file_keeps_raw_numbers(tmp_path: Path) -> None:
    measured = {"ours": OURS, "theirs": THEIRS}
    found = report(
        unit="ms",
        factor=1000,
        steps=10,
        ratios=ratios(measured, {("ours", "theirs"): None}),
        values=[Value("peak [bold]", 12.5, "MiB", 1536)],
        notes=["a [note]"],
    )
    text = shown(found)
    assert "median ms" in text
    assert "2000  1000 - 4000        5" in text  # ten steps in two seconds are five a second
    assert "3.00  2.00 - 5.00" in text
    assert "peak [bold]" in text
    assert "a [note]" in text
    assert max(map(len, text.splitlines())) <= 80

    content = json.loads(found.write(tmp_path / "new", Options(threads=2)).read_text())
    assert (tmp_path / "new" / "fake.json").is_file()
    assert content["seconds"] == measured
    assert content["repetitions"] == 3
    assert content["threads"] == 2
    assert content["values"] == [
        {"name": "peak [bold]", "value": 12.5, "unit": "MiB", "target": 1536}
    ]
    assert content["ratios"][0]["ratio"] == 3
    assert content["ratios"][0]["target"] is None
    assert {"python", "torch", "tensorflow", "keras", "numpy", "vibcli"} <= set(content["versions"])
    assert {"processor", "flags", "cores", "commit", "date"} <= set(content)


def test_an_unknown_row_suggests_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["imdb-epch"]) == 2
    assert "Unknown row 'imdb-epch'. Did you mean 'imdb-epoch'?" in capsys.readouterr().err


@pytest.mark.parametrize("name", command.ROWS)
def test_every_row_can_be_measured(name: str) -> None:
    assert callable(command.row(name))


def test_our_own_epoch_ends_with_its_last_step() -> None:
    rng = np.random.default_rng(0)
    pictures = Rows(rng.integers(0, 256, (40, 1, 4, 4), dtype=np.uint8), np.arange(40) % 3, "")
    epoch = ours.epoch(ours.image(widths=(8,), latent=4), pictures, threads=1)
    started = time.perf_counter()
    seconds = epoch()
    assert 0 < seconds < time.perf_counter() - started


@pytest.mark.slow
def test_the_command_ends_at_its_first_step(tmp_path: Path) -> None:
    words = ("train", "--dataset", "digits", "--widths", 8, "--latent", 4)
    commands.vib(*words, home=tmp_path, script=UNTIL_FIRST_STEP)
    (record,) = tmp_path.glob("results/*/*/*/run.json")
    content = json.loads(record.read_text())
    assert (content["status"], content["epochs"]) == ("running", [])


def test_rows_print_a_table_and_leave_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "row", lambda name: lambda options: report(name=name))
    assert command.main(["start", "--results", str(tmp_path)]) == 0
    assert "start: pretence" in capsys.readouterr().out
    assert (tmp_path / "start.json").is_file()


def test_floating_point_operations_of_linear_layers() -> None:
    model = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 7))
    forward = 2 * 4 * (3 * 5 + 5 * 7)
    of_weights = forward
    of_inputs = 2 * 4 * 5 * 7  # the first layer's input is data
    assert flops(model, batch=4) == forward + of_weights + of_inputs


def test_the_exponent_of_a_power_law() -> None:
    sizes = (1, 2, 4, 8)
    assert exponent(sizes, [3 * size**1.5 for size in sizes]) == pytest.approx(1.5)
