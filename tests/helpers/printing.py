"""Tables as people see them."""

import re

from rich.console import Console, RenderableType

NASTY = "[red]a[/red] [/x] \\[b"


def printed(table: RenderableType, width: int = 80) -> str:
    console = Console(width=width, highlight=False)
    with console.capture() as capture:
        console.print(table)
    lines = capture.get().splitlines()
    assert max(map(len, lines)) <= width
    return "\n".join(line.rstrip() for line in lines)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def squeezed_lines(text: str) -> str:
    return " ".join(text.split())
