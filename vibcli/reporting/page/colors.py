"""Colours of drawn pictures as names that a page gives values to, by day and by night."""

import re

from vibcli.reporting.plots.looks import COLORS

INK, SOFT, RULE, PAPER = "var(--ink)", "var(--soft)", "var(--rule)", "var(--paper)"
LIGHTER = 0.3  # of the way to white, for dark paper


def css_colors() -> str:
    """The palette as variables ``--c0``, ``--c1``, ..., once for each kind of paper."""
    dark = [_lighter(color) for color in COLORS]
    return (
        f":root {{ {_declared(COLORS)} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_declared(dark)} }} }}"
    )


def _declared(colors: "tuple[str, ...] | list[str]") -> str:
    return " ".join(f"--c{i}: {color.lower()};" for i, color in enumerate(colors))


def _lighter(color: str) -> str:
    """
    >>> _lighter("#000000"), _lighter("#ffffff")
    ('#4c4c4c', '#ffffff')
    """
    parts = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + LIGHTER * (255 - part)):02x}" for part in parts)


def color_of(place: int) -> str:
    """The colour of the experiment at this place."""
    return COLORS[place % len(COLORS)]


def themed(color: str) -> str:
    """The name that a page has for a colour ``#rrggbb`` of a picture; others stay as they are.

    >>> themed("#000000"), themed("#b0b0b0"), themed("#123456")
    ('var(--ink)', 'var(--rule)', '#123456')
    """
    if color in NAMES:
        return NAMES[color]
    grey = re.fullmatch(r"#([0-9a-f]{2})\1\1", color)
    if grey is None:
        return color
    level = int(grey[1], 16)
    for least, name in LEVELS:
        if level >= least:
            return name
    return INK


LEVELS = ((0xF0, PAPER), (0xA8, RULE), (0x50, SOFT))  # by how light a grey is
NAMES = {color.lower(): f"var(--c{i})" for i, color in enumerate(COLORS)} | {"#000000": INK}
