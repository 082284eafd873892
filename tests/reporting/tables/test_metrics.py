import re

import pytest
from printing import NASTY, printed

from vibcli.registry import TASKS
from vibcli.reporting.tables.metrics import metrics_table
from vibcli.tasks.classification.task import TASK

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
    lines = printed(metrics_table(TASK, {"test": METRICS})).splitlines()
    assert [line.split("  ")[0] for line in lines[2:]] == [
        *("accuracy", "NLL", "ECE (15 bins)", "Brier score", "macro F1"),
        *("distortion", "rate", "rate", "I(Z;Y) at least"),
    ]
    text = "\n".join(lines)
    for shown in ("98.77%", "0.1235 nats", "12.346 nats", "17.811 bits", "0.0000 nats"):
        assert shown in text


def test_a_bound_below_what_can_be_says_nothing() -> None:
    """I(Z;Y) is never negative, so an estimated bound of -0.5 says that it is at least 0."""
    text = printed(
        metrics_table(TASK, {"a": METRICS, "b": METRICS | {"izy_lower_bound_nats": 0.3}})
    )
    assert re.search(r"I\(Z;Y\) at least +0\.0000 nats +0\.3000 nats$", text, re.MULTILINE)


def test_what_is_known_for_one_column_alone_is_a_dash_in_the_other() -> None:
    text = printed(metrics_table(TASK, {"a": METRICS | {"auroc": 0.75}, "b": METRICS}))
    assert re.search(r"AUROC +0\.7500 +-$", text, re.MULTILINE)


def test_a_column_is_called_what_it_is_called() -> None:
    assert NASTY in printed(metrics_table(TASK, {NASTY: METRICS}))


def test_errors_of_a_regression_are_readable_in_any_unit() -> None:
    found = {"rmse": 48231.55, "mae": 0.00123456, "r2": -0.25, "coverage_90": 0.875}
    lines = printed(metrics_table(TASKS.load("regression"), {"test": found})).splitlines()[2:]
    assert [line.split()[-1] for line in lines] == ["48,232", "0.001235", "-0.2500", "87.5%"]


@pytest.mark.parametrize("task", list(TASKS))
def test_every_metric_of_a_task_has_a_line(task: str) -> None:
    metrics = TASKS.load(task).metrics
    text = printed(metrics_table(TASKS.load(task), {"test": dict.fromkeys(metrics, 0.5)}))
    assert len(text.splitlines()) == 2 + len(metrics)
