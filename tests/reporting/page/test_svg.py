import re
from xml.etree import ElementTree

import numpy as np
import pytest

from vibcli.reporting.page.colors import themed
from vibcli.reporting.page.svg import Spot, inline, svg_of
from vibcli.reporting.plots.figure import figure
from vibcli.reporting.plots.looks import COLORS

NASTY = "<script>alert(1)</script> & \"q\" 'a' \x1b\x00"


def drawn(title: str = "a title", points: int = 50) -> str:
    made, ax = figure(4, 3)
    ax.plot(np.linspace(0, 1, points), np.sin(np.arange(points)), color=COLORS[1])
    ax.plot([0, 1], [0, 1], color="0.5", ls="--")
    ax.scatter([0.2, 0.4], [0.1, 0.3], color=COLORS[0])
    ax.set_title(title)
    ax.grid(alpha=0.3)
    return svg_of(made)


def test_an_inline_picture_is_small_and_says_the_same() -> None:
    source = drawn()
    found = inline(source, "what it shows")
    assert len(found) < 0.6 * len(source)
    root = ElementTree.fromstring(found)
    assert root.attrib["aria-label"] == "what it shows"
    assert root.attrib["role"] == "img"
    assert root.attrib["viewBox"] == "0 0 288 216"
    assert (root.attrib["width"], root.attrib["height"]) == ("384", "288")
    texts = [e.text for e in ElementTree.fromstring(source).iter() if e.tag.endswith("}text")]
    assert [e.text for e in root.iter("text")] == texts
    assert "a title" in texts
    assert len(list(root.iter("use"))) == source.count("<use ")


def test_coordinates_are_those_of_the_source_to_a_tenth_of_a_point() -> None:
    source = drawn()
    numbers = r"-?\d+(?:\.\d+)?"
    (before,) = re.findall(r'<path d="([^"]*)"[^>]*stroke: #d55e00', source)
    (after,) = re.findall(r'<path d="([^"]*)"[^>]*stroke:var\(--c1\)', inline(source, "w"))
    exact, short = (np.array(re.findall(numbers, text), float) for text in (before, after))
    assert np.abs(exact - short).max() <= 0.05 + 1e-9


def test_colours_are_names_that_the_page_gives_values_to() -> None:
    found = inline(drawn(), "w")
    assert "var(--c0)" in found
    assert "var(--c1)" in found
    assert "var(--soft)" in found  # the dashed grey line
    assert not re.search(r"#[0-9a-f]{6}", found)
    assert "font-family" not in found


@pytest.mark.parametrize(
    ("color", "name"),
    [
        ("#ffffff", "var(--paper)"),
        ("#b0b0b0", "var(--rule)"),
        ("#808080", "var(--soft)"),
        ("#262626", "var(--ink)"),
        ("none", "none"),
        ("#aabbcc", "#aabbcc"),
    ],
)
def test_greys_are_named_by_how_light_they_are(color: str, name: str) -> None:
    assert themed(color) == name


def test_a_picture_with_a_bitmap_keeps_its_colours_on_white_paper() -> None:
    made, ax = figure(3, 3)
    ax.imshow(np.eye(3))
    ax.text(0, 0, "x", color="white")
    found = inline(svg_of(made), "w")
    assert 'class="bright"' in found
    assert "fill:#ffffff" in found
    assert 'href="data:image/png;base64,' in found


def test_ids_of_two_pictures_differ_and_are_all_there() -> None:
    one, other = inline(drawn(), "one"), inline(drawn(), "other")
    ids = [set(re.findall(r' id="([^"]+)"', text)) for text in (one, other)]
    assert not ids[0] & ids[1]
    for text, own in zip((one, other), ids, strict=True):
        assert set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)) <= {
            (name, "") for name in own
        } | {("", name) for name in own}


def test_text_of_data_is_text_whatever_it_looks_like() -> None:
    found = inline(drawn(NASTY), NASTY, [Spot(1.25, 2, 3, 4, NASTY)])
    assert "<script" not in found
    clean = found.replace("\x1b", "").replace("\x00", "")
    root = ElementTree.fromstring(clean)
    shown = NASTY.rstrip("\x1b\x00").rstrip()
    assert shown in root.attrib["aria-label"]
    assert any(shown in (e.text or "") for e in root.iter("text"))
    (spot,) = (
        root.iter("rect") if len(list(root.iter("rect"))) == 1 else [list(root.iter("rect"))[-1]]
    )
    assert (spot.attrib["x"], spot.attrib["class"]) == ("1.2", "spot")
    assert shown in (spot[0].text or "")


def test_the_same_picture_is_the_same_text() -> None:
    assert inline(drawn(), "w") == inline(drawn(), "w")
