from pathlib import Path

import latent_spaces
import pytest
from latent_spaces import CLASSES
from pictures import colours_in

from vibcli.analysis.walks import pairs as walk_pairs
from vibcli.reporting.plots.looks import COLORS
from vibcli.reporting.plots.pairs import pairs_picture

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 25])
def test_three_walks_between_three_kinds_of_ends_are_drawn(tmp_path: Path, count: int) -> None:
    space = latent_spaces.numbers()
    chosen = walk_pairs.example_pairs(space.train, CLASSES, count, 0, None, None)
    report = walk_pairs.measure_pairs(space, space.train, chosen, 0)
    pairs_picture(report, f"$ between {count} pairs", tmp_path / "a.png")
    assert colours_in(tmp_path / "a.png") == set(COLORS[:3])
