from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from compared import GAUSSIAN, apart, classes, later, member
from printing import NASTY, printed, squeezed, squeezed_lines
from rich.text import Text

from vibcli.cli.actions.compare import CompareRequest
from vibcli.cli.actions.following import following
from vibcli.comparison.compare import Asked, Comparison, compare
from vibcli.comparison.looks import Look
from vibcli.comparison.member import Member
from vibcli.comparison.verdict import answers, verdict
from vibcli.registry import TASKS
from vibcli.reporting.tables.screen import first_screen, heading
from vibcli.runs.session import Session
from vibcli.statistics import paired

LINES = 20  # of a first screen at 80 columns
VARIANTS = {
    "classification": ("baseline", "vib"),
    "regression": ("baseline", "vib"),
    "autoencoding": ("vae", "vae-threshold"),
}
OUTCOMES = {"apart": (1.0, 0.05), "open": (0.1, 0.6), "equal": (0.0, 0.01)}
ODD = np.array([0.0] * 7 + [30.0])


def metrics(task: str, seeds: int, unit: float, shift: np.ndarray | float) -> dict[str, Any]:
    """Every quantity of a task, by seed, moved by so much of its own size."""
    around = 1 + 0.02 * np.cos(np.arange(seeds))
    sizes = {"accuracy": 0.9, "rmse": 50 * unit, "mae": 40 * unit, "crps": 30 * unit}
    sizes |= {"elbo_nats": -118.0, "iwae_nats": -112.0, "distortion_at_mean_nats": 80.0}
    return {
        key: sizes.get(key, 0.4) * around * (1 + 0.02 * np.asarray(shift))
        for key in TASKS.load(task).quantities
    }


def pair(
    task: str,
    by: float = 0.1,
    spread: float = 0.6,
    seeds: int = 8,
    unit: float = 1.0,
    names: Sequence[str] = (),
    odd: bool = False,
) -> list[Member]:
    """Two experiments of a task that differ by about so much, with a smooth curve each."""
    curve = (
        np.linspace(90 * unit, 50 * unit, 10) if task == "regression" else np.linspace(0.4, 0.9, 10)
    )
    shifts = (0.0, np.array(apart(by, spread, seeds)) + (ODD if odd else 0.0))
    settings = GAUSSIAN if task == "autoencoding" else {}
    return [
        member(
            name,
            metrics(task, seeds, unit, shift),
            task,
            [tuple(curve + 0.01 * unit * s) for s in range(seeds)],
            **settings,
        )
        for name, shift in zip(names or VARIANTS[task], shifts, strict=True)
    ]


def screen(result: Comparison, typed: Sequence[str] = ()) -> str:
    """With the commands that can follow, as `vib compare` prints it."""
    names = typed or [row.name for row in result.rows]
    steps = following(result, names, {"dataset": "mnist-5k"}, CompareRequest(), Session())
    return printed(first_screen(result, steps))  # which checks the width


@pytest.mark.parametrize("task", list(VARIANTS))
@pytest.mark.parametrize("outcome", list(OUTCOMES))
def test_a_pair_fits_on_a_screen(task: str, outcome: str) -> None:
    text = screen(compare(pair(task, *OUTCOMES[outcome])))
    assert len(text.splitlines()) <= LINES, text


@pytest.mark.parametrize("task", list(VARIANTS))
@pytest.mark.parametrize(
    ("asked", "odd", "seeds", "warning"),
    [
        (Asked(), True, 8, "is far off the others"),
        (Asked(taken=(Look(10, 0.05),), fixed=True), False, 20, "all looks together are wrong"),
        (Asked(taken=(Look(8, 0.0079),)), False, 11, "the first 8 count"),
        (Asked(fixed=True), False, 5, "No test of 5 seeds"),
    ],
)
def test_a_pair_with_a_warning_fits_too(
    task: str, asked: Asked, odd: bool, seeds: int, warning: str
) -> None:
    text = screen(compare(pair(task, seeds=seeds, odd=odd), asked))
    assert warning in squeezed_lines(text)
    assert len(text.splitlines()) <= LINES, text


