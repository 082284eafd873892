"""What a page is made of: plain values, each of which has a template of its own name."""

from typing import NamedTuple

from markupsafe import Markup


class Fact(NamedTuple):
    """A number that stands out: what it is, its value with its unit, and what goes with it."""

    title: str
    value: str
    note: str = ""


class Facts(NamedTuple):
    """Numbers side by side, the most important one first."""

    facts: tuple[Fact, ...]


class Text(NamedTuple):
    """A paragraph; a ``quiet`` one says how to read what is above it."""

    text: str
    quiet: bool = False


class Prose(NamedTuple):
    """Text that is HTML already, made here of Markdown."""

    html: Markup


class Table(NamedTuple):
    """A table whose first column names its rows.

    ``numbers`` are the places of the columns that are aligned to the right. The caption of a
    ``plain`` one is heard but not seen: its titles say enough.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    plain: bool = False


class Pairs(NamedTuple):
    """Names and what they stand for, a line each; many ``short`` ones stand side by side."""

    pairs: tuple[tuple[str, str], ...]
    short: bool = False


class Command(NamedTuple):
    """What is to be typed."""

    text: str


class Figure(NamedTuple):
    """A picture: what is drawn, what it shows in words, and its caption.

    A ``wide`` one needs the whole width, and is scrolled where there is less.
    """

    drawn: Markup
    caption: str
    wide: bool = False


class Legend(NamedTuple):
    """What the lines of the figures below stand for: a name, its colour and its dashes in CSS."""

    names: tuple[tuple[str, str, str], ...]


class Figures(NamedTuple):
    """Small pictures side by side as far as there is room."""

    figures: tuple[Figure, ...]
    legend: Legend | None = None


class Span(NamedTuple):
    """One row of a `Forest`: places are in percent of its width, texts are to be read.

    ``low`` and ``high`` are None where one seed gives no interval; ``dots`` are the seeds.
    """

    name: str
    mean: float
    low: float | None
    high: float | None
    dots: tuple[tuple[float, str], ...]
    cells: tuple[str, ...]
    color: str


class Forest(NamedTuple):
    """Differences with their intervals on one scale, a row each.

    ``band`` is where differences are too small to matter, ``ticks`` are places and texts, and
    ``ends`` say what lies to the left and to the right of no difference, which is at ``zero``;
    ``note`` is on how to read it.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[Span, ...]
    zero: float
    band: tuple[float, float] | None
    ticks: tuple[tuple[float, str], ...]
    ends: tuple[str, str]
    note: str = ""


class Beside(NamedTuple):
    """What may stand side by side as far as there is room."""

    blocks: "tuple[Block, ...]"


class Folded(NamedTuple):
    """What is shown when it is asked for."""

    summary: str
    blocks: "tuple[Block, ...]"


Block = Facts | Text | Prose | Table | Pairs | Command | Figure | Figures | Forest | Beside | Folded


class Section(NamedTuple):
    """A heading, what stands below it, and the sections within.

    ``short`` is what a link to it says, by default the title.
    """

    title: str
    blocks: tuple[Block, ...] = ()
    sections: "tuple[Section, ...]" = ()
    short: str = ""


class Said(NamedTuple):
    """A sentence of the answer, what goes with it, and what speaks against it."""

    main: str
    asides: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Page(NamedTuple):
    """The whole: of what it is, the answer, and the rest.

    Attributes:
        kind: of page, such as ``comparison``.
        title: the first heading.
        answer: what is to be read first.
        facts: the numbers that go with it.
        sections: the rest.
    """

    kind: str
    title: str
    answer: tuple[Said, ...]
    sections: tuple[Section, ...]
    facts: Facts | None = None
