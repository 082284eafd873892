"""Pictures that Matplotlib drew as SVG, made part of a page: small, in its fonts and colours."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree
from zlib import crc32

from markupsafe import Markup

from vibcli.reporting.page.colors import themed
from vibcli.reporting.plots.figure import save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KEPT = {  # of a style; what browsers do by themselves is left out
    *("fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "fill-opacity"),
    *("stroke-opacity", "text-anchor", "font-size", "font-weight", "font-style"),
    "image-rendering",
}
PLAIN = {("stroke-dasharray", "none"), ("font-weight", "normal"), ("font-style", "normal")}
NUMERIC = {"d", "x", "y", "width", "height"}
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # characters that XML has not
DIGITS = 1  # of a coordinate; pictures are some hundred points wide
PIXELS = 4 / 3  # of a page a point
LEAST = 0.75  # of its size a picture may have, so that its letters can be read
LINK = "{http://www.w3.org/1999/xlink}href"

Color = Callable[[str], str]


class Spot(NamedTuple):
    """A part of a picture that says something when it is pointed at, in points from the corner."""

    x: float
    y: float
    width: float
    height: float
    text: str


def svg_of(drawn: "Figure") -> str:
    """The SVG of a figure."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "figure.svg"
        save(drawn, path)
        return path.read_text(encoding="utf-8")


def inline(source: str, words: str, spots: Sequence[Spot] = ()) -> Markup:
    """An SVG that Matplotlib wrote, as an element of a page.

    One with a bitmap in it keeps its colours, on white paper.

    Args:
        source: the file's text.
        words: what the picture shows, for those who do not see it; no other picture of the page
            has the same.
        spots: what can be read off it.
    """
    root = ElementTree.fromstring(ILLEGAL.sub("\ufffd", source))
    names = _referenced(source, words)
    bright = any(element.tag.endswith("}image") for element in root.iter())
    for element in root.iter():
        _tidy(element, names, (lambda color: color) if bright else themed)
    root[:] = _shown(root)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "width": _short(width * PIXELS),
        "height": _short(height * PIXELS),
        "style": f"min-width:{_short(width * PIXELS * LEAST)}px",
        "role": "img",
        "aria-label": words,
        **({"class": "bright"} if bright else {}),
    }
    for spot in spots:
        place = {
            "class": "spot",
            "x": _short(spot.x),
            "y": _short(spot.y),
            "width": _short(spot.width),
            "height": _short(spot.height),
        }
        title = ElementTree.SubElement(ElementTree.SubElement(root, "rect", place), "title")
        title.text = spot.text
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _shown(parent: ElementTree.Element) -> list[ElementTree.Element]:
    """The children that show something, out of groups that say nothing of them."""
    found: list[ElementTree.Element] = []
    for child in parent:
        if child.tag in ("metadata", "style") or _paper(child):
            continue
        child[:] = _shown(child)
        if child.tag == "g" and not child.attrib:
            found += child
        elif len(child) or child.tag not in ("g", "defs"):
            found.append(child)
    return found


def _paper(element: ElementTree.Element) -> bool:
    """Whether it is a shape without a line and without a filling."""
    style = dict(_declarations(element.get("style", "")))
    return style.get("fill") == "none" and "stroke" not in style


def _referenced(source: str, words: str) -> dict[str, str]:
    """New names for the ids that something refers to; two pictures share none."""
    own = f"m{crc32((words + source).encode('utf-8', 'replace')):08x}"
    used = dict.fromkeys(re.findall(r'(?:url\(#|href="#)([\w-]+)', source))
    return {name: f"{own}-{number}" for number, name in enumerate(used)}


def _tidy(element: ElementTree.Element, names: Mapping[str, str], color: Color) -> None:
    """An element without name space, in short numbers, and with the page's colours."""
    element.tag = element.tag.rpartition("}")[2]
    element.text = element.text if element.tag in ("text", "tspan", "title") else None
    element.tail = None
    kept = {}
    for key, value in element.attrib.items():
        if key == "id":
            if value in names:
                kept["id"] = names[value]
        elif key == LINK:
            kept["href"] = "#" + names[value[1:]] if value.startswith("#") else value
        elif key == "clip-path":
            kept[key] = f"url(#{names[value[5:-1]]})"
        elif key == "style":
            if short := _style(value, color):
                kept["style"] = short
        elif not value.startswith("rotate(-0 "):
            kept[key] = _numbers(value) if key in NUMERIC else value
    element.attrib = kept


def _style(text: str, color: Color) -> str:
    kept = []
    for key, value in _declarations(text):
        if key == "font":
            size = re.search(r"[\d.]+px", value)
            weight = re.search(r"\b(bold|[6-9]00)\b", value)
            kept += [f"font-size:{size[0]}"] if size else []
            kept += [f"font-weight:{weight[0]}"] if weight else []
        elif key in KEPT and (key, value) not in PLAIN:
            kept.append(f"{key}:{color(value)}")
    return ";".join(kept)


def _declarations(style: str) -> list[tuple[str, str]]:
    parts = (declaration.partition(":") for declaration in style.split(";"))
    return [(key.strip(), value.strip()) for key, _, value in parts]


def _numbers(text: str) -> str:
    """Numbers with `DIGITS` digits after the point, and no more space than is needed.

    >>> _numbers("M 12.345678 0.04 L 100.0 2")
    'M12.3 0L100 2'
    """
    short = re.sub(r"-?\d+\.\d+(?:e-?\d+)?", lambda found: _short(float(found[0])), text)
    return re.sub(r"\s*([A-DF-Za-df-z(),])\s*", r"\1", " ".join(short.split())).strip()


def _short(value: float) -> str:
    text = f"{value:.{DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
