"""How far a training is, for whoever watches it."""

from typing import NamedTuple


class TrainingProgress(NamedTuple):
    """What a training says of itself a few times a second."""

    epoch: int
    epochs: int
    share: float  # of all steps
    seconds_left: float
    validation: str | None  # the headline of the last validation
    terms: dict[str, float]  # of the last step
