from collections.abc import Sequence
from pathlib import Path
from typing import Any

import compared
import pytest
import recorded
from pictures import colours_in

from vibcli.comparison.compare import Asked, compare
from vibcli.comparison.member import Member
from vibcli.reporting.plots import curves
from vibcli.reporting.plots.figure import COLORS
from vibcli.store.records import Run
from vibcli.tasks.classification.task import TASK

pytestmark = pytest.mark.filterwarnings("error")


def member(name: str, *curves: Sequence[float]) -> Member:
    return Member(name, {s: recorded.run(name, s, curve) for s, curve in enumerate(curves)}, 0)


def draw_curves(path: Path, *members: Member, target: float | None = None) -> None:
    curves.validation_curves(members, compare(members, Asked(target=target)), path)


@pytest.mark.parametrize("count", [2, 9])
def test_each_experiment_has_a_curve_of_its_colour(tmp_path: Path, count: int) -> None:
    members = [
        member(f"{'n' * 50}{i}", (0.1 * i, 0.1 * i + 0.05), (0.1 * i, 0.1 * i + 0.02))
        for i in range(count)
    ]
    draw_curves(tmp_path / "a.png", *members)
    assert colours_in(tmp_path / "a.png") == set(COLORS[: min(count, 6)])


def test_a_single_seed_and_a_single_epoch_are_a_picture_too(tmp_path: Path) -> None:
    draw_curves(tmp_path / "a.png", member("a", (0.5,)), member("b", (0.75,)))
    assert len(colours_in(tmp_path / "a.png")) == 2


def test_the_curve_is_the_mean_of_the_runs_that_lasted_so_long() -> None:
    runs: list[Run] = [recorded.run(curve=c) for c in ((0.2, 0.4), (0.4, 0.8, 0.9))]
    of = TASK.convergence
    assert of is not None
    epochs, mean, spread = curves._curve(runs, of)
    assert epochs.tolist() == [1, 2, 3]
    assert mean == pytest.approx([0.3, 0.6, 0.9])
    assert spread == pytest.approx([0.1, 0.2, 0.0])


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e6])
def test_errors_are_drawn_in_the_unit_of_the_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unit: float
) -> None:
    members = [
        compared.member(
            name, {"rmse": (1.0, 1.0)}, "regression", [(a * unit, 2 * unit), (2 * a * unit, unit)]
        )
        for name, a in (("a", 5.0), ("b", 7.0))
    ]
    kept: list[Any] = []
    write = curves.save
    monkeypatch.setattr(curves, "save", lambda drawn, to: (kept.append(drawn), write(drawn, to)))
    draw_curves(tmp_path / "a.png", *members)
    assert colours_in(tmp_path / "a.png") == set(COLORS[:2])
    assert len(kept[0].axes[0].lines) == 2  # each pair has its own usual target
    draw_curves(tmp_path / "a.png", *members, target=1.5 * unit / 0.99)
    (axes,) = kept[1].axes
    assert axes.get_ylabel() == "validation RMSE"
    first, second, target = axes.lines
    assert first.get_ydata() == pytest.approx([7.5 * unit, 1.5 * unit])
    assert second.get_ydata() == pytest.approx([10.5 * unit, 1.5 * unit])
    assert target.get_ydata() == pytest.approx([1.5 * unit / 0.99] * 2)
    said = {1e-3: "0.001515", 1.0: "1.515", 1e6: "1,515,152"}[unit]
    assert target.get_label() == f"target {said}"
    assert axes.yaxis.get_offset_text().get_text() == ""  # no factor that is overlooked


def test_the_axis_tells_which_split_was_watched() -> None:
    held_out = member("a", (0.5,))
    run = held_out.runs[0]
    config = run.config.model_copy(update={"watch": "test"})
    watching = run.model_copy(update={"config": config})
    assert curves._watched([held_out]) == "validation"
    assert curves._watched([Member("b", {0: watching}, 0)]) == "test"
    assert curves._watched([held_out, Member("b", {0: watching}, 0)]) == "test or validation"
