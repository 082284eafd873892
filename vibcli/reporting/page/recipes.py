"""The page on what came of the recipes, from the text that `vib report` writes of them."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from vibcli.recipes.better import ClaimOutcome
from vibcli.recipes.claims import claim_findings
from vibcli.recipes.lookup import recorded
from vibcli.recipes.packaged import packaged
from vibcli.recipes.recipe import load_recipe
from vibcli.recipes.report import page as written
from vibcli.reporting.page.blocks import Page, Prose, Said, Section, Table, Text

NUMBER = re.compile(r"[-+−]?\d[\d.,]*%?( .*)?|-")


def recipes_page(results: Path, folder: Path) -> Page:
    """The text as a page that is to lie in ``folder``; how many claims hold comes first.

    Raises:
        VibError: there are no runs of recipes.
    """
    parts = re.split(r"^#{1,2} ", written(results), flags=re.MULTILINE)[1:]
    (title, introduction), *recipes = (part.split("\n", 1) for part in parts)
    outcomes = _outcomes(results)
    sections = [Section("Claims", (Text(_flat(introduction)), *_overview(outcomes)))]
    for name, text in recipes:
        short = name.split(":")[0]
        prose = Prose(_html(text, short, results, folder))
        sections.append(Section(name, (prose,), short=short))
    return Page("Recipes", title, _answer(outcomes), tuple(sections))


def _outcomes(results: Path) -> list[tuple[str, str, Counter[str]]]:
    """For each recipe and protocol with runs, how many of its claims have which outcome."""
    found = []
    for recipe in map(load_recipe, packaged()):
        for protocol in recipe.protocols:
            runs, broken = recorded(recipe, protocol, results)
            known = [f for f in claim_findings(recipe, runs, broken) if f.ours is not None]
            if known:
                found.append((recipe.name, protocol, Counter[str](f.outcome for f in known)))
    return found


def _answer(outcomes: Sequence[tuple[str, str, Counter[str]]]) -> tuple[Said, ...]:
    total = sum((counted for *_, counted in outcomes), Counter[str]())
    if not total:
        return ()
    parts = [f"{total[outcome]} {outcome}" for outcome in get_args(ClaimOutcome)]
    return (Said(f"Of {total.total()} claims that were put to the test: {', '.join(parts)}."),)


def _overview(outcomes: Sequence[tuple[str, str, Counter[str]]]) -> Iterator[Table]:
    names = get_args(ClaimOutcome)
    rows = tuple(
        (recipe, protocol, *(str(counted[name]) for name in names))
        for recipe, protocol, counted in outcomes
    )
    if rows:
        numbers = frozenset(range(2, 2 + len(names)))
        yield Table("Claims by outcome", ("recipe", "protocol", *names), rows, numbers)


def _flat(text: str) -> str:
    """A paragraph without what Markdown makes of code."""
    return " ".join(text.replace("`", "").split())


def _html(text: str, name: str, results: Path, folder: Path) -> Markup:
    """Markdown as HTML; what looks like HTML in it is text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    for token in tokens:
        for inner in token.children or ():
            if inner.type == "link_open":
                inner.attrSet("href", _moved(str(inner.attrGet("href")), results, folder))
    return Markup(parser.renderer.render(list(_tables(tokens, name)), parser.options, {}))


def _moved(link: str, results: Path, folder: Path) -> str:
    """A link below ``results`` as seen from ``folder``."""
    if re.match(r"\w+:", link):
        return link
    return Path(os.path.relpath((results / link).absolute(), folder.absolute())).as_posix()


def _tables(tokens: Sequence[Token], name: str) -> Iterator[Token]:
    """Tables in boxes of their own, with headers to columns and rows, numbers on the right."""
    number, column, numbers = 0, 0, set[int]()
    for place, token in enumerate(tokens):
        if token.type == "table_open":
            number += 1
            numbers = _numbers(tokens[place:])
            label = f"{name}, table {number}"
            box = {"class": "scroll", "tabindex": "0", "role": "group", "aria-label": label}
            yield Token("box_open", "div", 1, attrs=dict(box), block=True)
        elif token.type == "tr_open":
            column = 0
        elif token.type in ("th_open", "td_open"):
            if column == 0 and token.type == "td_open":
                token.tag, tokens[place + 2].tag = "th", "th"
                token.attrSet("scope", "row")
            elif token.type == "th_open":
                token.attrSet("scope", "col")
            if column in numbers:
                token.attrSet("class", "number")
            column += 1
        yield token
        if token.type == "table_close":
            yield Token("box_close", "div", -1, block=True)


def _numbers(tokens: Sequence[Token]) -> set[int]:
    """The columns of the table which begins here that hold numbers alone."""
    column, words = 0, set[int]()
    for place, token in enumerate(tokens):
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            column = 0
        elif token.type in ("th_open", "td_open"):
            if token.type == "td_open" and not NUMBER.fullmatch(tokens[place + 1].content):
                words.add(column)
            column += 1
    return set(range(column)) - words
