import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from vibcli.reporting.plots.looks import COLORS, look

# what readers see who have no long, middle or short cones: Machado, Oliveira & Fernandes (2009),
# "A physiologically-based model for simulation of color vision deficiency", severity 1
SEEN = {
    "all": np.eye(3),
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# linear RGB -> cones -> Oklab: Ottosson (2020)
CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
OKLAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def linear(color: str) -> NDArray[np.float64]:
    """sRGB -> linear RGB."""
    coded = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("color", COLORS)
def test_a_colour_stands_out_from_white(color: str) -> None:
    luminance = linear(color) @ (0.2126, 0.7152, 0.0722)
    assert 1.05 / (luminance + 0.05) >= 3  # WCAG 2.1, 1.4.11


@pytest.mark.parametrize("reader", SEEN)
def test_no_two_colours_look_alike(reader: str) -> None:
    seen = [np.clip(np.array(SEEN[reader]) @ linear(color), 0, 1) for color in COLORS]
    lab = [np.array(OKLAB) @ np.cbrt(np.array(CONES) @ rgb) for rgb in seen]
    nearest = min(np.linalg.norm(a - b) for a, b in itertools.combinations(lab, 2))
    assert nearest > 0.08  # a just noticeable difference is 0.02


def test_fifty_six_series_can_be_told_apart_and_neighbours_in_three_ways() -> None:
    looks = [look(i) for i in range(56)]
    assert len({(own.color, own.marker) for own in looks}) == 56
    for one, other in itertools.pairwise(looks):
        assert one.color != other.color
        assert one.marker != other.marker
        assert one.dash != other.dash
