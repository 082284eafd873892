"""A live display of runs under way, in this process or in others.

It reads what the runs write beside their records, so it needs no channel to them.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from vibcli.cli.output import notes
from vibcli.store.progress import TrainingProgress
from vibcli.store.records import Run
from vibcli.store.rundir import RunDir

POLL_SECONDS = 0.25
BAR, NAME = 10, 20  # columns of the terminal
# terms that are shown, where there is room: key, name, digits
TERMS = (("loss_nats", "loss", 3), ("rate_nats", "rate", 1), ("distortion_nats", "dist", 3))
SPARE = 3  # columns left free, so that a ^C does not break the line


@contextmanager
def watching(folders: Sequence[RunDir]) -> Iterator[Callable[[Run], None]]:
    """Show a line for each run that is training and one for all, until the context ends.

    Yields a function to call with each run that is done.
    """
    for folder in folders:
        if folder.exists() and not folder.is_locked():
            folder.end_progress()  # of a process that was killed
    display = _Display(folders)
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(display, over), daemon=True)
    with Live(display.lines, console=notes, transient=True, refresh_per_second=4):
        watcher.start()
        try:
            yield lambda run: display.done.add(run.id)
        finally:
            over.set()
            watcher.join()


def _watch(display: "_Display", over: threading.Event) -> None:
    while not over.wait(POLL_SECONDS):
        display.update()


class _Display:
    """What is shown of the runs; one run has a bar to itself, several share one."""

    def __init__(self, folders: Sequence[RunDir]) -> None:
        self.folders = folders
        self.done: set[str] = set()
        bar, status = BarColumn(BAR), TextColumn("{task.fields[status]}")
        name = TextColumn("{task.description}", markup=False)
        single = len(folders) == 1
        self.each = Progress(name, *([bar] if single else []), status, console=notes)
        self.all = Progress(name, bar, status, console=notes)
        self.lines = Group(self.each) if single else Group(self.all, self.each)
        self.total = self.all.add_task("all", total=len(folders), status="")
        self.shown: dict[str, TaskID] = {}
        used = max(len(_short(folder.id)) for folder in folders) + (BAR + 1 if single else 0)
        self.room = notes.width - used - 1 - SPARE
        self.started = time.monotonic()
        self.first: float | None = None  # runs that were done when the watch began

    def update(self) -> None:
        """Read what the runs say."""
        finished = float(len(self.done))
        for folder in self.folders:
            said = None if folder.id in self.done else folder.progress()
            if said is not None:
                finished += said.share
                if folder.id not in self.shown:
                    name = _short(folder.id)
                    self.shown[folder.id] = self.each.add_task(name, total=1.0, status="")
                status = _status(said, self.room)
                self.each.update(self.shown[folder.id], completed=said.share, status=status)
            elif folder.id in self.shown:
                self.each.remove_task(self.shown.pop(folder.id))
        if self.first is None and finished:
            self.first, self.started = finished, time.monotonic()
        status = f"{len(self.done)}/{len(self.folders)} runs"
        if gained := finished - (self.first or 0.0):
            passed = time.monotonic() - self.started
            status += f", {_clock(passed * (len(self.folders) - finished) / gained)} left"
        self.all.update(self.total, completed=finished, status=status)


def _short(id: str) -> str:
    """``imdb/vib-1a2b3c4d/seed-0`` -> ``vib 0``."""
    _, experiment, seed = id.split("/")
    name, seed = experiment.rsplit("-", 1)[0], seed.removeprefix("seed-")
    room = NAME - len(seed) - 1
    return f"{name if len(name) <= room else name[: room - 1] + '…'} {seed}"


def _status(said: TrainingProgress, room: int) -> str:
    """Epoch, time left, and of the rest what fits into ``room`` characters."""
    parts = [f"{said.epoch}/{said.epochs}", f"{_clock(said.seconds_left)} left"]
    more = [f"{name} {said.terms[key]:.{digits}f}" for key, name, digits in TERMS[:1]]
    if said.validation is not None:
        more.append(f"val {said.validation}")
    more += [
        f"{name} {said.terms[key]:.{digits}f}"
        for key, name, digits in TERMS[1:]
        if "rate_nats" in said.terms and key in said.terms
    ]
    for part in more:
        if len(" ".join((*parts, part))) <= room:
            parts.append(part)
    return " ".join(parts)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
