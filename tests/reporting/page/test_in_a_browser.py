"""Pages in a real browser: nothing is asked for, nothing is hidden, everybody can read them."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from many_arms import scene
from recorded import run

from vibcli.reporting.page.blocks import Page
from vibcli.reporting.page.comparison import comparison_page
from vibcli.reporting.page.render import render
from vibcli.reporting.page.run import Told, run_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra 'test'")
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


def single() -> Page:
    rng = np.random.default_rng(0)
    return run_page(Told(run(curve=rng.random(12).tolist(), watch="test"), "vib train"))


def several() -> Page:
    return comparison_page(scene(("baseline", "vib", "control"), 8, epochs=12), ["vib compare"])


PAGES = {"run": single, "comparison": several}


@pytest.fixture(scope="module", params=PAGES)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / f"{request.param}.html"
    path.write_text(render(PAGES[request.param]()), encoding="utf-8")
    return path


class Shown:
    """A page in the browser, and what went on while it was opened."""

    def __init__(self, browser: "Browser", path: Path, **options: Any) -> None:
        self.context = browser.new_context(**({"viewport": DESK} | options))
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(path.as_uri())

    def __enter__(self) -> "Shown":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.mark.slow
def test_nothing_is_asked_for_and_nothing_goes_wrong(browser: "Browser", written: Path) -> None:
    with Shown(browser, written) as shown:
        outside = [url for url in shown.asked if not url.startswith("data:")]
        assert outside == [written.as_uri()]
        assert shown.said == []
        moved = shown.page.evaluate(
            """() => new Promise(done => new PerformanceObserver(list => done(
                list.getEntries().reduce((sum, entry) => sum + entry.value, 0)
            )).observe({type: "layout-shift", buffered: true}) || setTimeout(() => done(0), 300))"""
        )
        assert moved == 0


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_is_never_scrolled_sideways(
    viewport: dict[str, int], browser: "Browser", written: Path
) -> None:
    with Shown(browser, written, viewport=viewport) as shown:
        wide = shown.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= viewport["width"]
        out = shown.page.evaluate(
            """[...document.querySelectorAll("main *, header *")].filter(e =>
                !e.closest(".scroll") && !e.closest("svg") && !e.closest(".unseen") &&
                e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML)"""
        )
        assert out == []


@pytest.mark.slow
def test_all_can_be_read_without_scripts(browser: "Browser", written: Path) -> None:
    visible = "[...document.querySelectorAll('h1, h2, h3, p, th, figure')]"
    count = f"{visible}.filter(e => e.checkVisibility()).length"
    with Shown(browser, written) as shown:
        with_script = shown.page.evaluate(count)
    with Shown(browser, written, java_script_enabled=False) as shown:
        assert shown.page.locator("h1").is_visible()
        shown.page.locator("summary").first.click()
        assert shown.page.locator("details[open] > :not(summary)").first.is_visible()
        shown.page.locator("summary").first.click()
        found = shown.page.locator("h1, h2, h3, p, th, figure")
        assert sum(found.nth(i).is_visible() for i in range(found.count())) == with_script


@pytest.mark.slow
@pytest.mark.parametrize(
    ("viewport", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk, dark"]
)
def test_no_rule_of_accessibility_is_broken(
    viewport: Any, scheme: Any, browser: "Browser", written: Path
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra")
    with Shown(browser, written, viewport=viewport, color_scheme=scheme) as shown:
        for folded in shown.page.locator("summary").all():
            folded.click()
        found = axe.Axe().run(shown.page)
        assert found.violations_count == 0, found.generate_report()


def test_it_is_dark_where_that_is_wished_for_but_not_in_print(
    browser: "Browser", written: Path
) -> None:
    def light(text: str) -> float:
        return float(np.mean([int(part) for part in text[text.index("(") + 1 : -1].split(",")[:3]]))

    paper = "getComputedStyle(document.body).backgroundColor"
    letters = "getComputedStyle(document.querySelector('figure svg text')).fill"
    with Shown(browser, written, color_scheme="dark") as shown:
        assert light(shown.page.evaluate(paper)) < 60
        assert light(shown.page.evaluate(letters)) > 160
        shown.page.emulate_media(media="print")
        assert light(shown.page.evaluate(paper)) == 255
        assert light(shown.page.evaluate(letters)) < 90
    with Shown(browser, written) as shown:
        assert light(shown.page.evaluate(paper)) == 255
        assert light(shown.page.evaluate(letters)) < 90


def test_numbers_can_be_read_off_a_curve(browser: "Browser", written: Path) -> None:
    with Shown(browser, written) as shown:
        spot = shown.page.locator("svg .spot").nth(2)
        title = spot.locator("title").text_content()
        assert title is not None
        assert title.startswith("epoch 3")
        spot.hover()
        place = spot.bounding_box()
        assert place is not None
        shown.page.mouse.move(place["x"] + 1, place["y"] + 9)  # scrolling hides what was said
        hint = shown.page.locator(".hint")
        hint.wait_for(state="visible", timeout=5000)
        assert hint.text_content() == title
        shown.page.mouse.move(1, 1)
        hint.wait_for(state="hidden", timeout=5000)


def test_keys_reach_links_and_boxes_that_are_scrolled(browser: "Browser", written: Path) -> None:
    with Shown(browser, written, viewport=PHONE) as shown:
        reached = []
        for _ in range(60):
            shown.page.keyboard.press("Tab")
            reached.append(
                shown.page.evaluate(
                    """() => { const e = document.activeElement;
                    return [e.tagName, getComputedStyle(e).outlineStyle] }"""
                )
            )
        tags = {tag for tag, _ in reached}
        assert {"A", "SUMMARY"} <= tags
        assert "DIV" in tags or "PRE" in tags
        assert all(style == "solid" for tag, style in reached if tag != "BODY")
