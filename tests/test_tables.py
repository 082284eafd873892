import re
from collections.abc import Sequence
from typing import Any

import pytest
import recorded
from rich.console import Console, RenderableType

from vibcli import tables
from vibcli.compare import Member, compare
from vibcli.config import VARIANTS
from vibcli.interpolation import Neighbour, Step
from vibcli.statistics import Bootstrap, Estimate, Interval
from vibcli.tables import interval, metrics_table, number, plus_minus
from vibcli.verdict import verdict

NASTY = "[red]a[/red] [/x] \\[b"


def printed(table: RenderableType, width: int = 80) -> str:
    console = Console(width=width, highlight=False)
    with console.capture() as capture:
        console.print(table)
    lines = capture.get().splitlines()
    assert max(map(len, lines)) <= width
    return "\n".join(line.rstrip() for line in lines)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


METRICS: dict[str, float | None] = {
    "accuracy": 0.98765,
    "nll_nats": 0.123456,
    "ece": 0.01,
    "brier": 0.02,
    "macro_f1": 0.9,
    "auroc": None,
    "distortion_nats": 0.2,
    "rate_nats": 12.3456,
    "rate_bits": 17.811,
    "izy_lower_bound_nats": -0.5,
}


def test_metrics_have_a_line_and_a_unit_each() -> None:
    lines = printed(metrics_table({"test": METRICS})).splitlines()
    assert [line.split("  ")[0] for line in lines[2:]] == [
        *("accuracy", "NLL", "ECE (15 bins)", "Brier score", "macro F1"),
        *("distortion", "rate", "rate", "I(Z;Y) at least"),
    ]
    text = "\n".join(lines)
    for shown in ("98.77%", "0.1235 nats", "12.346 nats", "17.811 bits", "-0.5000 nats"):
        assert shown in text


def test_what_is_known_for_one_column_alone_is_a_dash_in_the_other() -> None:
    text = printed(metrics_table({"a": METRICS | {"auroc": 0.75}, "b": METRICS}))
    assert re.search(r"AUROC +0\.7500 +-$", text, re.MULTILINE)


def test_a_column_is_called_what_it_is_called() -> None:
    assert NASTY in printed(metrics_table({NASTY: METRICS}))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (Estimate(0.5, None, None, 1), "50.0"),
        (Estimate(0.5, 0.25, 0.75, 2), "50.0 ± 25.0"),
    ],
)
def test_plus_minus(value: Estimate | None, expected: str) -> None:
    assert plus_minus(value, 100, 1) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (Estimate(-0.5, None, None, 1), "-50.0"),
        (Estimate(0.5, -0.25, 1.25, 2), "+50.0 [-25.0, +125.0]"),
        (Estimate(0.0, 0.0, 0.0, 2), "+0.0 [+0.0, +0.0]"),
    ],
)
def test_interval(value: Estimate | None, expected: str) -> None:
    assert interval(value, 100, 1) == expected


def test_number() -> None:
    assert number(0.5, "{:.2%}") == "50.00%"
    assert number(None, "{:.2%}") == "-"
    assert number(0.0, "{:.1f}") == "0.0"


def member(name: str, tests: Sequence[float], broken: int = 0, **settings: Any) -> Member:
    runs = {
        seed: recorded.run(name, seed, (0.1, 0.9), {"accuracy": test, "rate_nats": 7.5}, **settings)
        for seed, test in enumerate(tests)
    }
    return Member(name, runs, broken)


def test_a_comparison_shows_every_estimate() -> None:
    result = compare(
        [member("baseline", (0.8, 0.82, 0.85)), member("vib", (0.81, 0.8, 0.84), broken=2, lam=0.5)]
    )
    text = printed(tables.comparison(result))
    first, second = result.rows
    for row in (first, second):
        assert plus_minus(row.findings["accuracy"].value, 100, 2) in text
        assert f"{100 * row.findings['accuracy'].value.sd:.2f}" in text
        assert f"{row.findings['nll_nats'].value.mean:.3f}" in text
        assert plus_minus(row.findings["epochs_to_target"].value, 1, 1) in text
        assert plus_minus(row.findings["seconds_to_target"].value, 1, 1) in text
        assert plus_minus(row.findings["best_epoch"].value, 1, 1) in text
        assert plus_minus(row.findings["area"].value, 100, 2) in text
        assert f"{row.reached} of 3" in text
    assert interval(second.findings["accuracy"].difference, 100, 2) in text
    assert interval(second.findings["nll_nats"].difference, 1, 3) in text
    assert interval(second.findings["epochs_to_target"].difference, 1, 1) in text
    assert interval(second.findings["best_epoch"].difference, 1, 1) in text
    assert interval(second.findings["area"].difference, 100, 2) in text
    assert f"{second.findings['accuracy'].p_holm:.2g}" in text
    assert "--json has them" in text
    assert "3 (2 lost)" in text
    assert "7.5" in text
    assert "Note: no test split" in text
    for line in verdict(result):
        assert squeezed(line) in squeezed(text)


