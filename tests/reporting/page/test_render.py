import base64
import hashlib
import re

import pytest
from html_pages import check_page, elements, headings, words
from markupsafe import Markup

from vibcli import __version__
from vibcli.reporting.page.blocks import (
    Beside,
    Block,
    Command,
    Fact,
    Facts,
    Figure,
    Figures,
    Folded,
    Forest,
    Legend,
    Page,
    Pairs,
    Prose,
    Said,
    Section,
    Span,
    Table,
    Text,
)
from vibcli.reporting.page.render import render

BAD = "<script>alert(1)</script> \"q\" & 'a' {{ 7 * 7 }} {% raw %}"
SVG = Markup('<svg role="img" aria-label="drawn" width="9" height="9"></svg>')
SPAN = Span(BAD, 50, 25, 75, ((40, BAD), (60, BAD)), (BAD, "0.5"), "var(--c1)")
BLOCKS: tuple[Block, ...] = (
    Facts((Fact(BAD, BAD, BAD),)),
    Text(BAD),
    Text(BAD, quiet=True),
    Prose(Markup("<p>prose</p>")),
    Table(BAD, ("", BAD), ((BAD, BAD),), frozenset({1})),
    Table(BAD, ("a",), (("b",),), plain=True),
    Pairs(((BAD, BAD),)),
    Pairs(((BAD, BAD),), short=True),
    Command(BAD),
    Figure(SVG, BAD),
    Figure(SVG, BAD, wide=True),
    Figures((Figure(SVG, BAD),), Legend(((BAD, "var(--c0)", "9 2"),))),
    Figures(()),
    Forest(BAD, (BAD, "p"), (SPAN,), 50, (45, 55), ((50, BAD),), (BAD, BAD), BAD),
    Forest(BAD, (), (SPAN._replace(low=None, high=None, cells=()),), 50, None, (), ("", "")),
    Beside((Text(BAD),)),
    Folded(BAD, (Text(BAD), Folded(BAD, ()))),
)


def page(*sections: Section) -> Page:
    said = Said(BAD, (BAD,), (BAD,))
    return Page(BAD, BAD, (said, Said("", (), ())), sections, Facts((Fact(BAD, BAD),)))


def test_every_block_is_tried() -> None:
    tried = {type(block) for block in BLOCKS}
    assert tried == set(Block.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: type(block).__name__)
def test_each_block_is_in_order_and_escaped(block: Block) -> None:
    text = render(page(Section("one", (block,))))
    check_page(text)
    assert "<script>alert" not in text
    assert [e.tag for e in elements(text)].count("script") == 1
    assert "49" not in words(text).replace("{{ 7 * 7 }}", "")  # templates are not data


def test_data_are_said_as_they_are() -> None:
    plain = " ".join(BAD.split())
    text = words(render(page(Section(BAD, BLOCKS))))
    assert text.count(plain) > 2 * len(BLOCKS)


def test_sections_are_headed_in_order_and_linked() -> None:
    inner = Section("inner", (Text("x"),), (Section("innermost"),))
    text = render(page(Section("first", (), (inner,)), Section("second", short="2nd")))
    assert headings(text)[1:] == [(2, "first"), (3, "inner"), (4, "innermost"), (2, "second")]
    links = [e for e in elements(text) if e.tag == "a"]
    assert [("".join(a.text), a.attributes["href"]) for a in links] == [
        ("first", "#part-1"),
        ("2nd", "#part-2"),
    ]
    assert "<nav" not in render(page(Section("alone")))


def test_a_number_is_on_the_right_and_the_first_column_names_rows() -> None:
    table = Table("what", ("", "a", "b"), (("r", "1", "2"),), frozenset({2}))
    found = elements(render(page(Section("s", (table,)))))
    cells = [e for e in found if e.tag in ("th", "td")]
    assert [(e.attributes.get("scope"), e.attributes.get("class")) for e in cells] == [
        (None, None),
        ("col", None),
        ("col", "number"),
        ("row", None),
        (None, None),
        (None, "number"),
    ]
    (box,) = (e for e in found if e.attributes.get("class") == "scroll")
    assert box.attributes["tabindex"] == "0"  # it is scrolled with keys too


def test_only_its_own_script_may_run_and_nothing_may_be_fetched() -> None:
    text = render(page(Section("s")))
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = (
        e.attributes["content"]
        for e in elements(text)
        if e.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none';")
    assert f"script-src 'sha256-{digest}'" in policy
    assert f"vibcli {__version__}" in text


def test_letters_that_no_file_can_hold_are_replaced() -> None:
    text = render(page(Section("\ud800 lone half")))
    assert "? lone half" in text
    text.encode()
