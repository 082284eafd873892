"""Where a walk starts and ends: test examples, draws from the prior, files of the user's."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from vibcli import randomness
from vibcli.analysis.walks.views import latents
from vibcli.data.dataset import Array, Dataset, Ints
from vibcli.data.image import Images
from vibcli.data.prepare import Part
from vibcli.data.text import Texts
from vibcli.errors import DataError, VibError, unknown
from vibcli.evaluation.codes import means
from vibcli.files import portable
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.runs.rows import new_rows
from vibcli.runs.saved_model import SavedModel

UNASKED = -1  # in place of a class


class WantedEnd(NamedTuple):
    """What is asked of an end, at most one of these; where nothing is, chance decides."""

    number: int | None = None  # of a test example, counted from 0
    class_name: str | None = None
    file: Path | None = None


@dataclass(frozen=True)
class FromTestPart:
    """A test example: its number, where it is in the data, its label, and its text if it is one.

    ``predicted`` is the class that a classifier takes it for, where its class was asked for.
    """

    index: int
    split: str
    row: int
    label: str | float
    text: str | None
    kind: str = "test"
    predicted: str | None = None

    @property
    def short(self) -> str:
        """For the name of a file."""
        return str(self.index)

    @property
    def long(self) -> str:
        """For a title."""
        return f"test example {self.index} ({label_text(self.label)})"


@dataclass(frozen=True)
class FromPrior:
    """A draw from the prior."""

    seed: int
    kind: str = "prior"

    @property
    def short(self) -> str:
        """For the name of a file."""
        return f"prior{self.seed}"

    @property
    def long(self) -> str:
        """For a title."""
        return "a prior draw"


@dataclass(frozen=True)
class FromFile:
    """A file of the user's; the digest is of the prepared input."""

    path: str
    digest: str
    text: str | None
    kind: str = "file"

    @property
    def short(self) -> str:
        """For the name of a file."""
        return f"{file_part(Path(self.path).stem)}-{self.digest}"

    @property
    def long(self) -> str:
        """For a title."""
        return Path(self.path).name


Origin = FromTestPart | FromPrior | FromFile


class Endpoint(NamedTuple):
    """An end of a walk, what it is, and the prepared input ``[1, ...]`` that it is the code of."""

    z: Tensor  # [K], float64 on the CPU
    origin: Origin
    x: Array | None  # None for a draw from the prior


def remark(origin: Origin) -> str | None:
    """What is to be said of an end that was asked for by its class, if it is taken for another."""
    if not isinstance(origin, FromTestPart) or origin.predicted in (None, origin.label):
        return None
    return (
        f"No test example of class '{origin.label}' is classified rightly; number {origin.index} "
        f"is taken for '{origin.predicted}'."
    )


def file_part(text: str) -> str:
    """``text`` as a part of a file's name."""
    return re.sub(r"[^\w.]+", "-", text).strip("-.")[:40]


def label_text(label: str | float) -> str:
    """A label in words: a class, or a number."""
    return label if isinstance(label, str) else f"{label:g}"


def prior_ends(model: BottleneckLearner, seed: int) -> tuple[Endpoint, Endpoint]:
    """Two independent draws from N(0, I)."""
    first, last = (
        Endpoint(_prior_draw(model, seed, which), FromPrior(seed), None) for which in ("from", "to")
    )
    return first, last


def _prior_draw(model: BottleneckLearner, seed: int, which: str) -> Tensor:
    rng = randomness.generator("cpu", seed, "prior endpoint", which)
    return torch.randn(model.bottleneck.latent, generator=rng).double()


def test_endpoint(
    saved: SavedModel,
    dataset: Dataset | None,
    test: Part,
    index: int,
    device: torch.device,
    said: int,
) -> Endpoint:
    """The code's mean of the test example with this number; ``said``: see `said_of`."""
    assert dataset is not None
    x = test.x[index : index + 1]
    row = int(test.rows[index])
    label = label_of(saved.run.data.classes, test.y[index])
    text, _ = raw(dataset, test.split, row)
    predicted = None if said == UNASKED else saved.run.data.classes[said]
    origin = FromTestPart(index, test.split, row, label, text, predicted=predicted)
    return Endpoint(latents(saved.model, x, device)[0], origin, x)


def file_endpoint(saved: SavedModel, path: Path, device: torch.device) -> Endpoint:
    """The code's mean of the one row of a file: an image, a text, or a table with a line.

    Raises:
        DataError: it cannot be read, lacks a column, or has more rows.
    """
    table, x, _ = new_rows(saved, path)
    if len(x) != 1:
        raise DataError(f"{path} has {len(x)} rows: a walk ends at one. Give a file with that row.")
    text = None
    if saved.run.data.kind == "text":
        columns = [n for n in saved.run.data.inputs if n in table.column_names]
        text = " ".join(str(table[n][0].as_py()) for n in columns or table.column_names)
    digest = hashlib.sha256(x.tobytes()).hexdigest()[:8]
    origin = FromFile(portable(path), digest, text)
    return Endpoint(latents(saved.model, x, device)[0], origin, x)


