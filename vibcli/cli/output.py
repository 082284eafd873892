"""Results go to stdout, everything else to stderr."""

import os
from typing import Any

from rich.console import Console
from rich.text import Text

from vibcli.files import as_json

if os.environ.get("NO_COLOR"):
    os.environ["TERM"] = "dumb"  # Rich would leave out the colours alone

results = Console(highlight=False, soft_wrap=False)
notes = Console(stderr=True, highlight=False)


def complain(message: str) -> None:
    """Show an error."""
    notes.print(Text.assemble(("Error: ", "bold red"), message), soft_wrap=True)


def warn(message: str) -> None:
    """Show what is not as it was meant to be."""
    notes.print(Text.assemble(("Warning: ", "bold yellow"), message), soft_wrap=True)


def note(message: str) -> None:
    """Tell something that is not a result."""
    notes.print(Text(message, style="dim"), soft_wrap=True)  # a path stays in one piece


def headline(message: str) -> None:
    """What a result is about, where that may be a path: it stays in one piece, to be copied."""
    results.print(Text(message, style="bold"), soft_wrap=True)


def print_json(content: Any) -> None:
    """Print ``content`` as JSON; infinite and undefined numbers become null."""
    print(as_json(content), end="")
