from typing import Any

import numpy as np
import pytest
from pictures import NAMES

from vibcli.reporting.plots.by_class import MOST, draw_points, grouped
from vibcli.reporting.plots.figure import figure
from vibcli.reporting.plots.looks import look

pytestmark = pytest.mark.filterwarnings("error")


def test_each_class_that_occurs_is_a_group_with_the_look_of_its_number() -> None:
    place, groups = grouped(np.array([3, 0, 3]), ["a", "b", "c", "d"])
    assert [(group.number, group.name) for group in groups] == [(0, "a"), (3, "d")]
    assert [group.look for group in groups] == [look(0), look(3)]
    assert place.tolist() == [1, 0, 1]


def test_of_many_classes_the_largest_have_a_look_of_their_own() -> None:
    labels = np.concatenate([np.arange(30), np.arange(11, 30)])  # 11 classes with a single row
    place, groups = grouped(labels, [f"c{i}" for i in range(30)])
    assert len(groups) == MOST
    assert [group.number for group in groups[:-1]] == list(range(11, 30))
    assert groups[-1].name == "11 smaller classes"
    assert (place[:11] == MOST - 1).all()
    assert groups[-1].look not in [group.look for group in groups[:-1]]


def test_areas_of_one_colour_have_another_hatch() -> None:
    _, groups = grouped(np.arange(20), [str(i) for i in range(20)])
    assert len({(group.look.color, group.hatch) for group in groups}) == 20


@pytest.mark.parametrize("classes", [1, 10, 40])
def test_every_point_is_drawn_once(classes: int) -> None:
    _, ax = figure(4, 4)
    points = np.random.default_rng(0).normal(size=(500, 2))
    labels = np.arange(500) % classes
    names = [NAMES[c % len(NAMES)] for c in range(classes)]
    found = draw_points(ax, points, labels, names)
    clouds: Any = ax.collections
    shown = np.concatenate([np.asarray(cloud.get_offsets()) for cloud in clouds])
    assert np.sort(shown, axis=0) == pytest.approx(np.sort(points, axis=0))
    assert len(found.handles) == len(found.labels) == min(classes, MOST)
    # classes are drawn by turns, so that the last one hides none
    colours = [tuple(cloud.get_facecolor()[0]) for cloud in clouds]
    assert classes == 1 or colours[0] in colours[min(classes, MOST) :]


def test_no_points_are_no_picture_of_anything() -> None:
    _, ax = figure(4, 4)
    found = draw_points(ax, np.zeros((0, 2)), np.zeros(0, int), ["a"])
    assert found.labels == []
