from markupsafe import Markup

from vibcli.reporting.page.blocks import Beside, Figure, Figures, Folded, Page, Section, Text
from vibcli.reporting.page.room import drawn_size, within


def figure(name: str, size: int) -> Figure:
    return Figure(Markup("é" * (size // 2)), name)


PAGE = Page(
    "k",
    "t",
    (),
    (
        Section("1", (figure("a", 40), Figures((figure("b", 20), figure("c", 90))))),
        Section("2", (Text("x"),), (Section("3", (Folded("f", (Beside((figure("d", 30),)),)),)),)),
    ),
)


def test_all_pictures_are_counted_in_bytes() -> None:
    assert drawn_size(PAGE) == 40 + 20 + 90 + 30


def test_what_fits_is_kept_in_order_and_the_rest_is_named() -> None:
    assert within(PAGE, 180) == PAGE
    found = within(PAGE, 95)  # no room for c, but for d, which is smaller
    assert drawn_size(found) == 90
    assert found.sections[0].blocks == (
        figure("a", 40),
        Figures((figure("b", 20),)),
        Text("Left out, for want of room: c.", quiet=True),
    )
    assert found.sections[1] == PAGE.sections[1]


def test_without_room_nothing_is_drawn_and_all_else_is_there() -> None:
    found = within(PAGE, 0)
    assert drawn_size(found) == 0
    said = Text("Left out, for want of room: a, b, c.", quiet=True)
    assert found.sections[0].blocks == (Figures(()), said)
    assert found.sections[1].blocks == (Text("x"),)
    assert found.sections[1].sections[0].blocks[0] == Folded("f", (Beside(()),))
