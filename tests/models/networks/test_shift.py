from collections import Counter

import numpy as np
import pytest
import torch

from vibcli.models.networks.shift import shift
from vibcli.tasks.resolve import resolve, without_effect

PICTURES = torch.arange(1, 3 * 2 * 4 * 5 + 1, dtype=torch.uint8).reshape(3, 2, 4, 5)


def moves(pixels: int) -> dict[tuple[int, int], torch.Tensor]:
    """Each picture moved by each amount, written down the slow way."""
    found = {}
    for down in range(-pixels, pixels + 1):
        for right in range(-pixels, pixels + 1):
            moved = np.zeros_like(PICTURES.numpy())
            for row in range(4):
                for column in range(5):
                    if 0 <= row + down < 4 and 0 <= column + right < 5:
                        moved[:, :, row + down, column + right] = PICTURES[:, :, row, column]
            found[down, right] = torch.from_numpy(moved)
    return found


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("pixels", [1, 2, 7])
def test_each_picture_is_moved_as_a_whole(pixels: int, dtype: torch.dtype) -> None:
    rng = torch.Generator().manual_seed(0)
    expected = list(moves(pixels).values())
    for _ in range(20):
        moved = shift(PICTURES.to(dtype), pixels, rng)
        assert (moved.shape, moved.dtype) == (PICTURES.shape, dtype)
        for index, picture in enumerate(moved):
            assert any(picture.equal(e[index].to(dtype)) for e in expected)


def test_all_moves_are_equally_likely_and_pictures_move_independently() -> None:
    rng = torch.Generator().manual_seed(0)
    many = PICTURES[:1].expand(9_000, -1, -1, -1)
    where = {m[0].numpy().tobytes(): by for by, m in moves(1).items()}
    counts = Counter(where[picture.numpy().tobytes()] for picture in shift(many, 1, rng))
    assert len(counts) == 9
    assert all(abs(n - 1_000) < 5 * 1_000**0.5 for n in counts.values())


def test_without_generator_or_pixels_nothing_moves_and_nothing_is_drawn() -> None:
    rng = torch.Generator().manual_seed(0)
    before = rng.get_state()
    assert shift(PICTURES, 2, None) is PICTURES
    assert shift(PICTURES, 0, rng) is PICTURES
    assert rng.get_state().equal(before)


@pytest.mark.parametrize("kind", ["text", "tabular", "image"])
def test_it_is_a_setting_of_images_alone(kind: str) -> None:
    config = resolve("vib", kind, {"shift": 2})
    assert without_effect(["shift"], [config]) == ([] if kind == "image" else ["--shift"])
    same = config.digest("f") == resolve("vib", kind, {}).digest("f")
    assert same == (kind != "image")
    assert resolve("vib", kind, {"shift": 0}).shift is None
