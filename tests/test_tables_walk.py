import re

from printing import NASTY, printed, squeezed, squeezed_lines

from vibcli.interpolation import Neighbour, Step
from vibcli.tables.walk import walk as table


def step(position: float, label: str = "yes", row: int = 7, classes: int = 2) -> Step:
    p = [0.25, 0.75] + [0.0] * (classes - 2)
    return Step(position, 12.345, -98.765, tuple(p), 0.5623, Neighbour("train", row, label, 1.0))


def test_a_walk_has_a_line_a_step_with_the_two_likeliest_classes() -> None:
    text = printed(table([step(0.0, classes=3), step(1.0, classes=3)], [None] * 2, "abc"))
    lines = text.splitlines()[2:]
    assert len(lines) == 2
    assert re.fullmatch(r" +0\.000 +12\.35 +-98\.8 +0\.562 +b: 0\.75, a: 0\.25 +yes #7", lines[0])


def test_a_walk_through_texts_shows_how_each_begins_once() -> None:
    texts = [f"first {NASTY}\nline " + "word " * 100, "second"]
    path = [step(0.0, NASTY, 1), step(0.5, NASTY, 1), step(1.0, "no", 2)]
    text = printed(table(path, [texts[0], *texts], [NASTY, "no"]))
    for shown in ("0.000", "0.500", "1.000", "12.35", "-98.8", "0.562", "0.75", "0.25"):
        assert shown in text
    assert squeezed_lines(text).count(f"first {NASTY} line word") == 1
    assert "…" in text
    assert "no #2: second" in text


def test_a_walk_with_long_names_loses_no_number() -> None:
    classes = ["a" * 60, "b" * 60]
    text = printed(table([step(0.125, "a" * 60)], ["text " * 99], classes))
    for shown in ("0.125", "12.35", "-98.8", "0.562"):
        assert shown in text
    assert "0.75" in squeezed(text)