def label_of(classes: Sequence[str], label: Any) -> str | float:
    """A label in words, or as the number it is where there are no classes."""
    return classes[int(label)] if classes else float(label)


def wanted_ends(
    saved: SavedModel,
    dataset: Dataset | None,
    test: Part,
    seed: int,
    wanted: tuple[WantedEnd, WantedEnd],
    device: torch.device,
) -> tuple[Endpoint, Endpoint]:
    """The two ends that are wanted; see `choose_ends` and `file_endpoint` for what may be wrong.

    ``dataset`` may be None where both are files.
    """
    classes = saved.run.data.classes
    asked = [end.class_name for end in wanted if end.class_name is not None]
    said = said_of(saved.model, test, classes, asked, device)
    numbers = choose_ends(test, classes, seed, *wanted, said)
    first, last = (
        file_endpoint(saved, end.file, device)
        if end.file is not None
        else test_endpoint(saved, dataset, test, number or 0, device, int(said[number or 0]))
        for end, number in zip(wanted, numbers, strict=True)
    )
    return first, last


@torch.inference_mode()
def said_of(
    model: BottleneckLearner,
    test: Part,
    classes: tuple[str, ...],
    asked: Sequence[str],
    device: torch.device,
) -> Ints:
    """The class that a classifier says of each test example that is of one of those asked for.

    ``[N]``; `UNASKED` of the others, and where the model is no classifier.
    """
    said = np.full(len(test.y), UNASKED)
    for name in asked:
        rows = of_class(test, classes, name)
        codes = means(model, torch.from_numpy(test.x[rows]), device)
        if model.target.likelihood is None:
            probabilities = model.target.look(model.head(codes)).probabilities
            if probabilities is not None:
                said[rows] = probabilities.argmax(-1).numpy()
    return said


def choose_ends(
    test: Part,
    classes: tuple[str, ...],
    seed: int,
    start: WantedEnd,
    end: WantedEnd,
    said: Ints | None = None,
) -> tuple[int | None, int | None]:
    """Numbers of the test examples that a walk begins and ends at; None where that is a file.

    An end of a class is drawn from its test examples, from those that the model takes for it if
    there are any (``said``, as `said_of` gives it), another one than the other end if there is one.
    Where nothing is said the example is drawn from all, of another class if possible.

    Raises:
        VibError: there is no such test example or class.
    """
    rng = np.random.default_rng(randomness.derive(seed, "test endpoints"))
    wanted = [start, end]
    chosen: list[int | None] = [None, None]
    for i in sorted((0, 1), key=lambda i: _freedom(wanted[i])):
        if wanted[i].file is None:
            chosen[i] = _example(test, classes, rng, wanted[i], chosen[1 - i], said)
    return chosen[0], chosen[1]


def _freedom(wanted: WantedEnd) -> int:
    """What leaves chance less is chosen first."""
    return 1 if wanted.class_name is not None else 2 * (wanted == WantedEnd())


def _example(
    test: Part,
    classes: tuple[str, ...],
    rng: np.random.Generator,
    wanted: WantedEnd,
    other: int | None,
    said: Ints | None,
) -> int:
    everything = np.arange(len(test.y))
    if wanted.number is not None:
        if not 0 <= wanted.number < len(test.y):
            raise VibError(
                f"There is no test example {wanted.number}: they are numbered 0 to "
                f"{len(test.y) - 1}."
            )
        return wanted.number
    if wanted.class_name is not None:
        rows = of_class(test, classes, wanted.class_name)
        right = rows[:0] if said is None else rows[said[rows] == test.y[rows]]
        rows = right if len(right) else rows
        fitting = rows[rows != other] if other is not None else rows
    elif other is None:
        return int(rng.integers(len(test.y)))
    else:
        rows, fitting = everything, np.flatnonzero(test.y != test.y[other])
    return int(rng.choice(fitting if len(fitting) else rows))


def of_class(test: Part, classes: tuple[str, ...], name: str) -> Ints:
    """Numbers of the test examples of a class.

    Raises:
        VibError: there is no such class, or no example of it.
    """
    if not classes:
        raise VibError(
            "The label is a number and has no classes: leave out --from-class and --to-class."
        )
    if name not in classes:
        raise VibError(unknown("class", name, classes))
    rows = np.flatnonzero(test.y == classes.index(name))
    if not len(rows):
        raise VibError(f"No test example is of class '{name}'. Choose another one.")
    return rows


def raw(dataset: Dataset, split: str, row: int) -> tuple[str | None, Array | None]:
    """The raw input as a text or as pixels ``[C, H, W]``."""
    inputs = dataset.splits[split].inputs
    if isinstance(inputs, Texts):
        return inputs.strings[row].as_py(), None
    if isinstance(inputs, Images):
        return None, inputs.pixels[row]
    return None, None
