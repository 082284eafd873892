from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import recorded
from pictures import NAMES, figure_of, pixels_of, said_below, unreadable

from vibcli.comparison.member import Member
from vibcli.registry import TASKS
from vibcli.reporting.plots import terms as plots
from vibcli.reporting.plots.terms import Term, draw_terms, terms_of
from vibcli.reporting.scene import Scene
from vibcli.store.records import Epoch, Run
from vibcli.tasks.task import Task

pytestmark = pytest.mark.filterwarnings("error")

Values = Sequence[float | None]


def run_with(
    train: Mapping[str, Values], validation: Mapping[str, Values], task: str = "classification"
) -> Run:
    """A run whose epochs have these numbers."""
    count = max(len(values) for values in (*train.values(), *validation.values()))

    def at(i: int, found: Mapping[str, Values]) -> dict[str, float | None]:
        return {key: values[i] for key, values in found.items() if i < len(values)}

    epochs = tuple(
        Epoch(epoch=i + 1, train=at(i, train), validation=at(i, validation), seconds=1.0)
        for i in range(count)
    )
    return recorded.run(task=task).updated(epochs=epochs)


def vib(scale: float = 1.0, epochs: int = 4) -> Run:
    shrinking = [scale * 2.0**-i for i in range(epochs)]
    grown = [scale * (1 + i) for i in range(epochs)]
    return run_with(
        {
            "loss_nats": [2 * x for x in shrinking],
            "distortion_nats": shrinking,
            "rate_nats": grown,
            "accuracy": shrinking,
            "lambda": grown,
        },
        {"nll_nats": shrinking, "rate_nats": grown, "accuracy": shrinking},
    )


def baseline(epochs: int = 4) -> Run:
    falling = [1.0 - 0.1 * i for i in range(epochs)]
    return run_with(
        {"loss_nats": falling, "distortion_nats": falling},
        {"nll_nats": falling, "rate_nats": [None] * epochs},
    )


def draw(path: Path, members: Mapping[str, Sequence[Run]], task: str = "classification") -> Any:
    shown = [Member(name, dict(enumerate(runs)), 0) for name, runs in members.items()]
    drawn = figure_of(plots, "terms_picture", shown, TASKS.load(task), "wine: loss and rate", path)
    pixels_of(path)
    assert not unreadable(drawn)
    return drawn


def labels_of(drawn: Any) -> list[str]:
    (legend,) = drawn.legends
    return [text.get_text() for text in legend.get_texts()]


def test_terms_are_what_is_in_nats_and_known() -> None:
    task: Task = TASKS.load("classification")
    found = terms_of([vib(), vib(3.0)], task)
    assert list(found) == [
        Term("train", "loss_nats"),
        Term("train", "distortion_nats"),
        Term("train", "rate_nats"),
        Term("validation", "nll_nats"),
        Term("validation", "rate_nats"),
    ]
    rates = found[Term("validation", "rate_nats")]
    assert rates == pytest.approx(np.array([[1, 2, 3, 4], [3, 6, 9, 12]]))
    assert Term("validation", "rate_nats") not in terms_of([baseline()], task)
    assert terms_of([run_with({"error": [1.0]}, {})], task) == {}


def test_what_should_be_high_is_drawn_as_a_loss(tmp_path: Path) -> None:
    one = run_with({"loss_nats": [30.0, 20.0]}, {"elbo_nats": [-28.0, -22.0]}, task="autoencoding")
    found = terms_of([one], TASKS.load("autoencoding"))
    assert found[Term("validation", "elbo_nats")].tolist() == [[28, 22]]
    drawn = draw(tmp_path / "a.png", {"vae": [one]}, "autoencoding")
    assert labels_of(drawn) == ["train: loss", "validation: −ELBO"]


def test_loss_stands_above_the_rate_and_experiments_share_axes(tmp_path: Path) -> None:
    runs = {"baseline": [baseline()] * 3, "vib": [vib(), vib(2.0), vib(3.0)]}
    drawn = draw(tmp_path / "a.png", runs)
    loss, other, none, rate = drawn.axes
    assert loss.get_ylim() == other.get_ylim()
    assert none.get_ylim() == rate.get_ylim()
    assert [text.get_text() for text in none.texts] == ["none"]
    assert not none.lines
    assert loss.get_ylabel() == "loss (nats)"
    assert none.get_ylabel() == "rate (nats)"
    train, validation = rate.lines
    assert train.get_ydata() == pytest.approx([2, 4, 6, 8])
    assert len(rate.collections) == 2  # bands
    assert train.get_linestyle() != validation.get_linestyle()
    assert labels_of(drawn) == [
        *("train: loss", "train: distortion", "validation: NLL", "train: rate"),
        "validation: rate",
    ]
    assert said_below(drawn) == ["epoch", "band: one standard deviation over seeds each way"]


def test_an_axis_is_logarithmic_where_losses_are_far_apart(tmp_path: Path) -> None:
    near = draw(tmp_path / "a.png", {"a": [baseline()]}).axes[0]
    assert near.get_yscale() == "linear"
    far = draw(tmp_path / "b.png", {"a": [vib(epochs=12)] * 3}).axes
    assert [ax.get_yscale() for ax in far] == ["log", "linear"]


@pytest.mark.parametrize(
    "count",
    [1, 2, pytest.param(6, marks=pytest.mark.slow), pytest.param(9, marks=pytest.mark.slow)],
)
def test_any_number_of_experiments_can_be_read(tmp_path: Path, count: int) -> None:
    runs = {f"{i} {NAMES[i % len(NAMES)]}": [vib(1.0 + i)] * (1 + i % 3) for i in range(count)}
    drawn = draw(tmp_path / "a.png", runs)
    assert len([ax for ax in drawn.axes if ax.lines]) == 2 * count


def test_losses_that_are_constant_or_not_finite_are_drawn(tmp_path: Path) -> None:
    nan, inf = float("nan"), float("inf")
    odd = run_with(
        {"loss_nats": [inf, 3.0, nan], "rate_nats": [0.0, 0.0, 0.0]}, {"nll_nats": [None, -2.0]}
    )
    drawn = draw(tmp_path / "a.png", {"a": [odd]})
    assert [ax.get_yscale() for ax in drawn.axes] == ["linear", "linear"]
    single = run_with({"loss_nats": [1.0]}, {"nll_nats": [1.0]})
    draw(tmp_path / "b.png", {"a": [single] * 3})


def test_bands_of_positive_losses_stay_positive(tmp_path: Path) -> None:
    runs = [run_with({"loss_nats": [x, 1.0]}, {}) for x in (0.01, 0.01, 9.0)]
    (ax,) = draw(tmp_path / "a.png", {"a": runs}).axes
    (band,) = ax.collections
    assert band.get_paths()[0].vertices[:, 1].min() == pytest.approx(0.01)


def test_nothing_is_drawn_where_nothing_is_in_nats(tmp_path: Path) -> None:
    scene = Scene("wine", "label", [Member("a", {0: run_with({"error": [1.0]}, {})}, 0)])
    assert draw_terms(scene, tmp_path / "a.png") == []
    scene = Scene("wine", "label", [Member("a", {0: vib()}, 0)])
    assert draw_terms(scene, tmp_path / "a.svg") == [tmp_path / "a.svg"]
    assert ">train: rate</text>" in (tmp_path / "a.svg").read_text(encoding="utf-8")