def test_where_predictions_are_kept_the_sources_of_chance_are_named() -> None:
    result = compare([member("baseline", (0.8, 0.9)), member("vib", (0.9, 0.8))])
    assert "other test rows" not in printed(tables.comparison(result))
    chance = Bootstrap(0.01, Interval(-0.011, 0.012), None, Interval(-0.021, 0.022))
    first, second = result.rows
    result = result._replace(rows=(first, second._replace(chance=chance)))
    line = next(x for x in printed(tables.comparison(result)).splitlines() if "1.10" in x)
    assert line.split("  ")[0] == "vib"
    assert re.search(r"\[-1\.10, \+1\.20\] +\[-2\.10, \+2\.20\] +50%", line)


def test_differing_settings_are_shown_and_constant_ones_are_listed_once() -> None:
    result = compare(
        [
            member("a", (0.8,), lam=0.125),
            member("b", (0.8,), lam=0.25, bottleneck="deterministic", batch_size=17),
        ]
    )
    head, _, tail = printed(tables.comparison(result)).partition("Same for all:")
    assert re.search(r"^a +batch-size 32, bottleneck gaussian, lambda 0\.125", head, re.MULTILINE)
    assert re.search(r"^b +batch-size 17, bottleneck deterministic$", head, re.MULTILINE)
    assert "lambda" not in tail
    assert "lr 0.001" in squeezed_lines(tail)
    assert "lr 0.001" not in head


def squeezed_lines(text: str) -> str:
    return " ".join(text.split())


def test_without_a_difference_there_is_no_table_of_differences() -> None:
    result = compare([member("a", (0.8,)), member("b", (0.8,))])
    assert "settings that differ" not in printed(tables.comparison(result))


def test_eight_experiments_with_long_names_fit_and_lose_nothing() -> None:
    names = [*VARIANTS, *(letter * 50 + "-experiment" for letter in "xyz")]
    result = compare(
        [
            member(name, (0.1 * i, 0.11 * i, 0.5), lam=0.1 + i, batch_size=100 + i, broken=i)
            for i, name in enumerate(names)
        ]
    )
    text = printed(tables.comparison(result))
    assert "…" not in text
    for row in result.rows:
        for shown in (
            *plus_minus(row.findings["accuracy"].value, 100, 2).split(),
            *plus_minus(row.findings["area"].value, 100, 2).split(),
            *interval(row.findings["accuracy"].difference, 100, 2).split(),
        ):
            assert shown in text
    together = squeezed(text)
    for i, name in enumerate(names):
        assert f"batch-size {100 + i}" in text
        assert f"lambda{0.1 + i:g}" in together
        if i:
            assert squeezed(verdict(result)[i - 1]) in together
            assert name in together


def step(position: float, label: str = "yes", row: int = 7, classes: int = 2) -> Step:
    p = [0.25, 0.75] + [0.0] * (classes - 2)
    return Step(position, 12.345, -98.765, tuple(p), 0.5623, Neighbour("train", row, label, 1.0))


def test_a_walk_has_a_line_a_step_with_the_two_likeliest_classes() -> None:
    text = printed(tables.walk([step(0.0, classes=3), step(1.0, classes=3)], [None] * 2, "abc"))
    lines = text.splitlines()[2:]
    assert len(lines) == 2
    assert re.fullmatch(r" +0\.000 +12\.35 +-98\.8 +0\.562 +b: 0\.75, a: 0\.25 +yes #7", lines[0])


def test_a_walk_through_texts_shows_how_each_begins_once() -> None:
    texts = [f"first {NASTY}\nline " + "word " * 100, "second"]
    path = [step(0.0, NASTY, 1), step(0.5, NASTY, 1), step(1.0, "no", 2)]
    text = printed(tables.walk(path, [texts[0], *texts], [NASTY, "no"]))
    for shown in ("0.000", "0.500", "1.000", "12.35", "-98.8", "0.562", "0.75", "0.25"):
        assert shown in text
    assert squeezed_lines(text).count(f"first {NASTY} line word") == 1
    assert "…" in text
    assert "no #2: second" in text


def test_a_walk_with_long_names_loses_no_number() -> None:
    classes = ["a" * 60, "b" * 60]
    text = printed(tables.walk([step(0.125, "a" * 60)], ["text " * 99], classes))
    for shown in ("0.125", "12.35", "-98.8", "0.562"):
        assert shown in text
    assert "0.75" in squeezed(text)
