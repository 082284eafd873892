"""Commands as they are typed, for what is said of runs."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vibcli.config.data import DataSpec, Facts
from vibcli.config.record import flag_of
from vibcli.data.catalog import CATALOG
from vibcli.runs.session import Session
from vibcli.store.records import Run
from vibcli.tasks.changed import changed
from vibcli.tasks.find import task_of, tasks

OFF = {"test_split": "fixed"}  # what switches a setting off, where that is not 0
CLASSES = 20  # so many are never taken for numbers; see `vibcli.data.columns`


def places(session: Session) -> list[str]:
    """The options for where results and data are, where that is not the usual place."""
    words = []
    if session.results != Path("results"):
        words += ["--results", str(session.results)]
    if session.data_dir is not None:
        words += ["--data-dir", str(session.data_dir)]
    return words


def options(settings: Mapping[str, Any]) -> list[str]:
    """An option for each setting; what is None is switched off."""
    words = []
    for name, value in settings.items():
        for item in value if name == "inputs" else [value]:
            words += [flag_of(name), OFF.get(name, "0") if item is None else _typed(item)]
    return words


def training(run: Run, session: Session) -> str:
    """The command that trains a run, so that its id and its digits are the same."""
    task, config = task_of(run.config), run.config
    words = ["vib", "train"]
    if run.name in task.variants:
        words += ["--variant", run.name]
    else:
        words += ["--variant", config.variant, "--name", run.name]
    entry = CATALOG.get(config.dataset)
    named = entry is not None and entry.kind == config.kind
    spec = {name: getattr(config, name) for name in DataSpec.model_fields}
    if named:
        del spec["kind"]
    words += options({k: v for k, v in spec.items() if v is not None})
    shared = sum(config.variant in other.variants for other in tasks()) > 1
    if shared and not named and _may_be_read_otherwise(run):
        words += ["--task", task.name]
    words += [*options(changed(config, facts_of(run))), "--seed", str(run.seed)]
    return shlex.join([*words, "--threads", str(run.environment["threads"]), *places(session)])


def facts_of(run: Run) -> Facts:
    """What defaults depend on, from a record."""
    return Facts.of(run.config.dataset, run.data.notes)


def about(command: str, run: Run, session: Session, *more: str) -> str:
    """A command on a run that is there."""
    return shlex.join(["vib", command, run.id, *more, *places(session)])


def _typed(value: Any) -> str:
    """A value as its option reads it, with every digit."""
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _may_be_read_otherwise(run: Run) -> bool:
    """Whether the values of the label could be taken for numbers, or for classes."""
    classes = run.data.classes
    return not classes or len(classes) > CLASSES or any("." in name for name in classes)
