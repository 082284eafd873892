from pathlib import Path

import numpy as np
import pytest
from pictures import NAMES, figure_of, unreadable
from PIL import Image

from vibcli.analysis.gallery import Gallery, Plane
from vibcli.reporting.plots import gallery as plots

pytestmark = pytest.mark.filterwarnings("error")


def images(n: int, channels: int = 1, value: float = 0.5) -> "np.ndarray":
    return np.full((n, channels, 6, 6), value, np.float32)


def shown(path: Path) -> "np.ndarray":
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("channels", [1, 3])
def test_reconstructions_stand_below_the_inputs(tmp_path: Path, channels: int) -> None:
    galleries = {
        name: Gallery(images(10, channels, 1.0), images(10, channels, 0.0), None) for name in NAMES
    }
    file = tmp_path / "a.png"
    assert not unreadable(figure_of(plots, "reconstructions_picture", galleries, "a $t", file))
    pixels = shown(tmp_path / "a.png")
    dark = (pixels < 10).all(2).mean(1) > 0.5  # rows of the sheet with black pictures
    assert not dark[: pixels.shape[0] // (len(NAMES) + 1)].any()  # the inputs are white
    assert dark[pixels.shape[0] // 2 :].any()


def test_samples_of_those_that_have_some(tmp_path: Path) -> None:
    some, none = Gallery(images(1), images(1), images(36)), Gallery(images(1), images(1), None)
    for count in (1, 2, 4):
        galleries = {f"n{i}": some for i in range(count)} | {"without": none}
        file = tmp_path / f"{count}.png"
        title = "mnist-5k/vae-ac10ca26/seed-0: decoded draws from the prior"
        drawn = figure_of(plots, "samples_picture", galleries, title, file)
        assert not unreadable(drawn)
        assert drawn.get_suptitle().replace("\n", ": ") == title
        grey = (np.abs(shown(tmp_path / f"{count}.png").astype(int) - 128) < 3).all(2)
        assert grey.mean() > 0.3


@pytest.mark.parametrize("classes", [3, 10, 25])
def test_a_plane_with_any_number_of_classes(tmp_path: Path, classes: int) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(100) % classes
    codes = rng.normal(size=(100, 2)).astype(np.float32)
    names = [f"class {i}" for i in range(classes)]
    for decoded in (None, np.zeros((3, 3, 1, 4, 4), np.float32)):
        found = Plane(decoded, codes, labels)
        drawn = figure_of(plots, "plane_picture", found, names, "plane", tmp_path / "a.png")
        assert not unreadable(drawn)
        dark = (shown(tmp_path / "a.png") < 10).all(2).mean()
        assert (dark > 0.1) == (decoded is not None)


@pytest.mark.parametrize("decoded", [None, np.zeros((3, 3, 1, 4, 4), np.float32)])
def test_a_plane_is_coloured_by_numbers_in_groups(
    tmp_path: Path, decoded: "np.ndarray | None"
) -> None:
    codes = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32)
    found = Plane(decoded, codes, 100_000 + 50_000.0 * np.arange(100))
    drawn = figure_of(plots, "plane_picture", found, (), "plane", tmp_path / "a.png")
    assert sum(len(cloud.get_offsets()) for cloud in drawn.axes[-1].collections) == 100
    (legend,) = drawn.legends
    assert [text.get_text() for text in legend.get_texts()][:2] == [
        *("100000 to 1090000", "1090000 to 2080000"),
    ]
    assert not unreadable(drawn)


def test_tiles_keep_the_order_of_rows_columns_and_channels() -> None:
    pictures = np.arange(2 * 3 * 3 * 2 * 2, dtype=np.float32).reshape(2, 3, 3, 2, 2)
    sheet = plots._tiled(pictures, gap=1)
    assert sheet.shape == (5, 8, 3)
    assert (sheet[2] == 1).all()  # the gap
    for row in range(2):
        for column in range(3):
            tile = sheet[3 * row : 3 * row + 2, 3 * column : 3 * column + 2]
            assert np.array_equal(tile, pictures[row, column].transpose(1, 2, 0))
