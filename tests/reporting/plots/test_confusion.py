from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import NAMES, figure_of, pixels_of, said_below, unreadable

from vibcli.reporting.plots import confusion as plots
from vibcli.reporting.plots.confusion import over_seeds, shown_apart

pytestmark = pytest.mark.filterwarnings("error")

Counts = NDArray[np.integer]


def counts_of(classes: int, seed: int) -> Counts:
    """What a fair model takes rows for."""
    rng = np.random.default_rng(seed)
    return rng.poisson(20 * np.eye(classes) + rng.random((classes, classes)) ** 8)


def draw(path: Path, experiments: dict[str, list[Counts]], classes: list[str]) -> Any:
    return figure_of(plots, "confusion_picture", experiments, classes, "wine: confusion", path)


def test_means_over_seeds_are_of_percents_and_of_rows() -> None:
    # the second seed has twice the rows of the first class, and none of the last
    one = np.array([[1, 1, 0], [0, 4, 0], [1, 0, 3]])
    two = np.array([[4, 0, 0], [2, 2, 0], [0, 0, 0]])
    found = over_seeds([one, two])
    assert found.percent == pytest.approx(np.array([[75, 25, 0], [25, 75, 0], [25, 0, 75]]))
    assert found.rows == pytest.approx(np.array([[2.5, 0.5, 0], [1, 3, 0], [0.5, 0, 1.5]]))


def test_a_class_that_no_seed_has_is_not_known() -> None:
    found = over_seeds([np.array([[3, 0], [0, 0]])])
    assert found.percent[0].tolist() == [100, 0]
    assert np.isnan(found.percent[1]).all()


def test_up_to_thirty_classes_are_shown_apart() -> None:
    experiments = {"a": [counts_of(30, 0)]}
    assert shown_apart(experiments, ["c"] * 30) == (experiments, ["c"] * 30, 0)


def test_of_more_those_with_few_errors_become_one() -> None:
    counts = 9 * np.eye(40, dtype=int)
    counts[3, 5], counts[8, 39] = 4, 2  # errors of 3, 5, 8 and 39 alone
    names = [f"c{i}" for i in range(40)]
    merged, kept, rest = shown_apart({"a": [counts], "b": [counts]}, names)
    assert len(kept) == 30
    assert kept[:5] == ["c0", "c1", "c2", "c3", "c4"]  # of equals the first
    assert {"c8", "c39"} <= set(kept)
    assert kept[-1] == "all others"
    assert rest == 11
    (found,) = merged["a"]
    assert found.sum() == counts.sum()
    assert found[-1, -1] == 9 * 11
    assert found[kept.index("c8"), kept.index("c39")] == 2
    assert found[kept.index("c3"), kept.index("c5")] == 4


@pytest.mark.parametrize(
    ("classes", "experiments"),
    [
        *((2, 1), (3, 2), (10, 2), (13, 1)),
        pytest.param(12, 3, marks=pytest.mark.slow),
        pytest.param(30, 2, marks=pytest.mark.slow),
        pytest.param(30, 3, marks=pytest.mark.slow),
        pytest.param(100, 1, marks=pytest.mark.slow),
    ],
)
def test_any_number_of_classes_can_be_read(tmp_path: Path, classes: int, experiments: int) -> None:
    names = [f"{i} {NAMES[i % len(NAMES)]}" for i in range(classes)]
    seeds = {
        f"{i} {NAMES[4]}": [counts_of(classes, 9 * i + s) for s in range(3)]
        for i in range(experiments)
    }
    drawn = draw(tmp_path / "a.png", seeds, names)
    pixels_of(tmp_path / "a.png")
    assert not unreadable(drawn)
    panels = [ax for ax in drawn.axes if ax.images]
    assert len(panels) == experiments
    assert {ax.images[0].get_array().shape for ax in panels} == {(min(classes, 30),) * 2}
    cells = {len(ax.texts) for ax in panels}
    assert (max(cells) > 0) == (classes <= plots.NUMBERED)


def test_cells_tell_percent_and_rows(tmp_path: Path) -> None:
    drawn = draw(tmp_path / "a.png", {"a": [np.array([[3, 1], [0, 12]])]}, ["no", "yes"])
    (panel,) = drawn.axes
    assert [text.get_text() for text in panel.texts] == ["75.0", "3", "25.0", "1", "100", "12"]
    assert [text.get_text() for text in panel.get_xticklabels()] == ["no", "yes"]
    assert panel.get_ylabel() == "true class"
    axis, notes = said_below(drawn)
    assert axis == "taken for"
    assert notes == "lines add up to 100%; percent of the true class, below it how many rows"


def test_classes_without_numbers_say_how_many_rows_they_have(tmp_path: Path) -> None:
    counts = 2 * np.eye(20, dtype=int)
    drawn = draw(tmp_path / "a.png", {"a": [counts, 2 * counts]}, [f"c{i}" for i in range(20)])
    assert drawn.axes[0].get_yticklabels()[3].get_text() == "c3 (3)"
    assert "means over seeds" in said_below(drawn)[1].replace("\n", " ")


def test_a_class_without_rows_is_a_dash(tmp_path: Path) -> None:
    drawn = draw(tmp_path / "a.png", {"a": [np.array([[3, 0], [0, 0]])]}, ["no", "yes"])
    assert [text.get_text() for text in drawn.axes[0].texts] == ["100", "3", "–", "–"]


def test_it_is_drawn_as_svg_too(tmp_path: Path) -> None:
    draw(tmp_path / "a.svg", {"a": [counts_of(3, 0)]}, ["red", "green", "blue"])
    assert ">green</text>" in (tmp_path / "a.svg").read_text(encoding="utf-8")
