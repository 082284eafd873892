"""Runs that are wanted, and where they belong."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from vibcli.config.record import RunConfig
from vibcli.data.dataset import Description
from vibcli.store.runs import RunDir, run_id


class Place(NamedTuple):
    """Where data and results are; the same for every run of a command."""

    results: Path
    data_dir: Path | None
    use_cache: bool


@dataclass(frozen=True)
class Task:
    """One run: an experiment's name and settings, and a seed."""

    name: str
    config: RunConfig
    seed: int

    def folder(self, results: Path, data: Description) -> RunDir:
        """Where the run is kept, given what its data say."""
        digest = self.config.digest(data.fingerprint)
        return RunDir(results, run_id(data.name, self.name, digest, self.seed))
