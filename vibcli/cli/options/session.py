"""The options that make a `Session`."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vibcli.cli.options import shared
from vibcli.device import Machine
from vibcli.runs.session import Session

Command = Callable[..., None]

OPTIONS: dict[str, tuple[Any, Any]] = {  # name: annotation, default
    "fresh": (shared.Fresh, False),
    "results": (shared.Results, Path("results")),
    "data_dir": (shared.DataDir, None),
    "no_cache": (shared.NoCache, False),
    "device": (shared.Device, "auto"),
    "threads": (shared.Threads, None),
    "jobs": (shared.Jobs, None),
}
MODEL = ("results", "device", "threads")  # for commands that use a model
DATA = ("results", "data_dir", "no_cache", "device", "threads")  # ... on data
TRAINING = tuple(OPTIONS)


def with_session(*names: str) -> Callable[[Command], Command]:
    """Give a command these options; it gets what they make as ``session``."""

    def decorate(command: Command) -> Command:
        def run(**kwargs: Any) -> None:
            given = {name: kwargs.pop(name) for name in names}
            command(**kwargs, session=_session(**given))

        own = [p for p in inspect.signature(command).parameters.values() if p.name != "session"]
        made = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=OPTIONS[name][1],
                annotation=OPTIONS[name][0],
            )
            for name in names
        ]
        run.__signature__ = inspect.Signature([*own, *made])  # type: ignore[attr-defined]
        run.__doc__, run.__name__ = command.__doc__, command.__name__
        return run

    return decorate


def _session(
    results: Path,
    data_dir: Path | None = None,
    no_cache: bool = False,
    device: str = "auto",
    threads: int | None = None,
    jobs: int | None = None,
    fresh: bool = False,
) -> Session:
    return Session(results, data_dir, not no_cache, Machine(device, threads), jobs, fresh)
