import re
from pathlib import Path

import pytest
from PIL import Image

from vibcli.reporting.plots.figure import figure, panels, save, stacked


def draw(path: Path) -> None:
    drawn, ax = figure(4, 3)
    ax.plot([0, 1], [1, 0], label="a line")
    ax.set_title("validation accuracy, 漢字")
    ax.legend()
    save(drawn, path)


def test_the_name_says_the_format(tmp_path: Path) -> None:
    draw(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert (image.format, image.size) == ("PNG", (600, 450))
    draw(tmp_path / "a.svg")
    found = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert re.search(r"<text[^>]*>validation accuracy, 漢字</text>", found)
    assert re.search(r"<text[^>]*>a line</text>", found)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_picture_is_the_same_file(tmp_path: Path, kind: str) -> None:
    for name in "ab":
        draw(tmp_path / f"{name}.{kind}")
    assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def test_lines_of_axes_are_known_by_name() -> None:
    drawn, axes = stacked(7, (2, 1), [["a", "b"], ["c"]])
    assert list(axes) == ["a", "b", "c"]
    assert drawn.get_size_inches().tolist() == [7, 3]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, (1, 1)), (3, (1, 3)), (4, (2, 2)), (6, (2, 3)), (8, (2, 4)), (9, (3, 4))],
)
def test_panels_fit_on_a_page(count: int, expected: tuple[int, int]) -> None:
    assert panels(count) == expected
