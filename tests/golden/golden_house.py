"""What the golden tests need of the package itself: all that changes when modules move."""

import json
from pathlib import Path
from typing import Any

from old_defaults import old_defaults


def app() -> Any:
    """The `vib` command, for typer's CliRunner."""
    from vibcli.cli.app import app

    return app


def commands() -> dict[str, Any]:
    """Each command with its options, as click sees them; `vib` itself is called ``vib``."""
    import typer.main

    group: Any = typer.main.get_command(app())
    loaded = {name: getattr(each, "loaded", each) for name, each in group.commands.items()}
    return {"vib": group, **loaded}


def hashes(variant: str, kind: Any, overrides: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Digest on data with the fingerprint f00d, and settings; None where they are refused."""
    from vibcli.errors import VibError
    from vibcli.tasks.resolve import resolve

    try:
        config = resolve(variant, kind, {**old_defaults(variant, kind), **overrides})
    except VibError:
        return None
    return config.digest("f00d"), config.settings


def reread(results: Path, id: str) -> tuple[dict[str, Any], bool, set[str]]:
    """A record as it is read, whether it survives being written, and the digests it gives."""
    from vibcli.store.records import Run
    from vibcli.store.rundir import RunDir
    from vibcli.tasks.resolve import resolve

    run = RunDir(results, id).read()
    written = run.model_dump_json()
    same = Run.model_validate_json(written) == run
    settings = run.config.model_dump(exclude={"variant", "kind"})
    resolved = resolve(run.config.variant, run.config.kind, settings)
    digests = {config.digest(run.data.fingerprint) for config in (run.config, resolved)}
    return json.loads(written), same, digests
