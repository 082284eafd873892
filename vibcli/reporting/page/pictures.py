"""The pictures of a page that tasks draw, and those that lie beside a run."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from markupsafe import Markup

from vibcli.reporting.page.bitmaps import embedded
from vibcli.reporting.page.blocks import Figure
from vibcli.reporting.page.svg import inline
from vibcli.reporting.scene import Scene
from vibcli.tasks.task import Picture, Task

MOST_SVG = 60_000  # characters; what has more shapes than that is smaller as a bitmap


def drawn_of(scene: Scene, task: Task) -> Iterator[Figure]:
    """The pictures that a task has of predictions. Those of records a page draws by itself."""
    names = ", ".join(member.name for member in scene.members)
    with TemporaryDirectory() as folder:
        for picture in task.pictures:
            if picture.of == "predictions" and scene.predictions:
                words = f"{picture.title} of {names}, {scene.title}"
                for drawn in _drawn(picture, scene, Path(folder), words):
                    yield Figure(drawn, _sentence_case(picture.title), wide=True)


def _drawn(picture: Picture, scene: Scene, folder: Path, words: str) -> Iterator[Markup]:
    draw = picture.draw.load()
    path = folder / f"{picture.name or 'picture'}.svg"
    for file in draw(scene, path) or [path]:
        text = inline(file.read_text(encoding="utf-8"), words)
        if len(text) <= MOST_SVG:
            yield text
            continue
        bitmap = path.with_suffix(".png")
        for other in draw(scene, bitmap) or [bitmap]:
            if (found := embedded(other, words)) is not None:
                yield found


def files_shown(paths: Sequence[Path], of: str) -> Iterator[Figure]:
    """Pictures that are files; those that cannot be read are left out.

    Args:
        paths: of PNGs.
        of: what they are of, for those who do not see them.
    """
    for path in paths:
        title = path.stem.replace("-", " ")
        picture = embedded(path, f"{title} of {of}")
        if picture is not None:
            yield Figure(picture, _sentence_case(title), wide=True)


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
