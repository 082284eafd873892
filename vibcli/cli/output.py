"""Results go to stdout, everything else to stderr."""

import json
import os
from typing import Any

from rich.console import Console
from rich.text import Text

if os.environ.get("NO_COLOR"):
    os.environ["TERM"] = "dumb"  # Rich would leave out the colours alone

results = Console(highlight=False, soft_wrap=False)
notes = Console(stderr=True, highlight=False)


def complain(message: str) -> None:
    """Show an error."""
    notes.print(Text.assemble(("Error: ", "bold red"), message), soft_wrap=True)


def note(message: str) -> None:
    """Tell something that is not a result."""
    notes.print(Text(message, style="dim"), soft_wrap=True)  # a path stays in one piece


def print_json(content: Any) -> None:
    """Print ``content`` as JSON; infinite and undefined numbers become null."""
    print(json.dumps(finite(content), indent=1, ensure_ascii=False))


def finite(value: Any) -> Any:
    """``value`` with None for each infinite or undefined number in it, as JSON wants it."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