@pytest.mark.parametrize("seeds", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("task", list(VARIANTS))
def test_few_seeds_have_a_table_and_no_drawing(task: str, seeds: int) -> None:
    text = screen(compare(pair(task, seeds=seeds)))
    assert len(text.splitlines()) <= LINES
    assert "●" not in text
    assert "Too early to tell" in text
    assert ("at 95%" in text) == (seeds >= 3)
    assert "--until-decided" in text


def test_the_order_is_data_numbers_drawing_answer_next() -> None:
    result = compare(pair("classification"))
    lines = screen(result).splitlines()
    places = [
        next(i for i, line in enumerate(lines) if start in line)
        for start in (
            "wine: 8/1/1 rows to train/validate/test; 8 seeds, 40 s each",
            "test accuracy %",
            "baseline ",
            "vib ",
            "difference",
            "●",
            "what would not matter: up to",
            answers(result)[0].main[:40],
            "Its probabilities are",
            "epochs to 99% of its best",
            "12 seeds: about ",
            "vib compare baseline vib --dataset mnist-5k --until-decided",
            "--full",
        )
    ]
    assert places == sorted(places)


def test_the_numbers_are_those_that_were_found() -> None:
    members = pair("classification", *OUTCOMES["apart"])
    text = screen(compare(members))
    a, b = ({s: 100 * run.test.selected["accuracy"] for s, run in m.runs.items()} for m in members)
    for values in (a, b):
        assert f" {np.mean(list(values.values())):.2f} " in text
    assert f"{np.mean(paired(b, a)):+.2f} " in text
    assert "at 99.2%" in text
    for line in verdict(compare(members)):
        assert squeezed(line) in squeezed(text)


def test_a_quantity_without_a_difference_leaves_a_gap() -> None:
    ae, vae = pair("autoencoding", names=("ae", "vae"))
    plain = member(
        "ae",
        {
            key: [run.test.selected[key] for run in ae.runs.values()]
            for key in ("distortion_at_mean_nats", "sample_energy")
        },
        **GAUSSIAN,
    )
    text = screen(compare([plain, vae]))
    line = next(line for line in text.splitlines() if line.startswith("ae "))
    assert line.split()[1::2] == ["-", line.split()[3]]
    assert line.split()[-1] == "-"
    difference = next(line for line in text.splitlines() if line.startswith("difference"))
    assert len(difference.split()) == 3
    assert "in reconstruction" in text


def test_experiments_that_share_no_seed_are_told_and_not_drawn() -> None:
    a, b = pair("classification")
    text = screen(compare([a, later(b, 30)]))
    assert "share no seed, so nothing can be said" in text
    assert "difference" not in text
    assert "●" not in text
    three = screen(compare([a, later(b, 30)._replace(name="far"), b]))
    assert "far, diff." not in three
    assert "vib, diff." in three
    assert three.count("●") == 1


def test_many_experiments_are_told_in_a_line_each() -> None:
    a, b = pair("classification", *OUTCOMES["apart"])
    others = [b._replace(name=f"arm-{i}") for i in range(5)]
    result = compare([a, *others])
    text = screen(result)
    assert text.count("●") == 5
    for found in answers(result):
        assert squeezed(found.main) in squeezed(text)
        for aside in found.asides:
            assert squeezed(aside) not in squeezed(text)


@pytest.mark.parametrize("unit", [1e-7, 1.0, 1e3, 48231.55, 1e7, 1e12])
def test_any_unit_fits(unit: float) -> None:
    result = compare(pair("regression", unit=unit))
    text = screen(result)
    assert "…" not in text
    for row in result.rows:
        mean = row.findings["rmse"].value.mean
        shown = f"{mean:,.0f}" if 9999.5 <= mean < 1e9 else f"{mean:.3e}" if mean > 1e9 else ""
        assert shown in text
    if 1e-4 < unit < 1e9:
        assert "e+" not in text


LONG = [("x" * 50, "y-y " * 20), ("a", NASTY), ("[bold]a", "b[/bold]" * 9)]


@pytest.mark.parametrize("names", LONG)
@pytest.mark.parametrize("task", list(VARIANTS))
def test_names_of_any_length_are_shown_as_they_are(names: Sequence[str], task: str) -> None:
    text = screen(compare(pair(task, names=names)))
    for name in names:
        assert squeezed(name) in squeezed(text)


def test_the_heading_counts_seeds_that_count() -> None:
    for seeds, shown in ((1, "1 seed,"), (2, "2 seeds,"), (8, "8 seeds,")):
        assert shown in heading(compare(pair("classification", seeds=seeds))).plain
    after = compare(pair("classification", seeds=11), Asked(taken=(Look(8, 0.0079),)))
    assert "; 8 seeds," in heading(after).plain
    a, b = pair("classification")
    assert "; 8 seeds," in heading(compare([a, later(b, 30)])).plain


def test_nothing_may_follow() -> None:
    result = compare([classes("a", [0.5] * 8), classes("b", [0.6] * 8)])
    bare = printed(first_screen(result, []))
    assert bare.splitlines() == printed(first_screen(result, [Text("more")])).splitlines()[:-1]
