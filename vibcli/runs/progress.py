"""An observer that tells how far a training is."""

import time

from vibcli.runs.observer import Silent, Step
from vibcli.store.progress import TrainingProgress
from vibcli.store.records import Run
from vibcli.store.rundir import RunDir
from vibcli.tasks.find import task_of
from vibcli.tasks.headline import headline

TELL_SECONDS = 0.25


class TellProgress(Silent):
    """Writes the progress beside the record, a few times a second."""

    def __init__(self, folder: RunDir) -> None:
        self.folder = folder
        self.epochs = self.done = 0
        self.validation: str | None = None
        self.started = self.last = time.monotonic()

    def on_start(self, run: Run) -> None:
        """Note what was done before."""
        self.epochs, self.done = run.config.epochs, len(run.epochs)
        self.started = self.last = time.monotonic()
        self._note_validation(run)

    def on_step(self, step: Step) -> None:
        """Tell, if it is time to."""
        if time.monotonic() - self.last < TELL_SECONDS:
            return
        self.last = time.monotonic()
        passed = step.epoch - 1 + step.step / step.steps
        pace = (self.last - self.started) / (passed - self.done)  # seconds an epoch
        self.folder.tell_progress(
            TrainingProgress(
                epoch=step.epoch,
                epochs=self.epochs,
                share=passed / self.epochs,
                seconds_left=pace * (self.epochs - passed),
                validation=self.validation,
                terms=step.terms,
            )
        )

    def on_epoch(self, run: Run) -> None:
        """Note the validation."""
        self._note_validation(run)

    def on_end(self, run: Run) -> None:
        """Nothing more to tell."""
        self.folder.end_progress()

    def _note_validation(self, run: Run) -> None:
        if run.epochs:
            self.validation = headline(task_of(run.config), run.epochs[-1].validation).form
