import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from compared import member
from recorded import run

from vibcli.comparison.member import Member
from vibcli.registry import TASKS
from vibcli.reporting.page.charts import charts
from vibcli.reporting.page.epochs import MOST_LINES, MOST_SPOTS, epoch_figures
from vibcli.store.records import Epoch, Run

CLASSIFICATION = TASKS.load("classification")


def trained(values: list[tuple[float | None, float | None]], **settings: object) -> Run:
    """A run with these accuracies of training and validation, and a loss that falls."""
    epochs = tuple(
        Epoch(
            epoch=i,
            train={"accuracy": a, "loss_nats": 2.0 / i, "lambda": 0.1},
            validation={"accuracy": b, "nll_nats": 1.0},
            seconds=1.0,
        )
        for i, (a, b) in enumerate(values, start=1)
    )
    return run(curve=[0.5] * len(values), **settings).updated(epochs=epochs)  # type: ignore[arg-type]


def spots(figure: object) -> list[str]:
    root = ElementTree.fromstring(figure.drawn)  # type: ignore[attr-defined]
    return [e[0].text or "" for e in root.iter("rect") if e.get("class") == "spot"]


def one(values: list[tuple[float | None, float | None]]) -> Member:
    return Member("vib", {0: trained(values)}, 0)


def test_a_single_run_has_training_and_validation_in_one_picture() -> None:
    single = one([(0.5, 0.4), (0.75, 0.6)])
    found = list(charts([single], CLASSIFICATION))
    assert [chart.title for chart in found] == ["accuracy", "training loss"]
    assert [line.name for line in found[0].lines] == ["validation", "training"]
    assert found[0].lines[0].values.tolist() == [[0.4, 0.6]]
    assert found[0].lines[1].values.tolist() == [[0.5, 0.75]]
    assert found[0].chosen == 1  # as `recorded.run` has it
    figures = epoch_figures([single], CLASSIFICATION, "it")
    assert [f.caption for f in figures.figures] == ["Accuracy (%)", "Training loss (nats)"]
    assert figures.legend is not None
    assert figures.legend.names == (
        ("validation", "var(--c0)", "none"),
        ("training", "var(--soft)", "9 2.7"),  # told apart without colours too
    )


def test_what_never_changes_is_not_drawn() -> None:
    titles = [chart.title for chart in charts([one([(0.5, 0.4), (0.7, 0.4)])], CLASSIFICATION)]
    assert "training lambda" not in titles
    assert "NLL" not in titles


def test_every_epoch_can_be_read_off_with_all_experiments() -> None:
    accuracies = {"accuracy": (0.5, 0.5, 0.5)}
    a = member("a", accuracies, "classification", [[0.1, 0.2], [0.3, 0.4], [0.2, 0.6]])
    b = member("<b>", accuracies, "classification", [[0.5, 0.6], [0.5, 0.6], [0.5, 0.6]])
    (figure,) = epoch_figures([a, b], CLASSIFICATION, "it", target=0.5).figures
    assert figure.caption == "Validation accuracy (%)"
    assert spots(figure) == [
        "epoch 1\na: 20.00% (10.00% to 30.00%)\n<b>: 50.00% (50.00% to 50.00%)",
        "epoch 2\na: 40.00% (20.00% to 60.00%)\n<b>: 60.00% (60.00% to 60.00%)",
    ]
    label = ElementTree.fromstring(figure.drawn).attrib["aria-label"]
    assert label == (
        "validation accuracy by epoch, it: a from 20.00% to 40.00%, mean of 3 seeds; "
        "<b> from 50.00% to 60.00%, mean of 3 seeds."
    )


def test_spots_lie_where_their_epochs_are_drawn() -> None:
    values = np.random.default_rng(0).random(9).tolist()
    single = one([(None, v) for v in values])
    figure = epoch_figures([single], CLASSIFICATION, "it").figures[0]
    root = ElementTree.fromstring(figure.drawn)
    (path,) = (e for e in root.iter("path") if "var(--c0)" in e.get("style", ""))
    xs = [float(x) for x, _ in re.findall(r"[ML]([\d.]+) ([\d.]+)", path.attrib["d"])]
    boxes = [e for e in root.iter("rect") if e.get("class") == "spot"]
    assert len(boxes) == len(xs) == 9
    for x, box in zip(xs, boxes, strict=True):
        left, width = (float(box.attrib[key]) for key in ("x", "width"))
        assert left - 0.1 <= x <= left + width + 0.1


def test_unknown_numbers_leave_gaps() -> None:
    single = one([(0.5, None), (None, 0.6), (0.7, 0.7)])
    (accuracy, _) = charts([single], CLASSIFICATION)
    assert [math.isnan(v) for v in accuracy.lines[0].values[0]] == [True, False, False]
    said = spots(epoch_figures([single], CLASSIFICATION, "it").figures[0])
    assert said[0] == "epoch 1\ntraining: 50.00%"


@pytest.mark.parametrize("seeds", [1, 2, MOST_LINES])
def test_few_seeds_are_lines_and_many_a_band(seeds: int) -> None:
    curves = np.random.default_rng(1).random((seeds, 5)).tolist()
    arms = [
        member(name, {"accuracy": [0.5] * seeds}, "classification", curves) for name in ("a", "b")
    ]
    (figure,) = epoch_figures(arms, CLASSIFICATION, "it").figures
    thin = figure.drawn.count("stroke-opacity:0.35")
    band = figure.drawn.count("fill-opacity:0.18")
    assert (thin, band) == {1: (0, 0), 2: (4, 0), MOST_LINES: (0, 2)}[seeds]


def test_runs_of_different_lengths_are_averaged_over_those_that_go_on() -> None:
    runs = {0: trained([(None, 0.2)]), 1: trained([(None, 0.4), (None, 0.8)], seed=1)}
    figure = epoch_figures([Member("a", runs, 0)], CLASSIFICATION, "it").figures[0]
    assert spots(figure) == [
        "epoch 1\nvalidation: 30.00% (20.00% to 40.00%)",
        "epoch 2\nvalidation: 80.00%",
    ]


def test_a_long_training_is_small_too() -> None:
    rng = np.random.default_rng(0)
    single = one([(v, v / 2) for v in rng.random(2000).tolist()])
    figure = epoch_figures([single], CLASSIFICATION, "it").figures[0]
    assert len(spots(figure)) == MOST_SPOTS
    assert len(figure.drawn) < 60_000


def test_runs_without_epochs_have_no_pictures() -> None:
    bare = Member("a", {0: run().updated(epochs=())}, 0)
    assert epoch_figures([bare], CLASSIFICATION, "it").figures == ()
