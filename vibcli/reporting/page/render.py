"""A page as HTML: one file, no requests, readable without its few lines of script."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vibcli import __version__
from vibcli.reporting.page.blocks import Block, Page, Section
from vibcli.reporting.page.colors import css_colors
from vibcli.reporting.page.room import drawn_size, within

MOST = 490_000  # bytes


def render(page: Page) -> str:
    """The HTML of a page. Every text is escaped; only pictures are taken as they are.

    Of pictures that take more than `MOST` bytes the last are left out.
    """
    text = _html(page)
    if (over := len(text.encode()) - MOST) > 0:
        text = _html(within(page, drawn_size(page) - over))
    return text


def _html(page: Page) -> str:
    script = _source("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = (
        _environment()
        .get_template("page.html")
        .render(
            page=page,
            style=Markup(_source("page.css")),
            colors=Markup(css_colors()),
            script=Markup(script),
            script_hash=f"sha256-{digest}",
            version=__version__,
            contents=_numbered(page.sections),
        )
    )
    return text.encode("utf-8", "replace").decode("utf-8")


def _numbered(sections: Sequence[Section]) -> list[tuple[str, str]]:
    """Where links lead, and what they say."""
    return [
        (f"part-{number}", section.short or section.title)
        for number, section in enumerate(sections, start=1)
    ]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("vibcli.reporting.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["show"] = _show
    return made


def _show(block: Block) -> Markup:
    """A block by the template that is called like it."""
    template = _environment().get_template(f"{type(block).__name__.lower()}.html")
    return Markup(template.render(block=block))


def _source(name: str) -> str:
    """A file that is no template, without the blank line at its end."""
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0].strip()
