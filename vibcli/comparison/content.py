"""A comparison as plain values, and as a line for each run."""

from collections.abc import Sequence
from typing import Any

from vibcli.comparison.compare import Comparison
from vibcli.comparison.convergence import best_value
from vibcli.comparison.measured import measure_run
from vibcli.comparison.member import Member
from vibcli.comparison.undecided import still_needed
from vibcli.comparison.verdict import paragraphs, verdict
from vibcli.files import plain
from vibcli.tasks.find import task_of


def content(result: Comparison, members: Sequence[Member]) -> dict[str, Any]:
    """What was found, what it comes to in words, and the runs that it rests on."""
    found = plain(result)
    for row in found["rows"]:
        row |= row.pop("test_rows")
    runs = [run for member in members for run in member.runs.values()]
    made = {"runs": [run.id for run in runs], "created": [run.created for run in runs]}
    said = {
        "seeds_needed": still_needed(result),
        "verdict": verdict(result),
        "paragraphs": paragraphs(result),
    }
    return {**found, **said, **made}


def lines(result: Comparison, members: Sequence[Member]) -> list[dict[str, Any]]:
    """A line for each run: its test metrics, and how it learnt."""
    return [
        {"name": member.name, "seed": seed, **_line(result, member, seed)}
        for member in members
        for seed in member.runs
    ]


def _line(result: Comparison, member: Member, seed: int) -> dict[str, Any]:
    run = member.runs[seed]
    task = task_of(run.config)
    assert run.test is not None
    assert run.selected is not None
    line: dict[str, Any] = {f"test_{key}": run.test.selected.get(key) for key in task.metrics}
    learnt = measure_run(run, result.horizon)
    for key in ("epochs_to_own_target", "seconds_to_own_target", "area"):
        if key in learnt:
            line[key] = learnt[key]
    if task.convergence is not None:
        line[f"best_validation_{task.convergence.key}"] = best_value(run, task.convergence)
    return line | {
        "best_epoch": run.selected.epoch,
        "train_seconds": run.timings["train_seconds"],
        "run": run.id,
    }
