"""What there is to be drawn of experiments, and the pictures that their task has of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vibcli.comparison.compare import Comparison
from vibcli.comparison.member import Member
from vibcli.tasks.task import Task

if TYPE_CHECKING:
    import pyarrow as pa

    from vibcli.analysis.gallery import Gallery
    from vibcli.data.prepare import Part
    from vibcli.runs.saved_model import SavedModel


@dataclass(frozen=True)
class Scene:
    """Experiments under the names that they are shown by.

    Attributes:
        title: of what is shown.
        label: the name of what is predicted.
        members: their records.
        comparison: what was found of them; None of a single run.
        predictions: what each seed said of the test rows, as far as that was kept.
        load_models: of one seed, models and their test rows; None where no data are at hand.
    """

    title: str
    label: str
    members: Sequence[Member]
    comparison: Comparison | None = None
    predictions: "Mapping[str, Mapping[int, pa.Table]]" = field(default_factory=dict)
    load_models: "Callable[[], Mapping[str, tuple[SavedModel, Part]]] | None" = None

    @cached_property
    def models(self) -> "Mapping[str, tuple[SavedModel, Part]]":
        """The models, read when they are first looked at."""
        return {} if self.load_models is None else self.load_models()

    @cached_property
    def galleries(self) -> "Mapping[str, Gallery]":
        """What those of the models that read pictures make of them, drawn once for all."""
        from vibcli.analysis.gallery import gallery  # PyTorch

        return {
            name: gallery(saved, test, saved.device)
            for name, (saved, test) in self.models.items()
            if saved.run.data.kind == "image"
        }


def draw_all(scene: Scene, task: Task, place: Callable[[str], Path]) -> list[Path]:
    """Draw the pictures that a task has, as far as the scene shows what they are of.

    A picture of records, epochs or predictions that is there already is not drawn again: the name
    says which runs it shows, and drawing takes a second.

    Args:
        scene: what there is.
        task: whose pictures.
        place: where a picture of this name belongs.
    """
    there: dict[str, Any] = {
        "records": scene.comparison,
        "epochs": [run for member in scene.members for run in member.runs.values() if run.epochs],
        "predictions": scene.predictions,
        "models": scene.load_models,
    }
    drawn: list[Path] = []
    for picture in task.pictures:
        path = place(picture.name)
        if not there[picture.of]:
            continue
        if picture.of == "models" or not path.exists():
            made = picture.draw.load()(scene, path)
            drawn += [path] if made is None else made
        else:
            drawn.append(path)
    return drawn
