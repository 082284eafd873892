from pathlib import Path

import pytest
import terrains
from pictures import colours_in
from terrains import CLASSES

from vibcli.analysis.walks import pairs as walk_pairs
from vibcli.reporting.plots.figure import COLOURS
from vibcli.reporting.plots.pairs import pairs_picture

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("count", [1, 25])
def test_three_walks_between_three_kinds_of_ends_are_drawn(tmp_path: Path, count: int) -> None:
    terrain = terrains.numbers()
    chosen = walk_pairs.example_pairs(terrain.train, CLASSES, count, 0, None, None)
    report = walk_pairs.measure(terrain, terrain.train, chosen, 0)
    pairs_picture(report, f"$ between {count} pairs", tmp_path / "a.png")
    assert colours_in(tmp_path / "a.png") == set(COLOURS[:3])
