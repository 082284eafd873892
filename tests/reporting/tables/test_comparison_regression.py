from collections.abc import Sequence

import numpy as np
import pytest
from compared import member
from printing import NASTY, printed, squeezed, squeezed_lines

from vibcli.comparison.compare import Asked, Comparison, compare
from vibcli.comparison.member import Member
from vibcli.registry import TASKS
from vibcli.reporting.tables.cells import interval, plus_minus
from vibcli.reporting.tables.comparison import CELLS, _has_something_to_say, full_tables
from vibcli.reporting.tables.screen import first_screen
from vibcli.tasks.task import Task

FIXED = Asked(fixed=True)
METRICS = {"rmse": 1.0, "mae": 0.7, "crps": 0.5}  # in the unit of the label
OTHERS = {"nll_nats": 12.3, "r2": 0.81, "coverage_90": 0.875, "rate_nats": 21.5}


def numbers(name: str, unit: float, seed: int = 0, broken: int = 0) -> Member:
    """A regression of three seeds whose errors are of about this size."""
    rng = np.random.default_rng(seed)
    around = {key: unit * share * rng.normal(1, 0.05, 3) for key, share in METRICS.items()}
    around |= {key: value + rng.normal(0, 0.01, 3) for key, value in OTHERS.items()}
    curves = unit * np.array([2, 1.2, 1.0, 1.1]) * rng.normal(1, 0.05, (3, 4))
    return member(name, around, "regression", curves.tolist(), broken)


def every_number(result: Comparison) -> list[str]:
    """What the cells of the tables hold, word by word."""
    task: Task = TASKS.load(result.task)
    return [
        word
        for table in task.tables
        if _has_something_to_say(table, result.rows)
        for row in (result.rows[1:] if table.others else result.rows)
        for column in table.columns
        for word in CELLS[column.what](row, column).split()
    ]


def test_every_estimate_is_shown() -> None:
    result = compare([numbers("baseline", 55.0), numbers("vib", 54.0, 1, broken=2)], FIXED)
    text = printed(full_tables(result))
    for row in result.rows:
        for key in ("rmse", "area"):
            assert plus_minus(row.findings[key].value, 1, None) in text
        for key in METRICS:
            assert plus_minus(row.findings[key].value, 1, None).split()[0] in text
        assert f"{row.findings['r2'].value.mean:.3f}" in text
        assert f"{row.findings['nll_nats'].value.mean:.3f}" in text
        assert f"{100 * row.findings['coverage_90'].value.mean:.1f}" in text
        assert f"{row.findings['rate_nats'].value.mean:.2f}" in text
    second = result.rows[1].findings
    for key, digits in (
        *(("rmse", None), ("mae", None), ("area", None), ("nll_nats", 3)),
        *(("epochs_to_own_target", 1), ("epochs_to_common_target", 1)),
    ):
        assert set(interval(second[key].difference, 1, digits).split()) <= set(text.split())
    assert result.rows[1].common is not None
    assert f"{result.rows[1].common.reached} of 3" in text
    assert "3 of 5" in text
    assert "bootstrap" not in text.lower()


def test_what_counts_is_explained() -> None:
    result = compare([numbers("baseline", 48231.55), numbers("vib", 47000.0, 1)])
    text = squeezed_lines(printed(full_tables(result)))
    assert f"of the {result.tests} secondary quantities (MAE, NLL, CRPS, epochs, area)" in text
    assert "a run that is never there counts as one more than the 4 looked at" in text


def test_four_digits_are_significant_in_any_unit() -> None:
    first, second = (
        member(
            name, {"rmse": [48231.55 * a, 48731.55 * a, 48481.55 * a]}, "regression", [(1.0,)] * 3
        )
        for name, a in (("a", 1.0), ("b", 1.5))
    )
    text = printed(full_tables(compare([first, second], FIXED)))
    half = 4.302652729 * 250 / 3**0.5
    assert f"48,482 ± {half:.0f}" in text
    assert f"72,722 ± {1.5 * half:.0f}" in text
    assert f"+24,241 [{24240.775 - half / 2:+,.0f}, {24240.775 + half / 2:+,.0f}]" in text
    assert " 250.0 " in text  # the deviation of a


@pytest.mark.parametrize("unit", [1e-7, 1e-3, 0.1, 48231.55, 1e7, 1e12])
@pytest.mark.parametrize("names", [("a", "b"), ("x" * 50, "y-y " * 20, NASTY)])
def test_no_number_is_folded_or_cut(unit: float, names: Sequence[str]) -> None:
    members = [numbers(name, unit * (1 + i), i, broken=i) for i, name in enumerate(names)]
    result = compare(members, FIXED)
    text = printed(full_tables(result))
    words = set(text.split())
    assert not [word for word in every_number(result) if word not in words]
    assert "…" not in text
    if len(names) > 2:
        text = printed(first_screen(result, []))  # its sentences hold whole names
    for name in names:
        assert squeezed(name) in squeezed(text)


LARGE = 123456.789
SHARES = ("accuracy", "brier", "ece", "ece_adaptive")


@pytest.mark.parametrize("task", list(TASKS))
def test_the_tables_of_every_task_keep_to_80_columns(task: str) -> None:
    declared: Task = TASKS.load(task)
    rng = np.random.default_rng(0)
    members = []
    for i, name in enumerate(("a" * 80, "b-" * 30, NASTY)):
        tested = {
            key: rng.uniform(0, 1, 3) if key in SHARES else LARGE * rng.normal(1, 0.5, 3)
            for key in declared.quantities
        }
        of = declared.convergence
        curve = (0.1, 0.2) if of is not None and of.most == 1 else (LARGE, 9 * LARGE)
        members.append(member(name, tested, task, [curve] * 3, broken=99 * i))
    result = compare(members, FIXED)
    text = printed(full_tables(result))  # which checks it
    words = set(text.split())
    assert not [word for word in every_number(result) if word not in words]
    assert "…" not in text
