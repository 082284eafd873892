"""What a user can do after a comparison, as commands with what they cost."""

import os
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from vibcli.comparison.compare import Comparison
from vibcli.comparison.verdict import all_decided, margin_words, still_needed
from vibcli.config.record import flag_of
from vibcli.registry import TASKS
from vibcli.reporting.tables.cells import duration
from vibcli.runs.session import Session
from vibcli.tasks.task import Task

if TYPE_CHECKING:
    from vibcli.cli.actions.compare import CompareRequest


def following(
    result: Comparison,
    names: Sequence[str],
    settings: Mapping[str, Any],
    wanted: "CompareRequest",
    session: Session,
) -> list[Text]:
    """Commands that decide what is open, that compare to a control, and that show more."""
    said = []
    if not all_decided(result):
        said += _deciding(result, _command(names, settings, wanted, session), session)
    task: Task = TASKS.load(result.task)
    if len(result.plan.looks) == 1 and _lacks_control(task, names):
        with_control = _command([names[0], "control", *names[1:]], settings, wanted, session)
        said.append(_line("Does the extra layer alone do it?", with_control))
    if not wanted.full:
        said.append(Text("All tables: the same with --full. Every number: --json.", style="dim"))
    return said


def _deciding(result: Comparison, command: str, session: Session) -> list[Text]:
    """How to get more seeds, for how long, and how many a difference of the margin's size takes."""
    said = []
    needed = still_needed(result)
    if needed is not None:
        said.append(
            Text(
                f"About {needed} seeds would find a difference as large as the margin "
                f"({margin_words(result)}) 8 times in 10."
            )
        )
    plan, there = result.plan, result.there
    if result.always_valid:
        more = there + MORE
        said.append(_line(_cost(result, more, session), f"{command} --always-valid --seeds {more}"))
    elif plan.following is not None:
        said.append(_line(_cost(result, plan.following, session), f"{command} --until-decided"))
    elif needed is not None:
        said.append(_line(_cost(result, needed, session), f"{command} --seeds {needed}"))
    return said


MORE = 4  # seeds at a time, where any number may be looked at


def _cost(result: Comparison, seeds: int, session: Session) -> str:
    """``12 seeds: about 25 s more``."""
    jobs = session.jobs or os.cpu_count() or 1
    seconds = (seeds - result.there) * result.seconds / jobs
    return f"{seeds} seeds, about {duration(max(1.0, seconds))} more:"


def _line(words: str, command: str) -> Text:
    return Text(f"{words} ").append(command, style="bold")


def _lacks_control(task: Task, names: Sequence[str]) -> bool:
    """Whether a bottleneck is compared to a network that lacks its layer."""
    known = [task.variants[name].settings for name in names if name in task.variants]
    bottlenecks = {settings.get("bottleneck") for settings in known}
    return "control" in task.variants and bottlenecks == {"none", "gaussian"}


def _command(
    names: Sequence[str], settings: Mapping[str, Any], wanted: "CompareRequest", session: Session
) -> str:
    """The command as it was typed, without what says how many seeds."""
    parts = ["vib", "compare", *names]
    for name, value in settings.items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            parts += [flag_of(name), str(one)]
    for flag, asked in (
        ("--task", wanted.task),
        ("--target", wanted.target),
        ("--margin", wanted.margin),
        ("--iw-samples", wanted.iw_samples),
        ("--results", None if session.results == Session().results else session.results),
    ):
        if asked is not None:
            parts += [flag, str(asked)]
    return shlex.join(parts)
