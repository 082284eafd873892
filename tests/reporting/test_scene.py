from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from compared import member
from pictures import pixels_of

from vibcli.analysis.gallery import Gallery
from vibcli.comparison.compare import compare
from vibcli.comparison.member import Member
from vibcli.registry import TASKS, Entry
from vibcli.reporting.plots import regression
from vibcli.reporting.scene import Scene, draw_all
from vibcli.tasks.task import Picture, Task

SOME: Any = object()  # what the pictures below do not look at
DRAWN: list[str] = []


def draws_one(scene: Scene, path: Path) -> None:
    DRAWN.append(path.stem)
    path.write_text("new")


def draws_models(scene: Scene, path: Path) -> list[Path]:
    """A picture for each model, which may be none."""
    drawn = [path.with_name(f"{name}-{path.name}") for name in scene.models]
    for made in drawn:
        draws_one(scene, made)
    return drawn


def task_with(*pictures: tuple[str, str]) -> Task:
    """A task with these pictures: name, and what they are of."""
    made = []
    for name, of in pictures:
        function = "draws_models" if of == "models" else "draws_one"
        made.append(Picture(name, name, Here(function), of))  # type: ignore[arg-type]
    return replace(TASKS.load("regression"), pictures=tuple(made))


class Here(Entry):
    """Something in this file, which has no name to be imported by."""

    def load(self) -> Any:
        return globals()[self.target]


ALL = task_with(("", "records"), ("rows", "predictions"), ("plane", "models"))


@pytest.fixture
def place(tmp_path: Path) -> Callable[[str], Path]:
    DRAWN.clear()
    return lambda name: tmp_path / f"p{name}.png"


def scene(
    comparison: Any = None,
    predictions: Mapping[str, Any] | None = None,
    load_models: Any = None,
) -> Scene:
    return Scene("wine", "label", [], comparison, predictions or {}, load_models)


@pytest.mark.parametrize(
    ("there", "drawn"),
    [
        ({}, []),
        ({"comparison": SOME}, ["p"]),
        ({"predictions": {"a": {0: SOME}}}, ["prows"]),
        ({"load_models": lambda: {"a": SOME, "b": SOME}}, ["a-pplane", "b-pplane"]),
        ({"load_models": dict}, []),
        (
            {
                "comparison": SOME,
                "predictions": {"a": {0: SOME}},
                "load_models": lambda: {"a": SOME},
            },
            ["p", "prows", "a-pplane"],
        ),
    ],
)
def test_what_there_is_is_drawn(
    place: Callable[[str], Path], there: dict[str, Any], drawn: list[str]
) -> None:
    assert [path.stem for path in draw_all(scene(**there), ALL, place)] == drawn
    assert drawn == DRAWN


def test_what_is_there_already_is_named_and_not_drawn_again(place: Callable[[str], Path]) -> None:
    place("").write_text("old")
    place("rows").write_text("old")
    shown = scene(SOME, {"a": {0: SOME}})
    assert draw_all(shown, ALL, place) == [place(""), place("rows")]
    assert DRAWN == []
    assert place("").read_text() == "old"
    place("rows").unlink()
    assert draw_all(shown, ALL, place) == [place(""), place("rows")]
    assert DRAWN == ["prows"]


def test_pictures_of_models_are_drawn_again(place: Callable[[str], Path]) -> None:
    place("plane").write_text("old")
    place("plane").with_name("a-pplane.png").write_text("old")
    shown = scene(load_models=lambda: {"a": SOME})
    assert draw_all(shown, ALL, place) == [place("plane").with_name("a-pplane.png")]
    assert DRAWN == ["a-pplane"]


def test_models_are_read_once_and_only_if_they_are_looked_at(
    place: Callable[[str], Path],
) -> None:
    read = []

    def load() -> dict[str, Any]:
        read.append(1)
        return {"a": SOME}

    draw_all(scene(SOME, load_models=load), task_with(("", "records")), place)
    assert not read
    two = task_with(("plane", "models"), ("samples", "models"))
    draw_all(scene(load_models=load), two, place)
    assert len(read) == 1


def test_a_scene_without_data_has_no_models() -> None:
    assert scene().models == {}
    assert scene().galleries == {}


