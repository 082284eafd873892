"""Runs that are wanted, and where they belong."""

from dataclasses import dataclass
from pathlib import Path

from vibcli.config.record import RunConfig
from vibcli.data.dataset import Description
from vibcli.store.rundir import RunDir, run_id


@dataclass(frozen=True)
class WantedRun:
    """One run: an experiment's name and settings, and a seed."""

    name: str
    config: RunConfig
    seed: int

    def folder(self, results: Path, data: Description) -> RunDir:
        """Where the run is kept, given what its data say."""
        digest = self.config.digest(data.fingerprint)
        return RunDir(results, run_id(data.name, self.name, digest, self.seed))
