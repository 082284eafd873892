"""Who is told of a training while it is under way, and changes nothing about it."""

from typing import NamedTuple, Protocol

from vibcli.models.learner import Terms
from vibcli.store.records import Run


class Step(NamedTuple):
    """A step that was taken: of which epoch, the how manieth of how many, and its terms."""

    epoch: int
    step: int
    steps: int
    terms: Terms


class Observer(Protocol):
    """Progress, a tracker, a pruner: `Silent` is one that does nothing."""

    def on_start(self, run: Run) -> None:
        """A training begins, or goes on after the epochs that ``run`` has."""
        ...

    def on_step(self, step: Step) -> None:
        """A step was taken."""
        ...

    def on_epoch(self, run: Run) -> None:
        """An epoch was validated and its checkpoint written; it is the last that ``run`` has."""
        ...

    def on_end(self, run: Run) -> None:
        """The training is over: complete, diverged, failed, or (``running``) interrupted."""
        ...


class Silent:
    """An observer that does nothing; others override what they need."""

    def on_start(self, run: Run) -> None:
        """Nothing."""

    def on_step(self, step: Step) -> None:
        """Nothing."""

    def on_epoch(self, run: Run) -> None:
        """Nothing."""

    def on_end(self, run: Run) -> None:
        """Nothing."""
