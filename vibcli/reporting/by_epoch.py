"""What runs measured epoch by epoch, as numbers that can be drawn."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vibcli.comparison.member import Member
from vibcli.store.records import Metrics, Run

Floats = NDArray[np.float64]


def by_epoch(runs: Sequence[Run], part: str, key: str) -> Floats:
    """A metric of ``train`` or ``validation``, ``[S, E]``; nan where a run has none or was over."""
    parts: list[list[Metrics]] = [[getattr(epoch, part) for epoch in run.epochs] for run in runs]
    values = np.full((len(runs), max(map(len, parts))), np.nan)
    for line, metrics in zip(values, parts, strict=True):
        line[: len(metrics)] = [metric.get(key) for metric in metrics]
    return values


def stopping(members: Sequence[Member]) -> list[str]:
    """What is said where an experiment's runs do not all last as long as each other."""
    lengths = [{len(run.epochs) for run in member.runs.values()} for member in members]
    some = any(len(found) > 1 for found in lengths)
    return ["after the first run has stopped: the mean of those that go on"] if some else []


def watched_split(members: Sequence[Member]) -> str:
    """The split that the runs looked at after each epoch."""
    splits = {run.config.watch or "validation" for m in members for run in m.runs.values()}
    return " or ".join(sorted(splits))
