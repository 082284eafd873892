import numpy as np
import pytest
from compared import AE, VAE, member
from scipy import stats

from vibcli.comparison.compare import Asked, compare
from vibcli.comparison.member import Member
from vibcli.registry import TASKS
from vibcli.reporting.page.blocks import Forest
from vibcli.reporting.page.forest import Scale, forests
from vibcli.tasks.task import Task

CLASSIFICATION: Task = TASKS.load("classification")
REFERENCE = (0.90, 0.91, 0.92, 0.93)
CURVE = [[0.1, 0.5, 0.6, 0.7]] * 4


def classifier(name: str, accuracies: tuple[float, ...], nll: float = 1.0) -> Member:
    tested = {"accuracy": accuracies, "nll_nats": [nll + 0.1 * i for i in range(len(accuracies))]}
    return member(name, tested, "classification", CURVE[: len(accuracies)])


def drawn(*members: Member, **asked: object) -> list[Forest]:
    result = compare(members, Asked(fixed=True, **asked))  # type: ignore[arg-type]
    task: Task = TASKS.load(result.task)
    return list(forests(result, members, task))


def test_each_row_has_mean_interval_and_seeds_on_one_scale() -> None:
    differences = np.array([0.01, 0.03, 0.02, 0.05])
    better = tuple(a + d for a, d in zip(REFERENCE, differences, strict=True))
    first, *_ = drawn(classifier("a", REFERENCE), classifier("b", better), margin=1.0)
    (row,) = first.rows
    points = 100 * differences
    half = stats.sem(points) * stats.t.ppf(0.975, 3)
    low, high = points.mean() - half, points.mean() + half
    assert row.cells[0] == f"+{points.mean():.2f} [{low:+.2f}, {high:+.2f}]"
    assert row.low is not None
    assert row.high is not None
    assert first.band is not None
    # places are linear in numbers: -1 and 1, the margin, are the ends of the band
    left, right = first.band

    def place(value: float) -> float:
        return float((left + right) / 2 + value * (right - left) / 2)

    assert first.zero == pytest.approx(place(0), abs=0.02)
    assert row.mean == pytest.approx(place(points.mean()), abs=0.05)
    assert (row.low, row.high) == pytest.approx((place(low), place(high)), abs=0.05)
    assert [x for x, _ in row.dots] == pytest.approx([place(p) for p in points], abs=0.05)
    assert [text for _, text in row.dots][1] == "b, seed 1: +3.00 points"
    for x, text in first.ticks:
        assert x == pytest.approx(place(float(text.replace("−", "-"))), abs=0.05)
        assert 0 <= x <= 100
    assert first.ends == ("← less accurate", "more accurate →")
    assert "1 points" in first.note
    assert "--margin" in first.note


def test_there_is_one_for_each_quantity_that_a_verdict_speaks_of() -> None:
    found = drawn(classifier("a", REFERENCE), classifier("b", REFERENCE, 2.0))
    assert [one.caption for one in found] == [
        "Test accuracy, difference to a",
        "NLL, difference to a",
        "Epochs to 99% of its own best, difference to a",
        "Epochs to the common target, difference to a",
    ]
    assert all(one.band is None for one in found[1:])
    assert {row.name for one in found for row in one.rows} == {"b"}


def test_autoencoders_have_those_that_they_share() -> None:
    quantities = TASKS.load("autoencoding").quantities
    titles = [quantities[key].title for key in ("distortion_at_mean_nats", "sample_energy")]
    captions = [one.caption.lower() for one in drawn(AE, VAE)]
    assert captions == [f"{title}, difference to ae" for title in titles]


def test_one_seed_has_no_interval() -> None:
    one = classifier("a", REFERENCE[:1]), classifier("b", REFERENCE[:1])
    for forest in drawn(*one):
        (row,) = forest.rows
        assert (row.low, row.high) == (None, None)
        assert len(row.dots) == 1


def test_experiments_keep_the_colour_that_their_curves_have() -> None:
    arms = [classifier(name, REFERENCE) for name in "abc"]
    assert [row.color for row in drawn(*arms)[0].rows] == ["var(--c1)", "var(--c2)"]


def test_a_scale_has_room_for_all_and_survives_what_is_not_finite() -> None:
    scale = Scale.over([0.0, -1.0, 3.0, float("inf")])
    assert 0 < scale.place(-1) < scale.place(0) < scale.place(3) < 100
    assert (scale.place(-1e9), scale.place(1e9)) == (0, 100)
    assert Scale.over([0.0]).place(0) == 50
