"""What tests look for in a page that was written, without a browser."""

import itertools
from html.parser import HTMLParser
from typing import NamedTuple

EMPTY = {"meta", "link", "img", "br", "hr", "input"}
FETCHED = {"src", "href", "xlink:href", "srcset", "poster", "data", "action"}


class Element(NamedTuple):
    """A tag with its attributes, and the text directly within it."""

    tag: str
    attributes: dict[str, str]
    text: list[str]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Element] = []
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, [])
        self.found.append(element)
        if tag not in EMPTY:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(Element(tag, {name: value or "" for name, value in attrs}, []))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open:
            self.open[-1].text.append(data)


def elements(page: str) -> list[Element]:
    """Every element in the order of their beginnings; each that is opened must be closed."""
    parser = _Parser()
    parser.feed(page)
    parser.close()
    assert not parser.open, f"left open: {[e.tag for e in parser.open]}"
    return parser.found


def headings(page: str) -> list[tuple[int, str]]:
    """Levels and texts."""
    found = [
        e for e in elements(page) if len(e.tag) == 2 and e.tag[0] == "h" and e.tag[1].isdigit()
    ]
    return [(int(e.tag[1]), "".join(e.text)) for e in found]


def words(page: str) -> str:
    """All text that is shown, with single blanks."""
    hidden = ("style", "script", "title")
    return " ".join(
        " ".join(t for e in elements(page) if e.tag not in hidden for t in e.text).split()
    )


def check_page(page: str) -> None:
    """What holds for every page: it is closed in itself, small, and in order."""
    assert page.startswith("<!doctype html>")
    assert len(page.encode()) < 500_000
    found = elements(page)
    for element in found:
        for name, value in element.attributes.items():
            if name in FETCHED and element.tag != "a":
                assert value.startswith(("#", "data:")), (element.tag, name, value[:80])
            assert not name.startswith("on"), (element.tag, name)
    assert "@import" not in page
    ids = [e.attributes["id"] for e in found if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    links = [e.attributes["href"] for e in found if e.attributes.get("href", "").startswith("#")]
    assert {link[1:] for link in links} <= set(ids)
    levels = [level for level, _ in headings(page)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    for element in found:
        if element.tag == "th":
            assert element.attributes["scope"] in ("row", "col")
        if element.tag == "img":
            assert element.attributes["alt"]
            assert {"width", "height"} <= element.attributes.keys()
        if element.tag == "svg":
            assert element.attributes.get("aria-label") or "aria-hidden" in element.attributes
    (html,) = (e for e in found if e.tag == "html")
    assert html.attributes["lang"] == "en"
