"""Pages as files: what `vib report` and `vib compare` write with ``--html``."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from vibcli.cli.output import note
from vibcli.errors import VibError, unknown
from vibcli.files import write_text

if TYPE_CHECKING:
    from vibcli.reporting.page.blocks import Page

ENDINGS = (".html", ".htm")


def check_page(path: Path) -> None:
    """Refuse a place where no page can be, before anything is computed.

    Raises:
        VibError: its name does not end as pages do, or it is no file that could be written.
    """
    if path.suffix.lower() not in ENDINGS:
        raise VibError(unknown("format of a page", path.suffix or str(path), ENDINGS))
    if path.is_dir():
        raise VibError(f"{path} is a folder. Name a file in it: --html {path / 'page.html'}")
    there = next(folder for folder in path.absolute().parents if folder.exists())
    if not there.is_dir():
        raise VibError(f"{there} is a file, so {path} cannot be in it.")
    if not os.access(there, os.W_OK):
        raise VibError(f"{there} cannot be written to. Name another place for --html.")


def write_page(path: Path, page: "Page") -> None:
    """Write a page, in place of the one that was there."""
    from vibcli.reporting.page.render import render

    text = render(page)
    write_text(path, text)
    note(f"Page: {path} ({len(text.encode()) / 1000:.0f} kB)")
