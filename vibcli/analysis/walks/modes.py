"""Walks between two ends in one or all modes, in the terms of the data they go through."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import torch

from vibcli.analysis.walks import assumption
from vibcli.analysis.walks.distinctive_words import distinctive, usual_shares
from vibcli.analysis.walks.endpoints import Endpoint, raw
from vibcli.analysis.walks.views import Floats, LatentSpace, observed
from vibcli.analysis.walks.walk import Walk, blend, walk
from vibcli.data.dataset import Array, Dataset
from vibcli.data.prepare import Preprocessor
from vibcli.data.tabular import TabularPreprocessor
from vibcli.data.text import TextPreprocessor

WORDS = 6  # that a step of a walk through texts is told by

Reader = Callable[[Floats], list[Any]]


class Leg(NamedTuple):
    """A walk, what its values mean (see `reader`), and the nearest training examples as read."""

    walk: Walk
    readings: list[Any]  # [S]; None where nothing is decoded or it is a picture
    nearest: list[tuple[str | None, Array | None]]  # [S], text or pixels [C, H, W]


class Walks(NamedTuple):
    """Everything there is to see between two ends.

    ``inputs`` are the observed values ``[2, D]`` of the ends' own inputs, for an autoencoder, and
    ``input_readings`` what they mean; None between draws from the prior, and of a classifier.
    """

    start: Endpoint
    end: Endpoint
    legs: list[Leg]
    inputs: Floats | None
    input_readings: list[Any]
    ends: assumption.Ends
    codes: assumption.CodeMoments | None  # None where no training rows are at hand
    departures: list[str]  # from what the spherical walk assumes

    def content(self) -> dict[str, Any]:
        """All of it that can be JSON; pictures are not."""
        found = {}
        for leg in self.legs:
            steps = []
            for step, reading, (text, _) in zip(
                leg.walk.steps, leg.readings, leg.nearest, strict=True
            ):
                near = None if step.nearest is None else step.nearest._asdict() | {"text": text}
                steps.append(step._asdict() | {"nearest": near, "decoded": reading})
            found[leg.walk.mode] = steps
        first, last = self.input_readings
        return {
            "from": _origin(self.start, first),
            "to": _origin(self.end, last),
            "walks": found,
            "ends": self.ends._asdict(),
            "codes": None if self.codes is None else self.codes._asdict(),
            "departures": self.departures,
        }


def _origin(end: Endpoint, reading: Any) -> dict[str, Any]:
    return {**asdict(end.origin), "input": reading}


def take(
    space: LatentSpace,
    dataset: Dataset | None,
    preprocessor: Preprocessor,
    ends: tuple[Endpoint, Endpoint],
    modes: Sequence[str],
    steps: int,
    blended: bool,
) -> Walks:
    """Walk between the ends in each of ``modes``, and mix the inputs where ``blended``.

    ``dataset`` is None where ``space`` has no training rows.
    """
    start, end = ends
    walks = [walk(space, start.z, end.z, mode, steps) for mode in modes]
    if blended and (mixed := blend(space, start, end, steps)):
        walks.append(mixed)
    read = reader(space, preprocessor)
    inputs = None
    if space.likelihood is not None and start.x is not None and end.x is not None:
        pair = [observed(space, torch.from_numpy(x)) for x in (start.x, end.x)]
        inputs = torch.cat(pair).cpu().double().numpy()
    measured = assumption.ends(start.z, end.z)
    codes = assumption.code_moments(space.codes) if len(space.codes) else None
    return Walks(
        start,
        end,
        [_leg(space, dataset, read, walk) for walk in walks],
        inputs,
        [None, None] if inputs is None else read(inputs),
        measured,
        codes,
        assumption.departures(measured, codes),
    )


def _leg(space: LatentSpace, dataset: Dataset | None, read: Reader, walk: Walk) -> Leg:
    decoded = space.likelihood is not None and walk.values is not None
    readings = read(walk.values) if decoded and walk.values is not None else []
    nearest = [
        (None, None) if dataset is None or step.nearest is None else raw(dataset, *step.nearest[:2])
        for step in walk.steps
    ]
    return Leg(walk, readings or [None] * len(walk.steps), nearest)


def reader(space: LatentSpace, preprocessor: Preprocessor) -> Reader:
    """From observed values ``[S, D]`` to what they mean, a list of S.

    Of texts the words they stand out by, of tables a mapping from column to value in the data's
    own units, of pictures None.
    """
    if isinstance(preprocessor, TextPreprocessor):
        words = preprocessor.vocabulary
        usual = np.full(len(words), 1 / len(words))  # where no training text is at hand
        if len(space.codes):
            usual = usual_shares(space.train.x, len(words))
        return lambda values: [
            distinctive(row[: len(words)], usual, words, WORDS) for row in values
        ]
    if isinstance(preprocessor, TabularPreprocessor):
        return lambda values: _table_rows(preprocessor, values)
    return lambda values: [None] * len(values)


def _table_rows(preprocessor: TabularPreprocessor, values: Floats) -> list[dict[str, Any]]:
    columns = preprocessor.inverse(values)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
