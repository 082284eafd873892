from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from made_walks import ALL, linear_values, made_walk, step
from pictures import NAMES, colours_in, figure_of, pixels_of, unreadable

from vibcli.reporting.plots import decoded
from vibcli.reporting.plots.looks import COLORS

pytestmark = pytest.mark.filterwarnings("error")


def steps(count: int) -> list:
    positions = np.linspace(0, 1, count)
    return [step(float(a), entropy_nats=a, norm=1 - a, distance_to_data=a) for a in positions]


@pytest.mark.parametrize(
    ("modes", "count", "shape", "with_inputs"),
    [
        (ALL[:1], 2, (3, 4, 4), True),
        (ALL[:1], 40, (3, 8, 16), False),
        (ALL[:3], 9, (1, 28, 28), True),
        (ALL, 40, (3, 8, 16), True),
        (ALL, 2, (3, 16, 8), False),
    ],
)
def test_pictures_are_shown_beside_their_inputs(
    tmp_path: Path, modes: Sequence[str], count: int, shape: tuple[int, ...], with_inputs: bool
) -> None:
    red, blue = np.zeros(shape), np.zeros(shape)
    red[0], blue[-1] = 1, 1
    inputs = np.stack([red.ravel(), blue.ravel()]) if with_inputs else None
    values = linear_values(red, red, count)
    found = made_walk(steps(count), modes=modes, values=values, inputs=inputs)
    decoded.decoded_pictures(found, shape, "from here to there", tmp_path / "a.png")
    pixels = pixels_of(tmp_path / "a.png").reshape(-1, 3)
    if shape[0] == 3:
        reds, blues = ((pixels == c).all(1).sum() for c in ((255, 0, 0), (0, 0, 255)))
        shown = min(count, decoded.PICTURES) + with_inputs
        assert reds > 1000 * len(modes) * shown
        each = reds / shown
        assert blues == pytest.approx(each * with_inputs, rel=0.1)
    assert colours_in(tmp_path / "a.png") == set(COLORS[: min(len(modes), 3)])


@pytest.mark.parametrize(("modes", "count"), [(ALL[:1], 40), (ALL, 2)])
def test_words_are_written(tmp_path: Path, modes: Sequence[str], count: int) -> None:
    found = made_walk(
        [s._replace(norm=None, log_prior_nats=None, nearest=None) for s in steps(count)],
        modes=modes,
        readings=[list(NAMES), *[["word"]] * (count - 2), []],
        inputs=np.zeros((2, 5)),
        input_readings=[["first"], []],
    )
    decoded.decoded_words(found, "$", tmp_path / "a.png")
    assert colours_in(tmp_path / "a.png") == set(COLORS[: min(len(modes), 3)])


@pytest.mark.parametrize(
    ("modes", "columns"),
    [(ALL[:1], 1), (ALL[:3], 7), pytest.param(ALL, 80, marks=pytest.mark.slow)],
)
def test_numbers_are_drawn_in_both_colours(
    tmp_path: Path, modes: Sequence[str], columns: int
) -> None:
    names = [f"{i}{NAMES[i % len(NAMES)]}" for i in range(columns)]
    values = linear_values([-3] * columns, [3] * columns, 5)
    readings = [dict.fromkeys(names[::2], 1000.0 * row) for row in range(5)]
    found = made_walk(steps(5), modes=modes, values=values, readings=readings)
    drawn = figure_of(decoded, "decoded_numbers", found, names, "numbers", tmp_path / "a.png")
    assert not unreadable(drawn)
    pixels = pixels_of(tmp_path / "a.png").astype(int)
    strong = np.abs(pixels[..., 0] - pixels[..., 2]) > 60
    assert (strong & (pixels[..., 0] > pixels[..., 2])).sum() > 3000
    assert (strong & (pixels[..., 0] < pixels[..., 2])).sum() > 3000


def test_numbers_of_a_single_walk_are_written_in_their_units(tmp_path: Path) -> None:
    readings = [{"alcohol": 12.5 + i / 2} for i in range(3)]
    values = linear_values([-1, 0], [1, 1], 3)
    found = made_walk(steps(3), values=values, readings=readings)
    names = ["alcohol", "colour=red"]
    drawn = figure_of(decoded, "decoded_numbers", found, names, "wine", tmp_path / "a.png")
    said = [text.get_text() for text in drawn.axes[0].texts]
    assert said == ["12.50", "13.00", "13.50", "0.00", "0.50", "1.00"]


def test_of_several_walks_the_numbers_of_the_ends_are_written(tmp_path: Path) -> None:
    readings = [{"alcohol": 12.5}, {"alcohol": 13.0}, {"alcohol": 9.0}]
    values = linear_values([-1, 0], [1, 1], 3)
    found = made_walk(steps(3), modes=ALL, values=values, readings=readings)
    names = ["alcohol", "colour=red"]
    drawn = figure_of(decoded, "decoded_numbers", found, names, "wine", tmp_path / "a.png")
    said = [label.get_text() for label in drawn.axes[0].get_yticklabels()]
    assert said == ["alcohol  12.50 → 9.00", "colour=red  0.00 → 1.00"]
    assert drawn.axes[0].get_ylabel() == "start → end (linear), in the units of the data"
