"""What a user can do after a comparison, as commands with what they cost."""

import os
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from vibcli.cli.retyped import options, places
from vibcli.comparison.compare import Comparison
from vibcli.comparison.shown import margin_words
from vibcli.comparison.undecided import all_decided, still_needed
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
    """The command that decides what is open, what it costs, and what else there is to see."""
    said = []
    if not all_decided(result):
        said += _deciding(result, _command(names, settings, wanted, session), session)
    task: Task = TASKS.load(result.task)
    more = [] if wanted.full else ["All tables: --full."]
    if len(result.plan.looks) < 2 and _lacks_control(task, names):
        more.insert(0, "Does the extra layer alone do it? Name control too.")
    return [*said, Text(" ".join(more), style="dim")] if more else said


def _deciding(result: Comparison, command: str, session: Session) -> list[Text]:
    """How to get more seeds, for how long, and how many a difference of the margin's size takes."""
    needed, plan = still_needed(result), result.plan
    if result.always_valid:
        more = result.there + MORE
        option = f"--always-valid --seeds {more}"
    elif plan.following is not None:
        more, option = plan.following, "--until-decided"
    elif needed is not None:
        more, option = needed, f"--seeds {needed}"
    else:
        return []
    cost = f"{more} seeds: {_cost(result, more, session)} more"
    if needed is not None:
        cost += f"; to find {margin_words(result)} takes about {needed} seeds"
    in_one_piece = Text(f"{command} {option}", "bold", no_wrap=True, overflow="ignore")
    return [Text(f"{cost}."), in_one_piece]


MORE = 4  # seeds at a time, where any number may be looked at


def _cost(result: Comparison, seeds: int, session: Session) -> str:
    """``about 25 s``."""
    jobs = session.jobs or os.cpu_count() or 1
    seconds = max(0, seeds - result.there) * result.seconds / jobs
    return f"about {duration(max(1.0, seconds))}"


def _lacks_control(task: Task, names: Sequence[str]) -> bool:
    """Whether a bottleneck is compared to a network that lacks its layer."""
    known = [task.variants[name].settings for name in names if name in task.variants]
    bottlenecks = {settings.get("bottleneck") for settings in known}
    return "control" in task.variants and bottlenecks == {"none", "gaussian"}


def words_again(
    names: Sequence[str], settings: Mapping[str, Any], wanted: "CompareRequest"
) -> list[str]:
    """The command as it was typed, but for how it is shown and where runs are."""
    words = _words(names, settings, wanted)
    if wanted.seeds is not None:
        words += ["--seeds", str(wanted.seeds)]
    for flag, asked in (
        ("--until-decided", wanted.until_decided),
        ("--always-valid", wanted.always_valid),
        ("--no-train", wanted.no_train),
    ):
        words += [flag] if asked else []
    return words


def _command(
    names: Sequence[str], settings: Mapping[str, Any], wanted: "CompareRequest", session: Session
) -> str:
    """The command as it was typed, without what says how many seeds."""
    return shlex.join([*_words(names, settings, wanted), *places(session)])


def _words(
    names: Sequence[str], settings: Mapping[str, Any], wanted: "CompareRequest"
) -> list[str]:
    words = ["vib", "compare", *names, *options(settings)]
    for flag, asked in (
        ("--task", wanted.task),
        ("--target", wanted.target),
        ("--margin", wanted.margin),
        ("--iw-samples", wanted.iw_samples),
    ):
        words += [] if asked is None else [flag, str(asked)]
    return words
