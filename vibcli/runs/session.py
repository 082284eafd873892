"""What all runs of a command have in common: where data and results are, and what computes."""

from dataclasses import dataclass, field
from pathlib import Path

from vibcli.device import Machine


@dataclass(frozen=True)
class Session:
    """Places and means; nothing here changes what is computed.

    Attributes:
        results: the folder of all runs.
        data_dir: a folder per data set, looked at before the network.
        use_cache: whether decoded data are kept.
        machine: device and threads.
        jobs: runs at once; None as many as suit the machine.
        fresh: train again what was trained before.
    """

    results: Path = Path("results")
    data_dir: Path | None = None
    use_cache: bool = True
    machine: Machine = field(default_factory=Machine)
    jobs: int | None = None
    fresh: bool = False
