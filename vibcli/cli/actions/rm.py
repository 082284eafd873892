"""What `vib rm` does."""

import sys
from collections.abc import Sequence

from rich.text import Text

from vibcli.cli.output import note, notes
from vibcli.errors import RunError, VibError
from vibcli.reporting.tables.cells import bytes_in_words
from vibcli.reporting.tables.lines import Column, lines_table
from vibcli.runs.session import Session
from vibcli.store.comparisons import resting_on
from vibcli.store.listing import find_runs
from vibcli.store.removal import check_removable, remove, sweep
from vibcli.store.rundir import RunDir

SHOWN = 20


def rm(session: Session, references: Sequence[str], yes: bool) -> None:
    """Remove runs, once that was agreed to."""
    results = session.results
    found = [folder for one in references for folder in find_runs(results, one)]
    folders = list({folder.path.resolve(): folder for folder in found}.values())
    for folder in folders:
        check_removable(results, folder)
    sizes = [sum(folder.files().values()) for folder in folders]
    count = f"{len(folders)} run{'s' if len(folders) > 1 else ''}"
    total = f"{count}, {bytes_in_words(sum(sizes))}"
    _tell(session, folders, sizes)
    if not yes:
        if not sys.stdin.isatty():
            raise VibError(f"Nobody can be asked here. Add --yes to remove {total}.")
        if not _agreed(f"Remove {total}? [y/N] "):
            note("Nothing was removed.")
            return
    sweep(results)
    for done, folder in enumerate(folders):
        try:
            remove(results, folder)
        except RunError as error:
            already = f" {done} of {len(folders)} were removed before." if done else ""
            raise RunError(f"{error}{already}") from None
    note(f"Removed {total}.")


def _tell(session: Session, folders: Sequence[RunDir], sizes: Sequence[int]) -> None:
    """Say what goes, and what will have lost its ground."""
    few = folders[:SHOWN]
    columns = [
        Column("run", [folder.id for folder in few]),
        Column("status", [_status(folder) for folder in few]),
        Column("size", [bytes_in_words(size) for size in sizes[:SHOWN]], number=True),
    ]
    notes.print(lines_table(columns, notes.width, notes.encoding))
    if len(folders) > SHOWN:
        note(f"and {len(folders) - SHOWN} more")
    for path in resting_on(session.results, {folder.id for folder in folders}):
        note(f"A comparison rests on them and stays: {path}")


def _status(folder: RunDir) -> str:
    try:
        return folder.status()
    except RunError:
        return "damaged"


def _agreed(question: str) -> bool:
    try:
        return notes.input(Text(question)).strip().lower() in ("y", "yes")
    except EOFError:
        return False