def test_what_models_make_of_pictures_is_made_once(
    place: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    grey = np.full((36, 1, 4, 4), 0.5, np.float32)

    def remember(saved: Any, part: Any, device: Any) -> Gallery:
        made.append(saved.name)
        return Gallery(grey[:10], grey[:10], grey)

    monkeypatch.setattr("vibcli.analysis.gallery.gallery", remember)

    def model(name: str, kind: str) -> Any:
        about = SimpleNamespace(kind=kind)
        config = SimpleNamespace(latent=5)
        run = SimpleNamespace(data=about, config=config)
        return SimpleNamespace(name=name, run=run, device="cpu"), None

    models = {"vae": model("vae", "image"), "table": model("table", "tabular")}
    shown = Scene("digits", "label", [], load_models=lambda: models)
    drawn = draw_all(shown, TASKS.load("autoencoding"), place)
    assert drawn == [place("reconstructions"), place("samples")]
    assert made == ["vae"]


def test_epochs_are_drawn_of_a_single_run(place: Callable[[str], Path]) -> None:
    one = member("a", {"rmse": (5.0,)}, "regression", [(9.0, 6.0)])
    assert draw_all(Scene("w", "y", [one]), task_with(("terms", "epochs")), place)
    unfinished = Member("a", {0: one.runs[0].updated(epochs=())}, 0)
    assert not draw_all(Scene("w", "y", [unfinished]), task_with(("terms", "epochs")), place)


def test_a_regression_is_drawn_from_its_records_and_predictions(
    place: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    members = [member(n, {"rmse": (5.0, 6.0)}, "regression", [(9.0, 6.0)] * 2) for n in "ab"]
    rng = np.random.default_rng(0)

    def predictions(seed: int) -> pa.Table:
        truth = rng.normal(size=30)
        said = {"label": truth, "prediction": truth + seed, "pit": rng.uniform(size=30)}
        return pa.table({name: pa.array(values) for name, values in said.items()})

    shown = Scene(
        title="wine",
        label="price",
        members=members,
        comparison=compare(members),
        predictions={"a": {0: predictions(0), 1: predictions(1)}, "b": {1: predictions(1)}},
    )
    asked: dict[str, Any] = {}
    for name in ("predicted_picture", "calibration_picture"):
        draw = getattr(regression, name)

        def remember(*a: Any, name: str = name, draw: Any = draw) -> None:
            asked[name] = a
            draw(*a)

        monkeypatch.setattr(regression, name, remember)
    drawn = draw_all(shown, TASKS.load("regression"), place)
    names = ("", "differences", "terms", "predicted", "calibration")
    assert drawn == [place(name) for name in names]
    for path in drawn:
        pixels_of(path)
    series, label, title, _ = asked["predicted_picture"]
    errors = {name: (said - truth).mean() for name, (truth, said) in series.items()}
    assert errors == {"a": 0, "b": pytest.approx(1)}  # of the first seed that each has
    assert (label, title) == ("price", "wine: predicted against true, first seed")
    seeds = {name: len(found) for name, found in asked["calibration_picture"][0].items()}
    assert seeds == {"a": 2, "b": 1}


def test_of_a_single_run_no_curves_are_drawn(place: Callable[[str], Path]) -> None:
    one = member("a", {"rmse": (5.0,)}, "regression", [(9.0, 6.0)])
    table = pa.table({"label": [1.0, 2.0], "prediction": [1.0, 2.5], "pit": [0.5, 0.25]})
    shown = Scene("wine/a/seed-0", "price", [one], predictions={"a": {0: table}})
    drawn = draw_all(shown, TASKS.load("regression"), place)
    assert drawn == [place("terms"), place("predicted"), place("calibration")]


@pytest.mark.parametrize("task", list(TASKS))
def test_every_picture_of_a_task_can_be_drawn_by_something(task: str) -> None:
    pictures = TASKS.load(task).pictures
    assert pictures
    assert len({picture.name for picture in pictures}) == len(pictures)
    for picture in pictures:
        assert callable(picture.draw.load())
        assert picture.of in ("records", "epochs", "predictions", "models")
