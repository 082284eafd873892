"""How runs ended, in words."""

from collections.abc import Sequence
from typing import NamedTuple

from vibcli.errors import TrainingFailed
from vibcli.store.records import Run
from vibcli.tasks.find import task_of
from vibcli.tasks.headline import headline

NEAR = 0.05  # of its target, within which a rate counts as met


def outcome(run: Run) -> str:
    """One line on how a run ended."""
    if run.test is None:
        return f"{run.id}: {run.status}, {run.message}"
    tested = headline(task_of(run.config), run.test.selected)
    seconds = run.timings["train_seconds"]
    return f"{run.id}: test {tested.title} {tested.form}, {seconds:.1f} s"


class HeldRate(NamedTuple):
    """Rate of the training rows in the epoch that is kept, and the target that lambda adapts to."""

    rate: float
    target: float

    @property
    def missed(self) -> bool:
        """Whether the rate is off by more than a twentieth of the target."""
        return abs(self.rate / self.target - 1) > NEAR

    @property
    def words(self) -> str:
        """The two numbers, and whether they agree.

        >>> HeldRate(4.1, 4.0).words
        'rate in training 4.10 nats, target 4: met within 5%'
        >>> HeldRate(5.0, 4.0).words
        'rate in training 5.00 nats, target 4: missed by +25%'
        """
        told = f"missed by {self.rate / self.target - 1:+.0%}" if self.missed else "met within 5%"
        return f"rate in training {self.rate:.2f} nats, target {self.target:g}: {told}"

    @property
    def advice(self) -> str:
        """What to do where it is missed."""
        if self.rate > self.target:
            return "Train longer (--epochs), and keep the last epoch (--select last)."
        return "Below its target a rate is free: nothing in the data asks for more, or not yet."


def held_rate(run: Run) -> HeldRate | None:
    """How the rate of a complete run compares to its target; None where it has none."""
    if run.status != "complete" or run.selected is None or not run.config.has_effect("rate_target"):
        return None
    rate = run.epochs[run.selected.epoch - 1].train.get("rate_nats")
    return None if rate is None else HeldRate(rate, run.config.rate_target)


def fail_if_broken(runs: Sequence[Run]) -> None:
    """Raise if a run diverged or failed.

    Raises:
        TrainingFailed: naming them.
    """
    broken = [run for run in runs if run.status != "complete"]
    if broken:
        lines = [f"{run.id} {run.status}: {run.message}" for run in broken]
        raise TrainingFailed("\n".join(lines))
