"""An experiment as it is compared: its runs by seed."""

from collections.abc import Sequence
from typing import NamedTuple

from vibcli.errors import VibError
from vibcli.store.records import Run


class Member(NamedTuple):
    """One experiment: its name and its complete runs by seed, and how many others diverged."""

    name: str
    runs: dict[int, Run]
    broken: int


def check(members: Sequence[Member]) -> None:
    """Refuse to compare what cannot be compared.

    Raises:
        VibError: an experiment has no complete run, or data differ.
    """
    for member in members:
        if not member.runs:
            broken = f" ({member.broken} diverged or failed)" if member.broken else ""
            raise VibError(f"'{member.name}' has no complete run to compare{broken}.")
    prints = {
        member.name: {run.data.fingerprint for run in member.runs.values()} for member in members
    }
    if len(set().union(*prints.values())) > 1:
        shown = "; ".join(f"{name}: {', '.join(sorted(p))}" for name, p in prints.items())
        raise VibError(f"The runs were made on different data and cannot be compared ({shown}).")
