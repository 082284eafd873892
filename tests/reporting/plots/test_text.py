from typing import Any

import pytest
from pictures import NAMES, unreadable

from vibcli.reporting.plots import text
from vibcli.reporting.plots.figure import figure
from vibcli.reporting.plots.text import foot, heading, literal, named, width_of, wrapped

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a_b", "a_b"),
        ("_a", " _a"),
        ("$x$", r"\$x\$"),
        ("a" * 20 + "z" * 20, "a" * 16 + "…" + "z" * 7),
        ("", ""),
    ],
)
def test_names_are_literal_and_short(name: str, expected: str) -> None:
    assert literal(name) == expected


def test_the_width_is_that_of_the_drawn_text() -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    drawn, _ = figure(7, 3)
    said = "mnist-5k/vae-8ee1efbf/seed-0: WWW iii"
    box = drawn.text(0, 0, said, fontsize=9).get_window_extent(
        FigureCanvasAgg(drawn).get_renderer()
    )
    assert width_of(said, 9) == pytest.approx(box.width / drawn.dpi, rel=0.03)


def test_text_is_broken_between_words_and_words_that_are_too_long_anywhere() -> None:
    assert wrapped("one two three", 10, 8, 3) == ["one two three"]
    narrow = width_of("one two", 8) + 0.01
    assert wrapped("one two six ten", narrow, 8, 3) == ["one two", "six ten"]
    parts = wrapped("x" * 50, narrow, 8, 99)
    assert "".join(parts) == "x" * 50
    assert all(width_of(part, 8) <= narrow for part in parts)


def test_what_is_left_out_is_told() -> None:
    (only,) = wrapped("word " * 40, 2, 8, 1)
    assert only.endswith("…")
    assert width_of(only, 8) <= 2
    assert wrapped("", 2, 8, 1) == [""]


@pytest.mark.parametrize("inches", [0.8, 1.5, 3.0])
def test_names_keep_what_stands_behind_them(inches: float) -> None:
    for name in (*NAMES, "W" * 24):
        shown = named(name, inches, 8, " (2)")
        assert shown.endswith(" (2)")
        assert width_of(shown.replace(r"\$", "$"), 8) <= inches + 0.05
    assert named("vib", 3, 8, " (2)") == "vib (2)"


@pytest.mark.slow
@pytest.mark.parametrize("width", [3, 4.2, 7])
def test_titles_stay_inside(width: float) -> None:
    for title in (*NAMES, "W" * 300, "a: " * 60, f"{'run/' * 15}: decoded draws from the prior"):
        drawn, _ = figure(width, 3)
        heading(drawn, title)
        assert not unreadable(drawn)


def test_a_title_is_broken_behind_its_colon_first() -> None:
    drawn, _ = figure(4.2, 3)
    heading(drawn, "california-housing/vib-b90e4a3b/seed-2: predicted against true")
    assert drawn.get_suptitle() == "california-housing/vib-b90e4a3b/seed-2\npredicted against true"
    drawn, _ = figure(7, 3)
    heading(drawn, "california-housing/vib-b90e4a3b/seed-2: predicted against true")
    assert "\n" not in drawn.get_suptitle()


@pytest.mark.parametrize("count", [0, 1, 2, 7, 30])
@pytest.mark.parametrize("axis", ["", "epoch"])
@pytest.mark.parametrize(
    "notes", [[], ["one note"], ["a long note that needs lines"] * 1 + ["b " * 90]]
)
def test_a_foot_hides_nothing(count: int, axis: str, notes: list[str]) -> None:
    drawn, ax = figure(4.5, 3)
    ax.set_xlabel("x")
    names = [f"{i} {NAMES[i % len(NAMES)]}" for i in range(count)]
    handles: list[Any] = [ax.plot([0, 1], [i, 1])[0] for i in range(count)]
    foot(drawn, handles, [f"{literal(name)} (5 seeds)" for name in names], notes, axis)
    assert not unreadable(drawn)
    box = ax.get_position()
    assert box.height * drawn.get_figheight() > 2  # the axes have what they had
    for legend in drawn.legends:
        found = legend.get_window_extent()
        assert found.y0 >= 0
        assert found.y1 <= ax.get_window_extent().y0


def test_a_note_is_said_once() -> None:
    drawn, _ = figure(7, 3)
    foot(drawn, notes=["same", "other", "same"])
    assert [t.get_text() for t in drawn.texts] == ["same; other"]
    assert drawn.texts[0].get_fontsize() == text.NOTE_SIZE
