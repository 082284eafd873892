from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import NAMES, colours_in, figure_of, pixels_of, unreadable

from vibcli.reporting.plots import reliability as plots
from vibcli.reporting.plots.looks import COLORS
from vibcli.reporting.plots.text import literal
from vibcli.tasks.classification.metrics import Reliability, reliability

pytestmark = pytest.mark.filterwarnings("error")


def bins_of(seed: int, classes: int = 2, n: int = 60) -> Reliability:
    """The bins of a model that is right as often as it is confident."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(classes, 0.7), n)
    return reliability(np.log(p), np.array([rng.choice(classes, p=row) for row in p]))


def draw_reliability(path: Path, experiments: dict[str, list[Reliability]]) -> Any:
    """Draw it and hand out the figure, of which the file is a picture."""
    return figure_of(plots, "reliability_picture", experiments, "wine on test", path)


def said_of(drawn: Any) -> list[str]:
    (legend,) = drawn.legends
    return [text.get_text() for text in legend.get_texts()]


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8, 9])
def test_each_experiment_has_a_panel_and_a_histogram(tmp_path: Path, count: int) -> None:
    names = [*NAMES, "a", "b"][:count]
    experiments = {name: [bins_of(10 * i + s) for s in range(3)] for i, name in enumerate(names)}
    drawn = draw_reliability(tmp_path / "a.png", experiments)
    panels = [ax for ax in drawn.axes if ax.collections]
    assert [ax.get_title()[:6] for ax in panels] == [literal(n)[:6] for n in names]
    assert [label.split(": ECE")[0] for label in said_of(drawn)[:-1]] == [literal(n) for n in names]
    assert not unreadable(drawn)
    assert len([ax for ax in drawn.axes if ax.patches]) == count
    assert len({ax.get_position().bounds for ax in drawn.axes}) == len(drawn.axes)
    assert {ax.get_xlim() for ax in drawn.axes} == {panels[0].get_xlim()}
    assert colours_in(tmp_path / "a.png") == set(COLORS[: min(count, 6)])


def test_a_panel_shows_the_mean_of_the_seeds_that_have_rows_in_a_bin(tmp_path: Path) -> None:
    nan = float("nan")
    one = Reliability(np.array([0, 3, 1]), np.array([nan, 0.5, 0.7]), np.array([nan, 0.0, 0.5]))
    two = Reliability(np.array([0, 0, 4]), np.array([nan, nan, 0.95]), np.array([nan, nan, 1.0]))
    drawn = draw_reliability(tmp_path / "a.png", {"a": [one, two]})
    panel, histogram = drawn.axes
    (_, line, *seeds), (marks,) = panel.lines, panel.collections
    assert line.get_xdata() == pytest.approx([50, 82.5])
    assert line.get_ydata() == pytest.approx([0, 75])
    assert [seed.get_ydata()[1] for seed in seeds] == [50, 100]
    assert marks.get_offsets().tolist() == [[50, 0], [82.5, 75]]
    # 3/8 and 5/8 of the rows, in this proportion above the smallest
    areas = marks.get_sizes() - plots.SMALLEST
    assert areas == pytest.approx(np.array([0.375, 0.625]) * (plots.LARGEST - plots.SMALLEST))
    assert [bar.get_height() for bar in histogram.patches] == pytest.approx([37.5, 62.5])
    # 3/4 of 0.5 and 1/4 of 0.2 for the first seed, 0.05 for the second
    assert said_of(drawn) == ["a: ECE 0.2375 (2 seeds)", plots.CALIBRATED]


def test_the_band_is_of_bins_that_three_seeds_have(tmp_path: Path) -> None:
    rows, confidence = np.array([2, 2]), np.array([0.4, 0.9])
    right = ([0.0, 1.0], [0.5, 1.0], [0.5, 0.5])
    seeds = [Reliability(rows, confidence, np.array(accuracy)) for accuracy in right]
    panel, _ = draw_reliability(tmp_path / "a.png", {"a": seeds}).axes
    band, _ = panel.collections
    corners = band.get_paths()[0].vertices
    deviation = 100 * np.std([0, 0.5, 0.5], ddof=1)
    for x, low, high in (
        (40, 100 / 3 - deviation, 100 / 3 + deviation),
        (90, 250 / 3 - deviation, 100),
    ):
        at = corners[np.isclose(corners[:, 0], x), 1]
        assert (at.min(), at.max()) == pytest.approx((low, high))


def test_reliability_is_drawn_of_what_is_extreme(tmp_path: Path) -> None:
    certain = reliability(np.array([[0.0, -np.inf]]), np.array([1]))  # one row, wrong
    drawn = draw_reliability(tmp_path / "a.png", {"a": [certain], "b": [bins_of(0, classes=10)]})
    assert said_of(drawn)[0] == "a: ECE 1.0000 (1 seed)"
    alone = draw_reliability(tmp_path / "b.png", {"a": [certain]}).axes[0]
    assert alone.get_xlim() == (47, 103)  # the diagonal stays in sight
    pixels_of(tmp_path / "b.png")


def test_reliability_is_drawn_the_same_again(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        draw_reliability(tmp_path / name, {"a": [bins_of(0)], "b": [bins_of(1)]})
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
