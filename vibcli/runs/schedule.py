"""Many runs on one machine, at once where that helps."""

import functools
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from vibcli.config.record import DataSpec
from vibcli.data import Dataset, Description
from vibcli.data import load as load_data
from vibcli.device import Machine
from vibcli.errors import VibError
from vibcli.runs.perform import perform
from vibcli.runs.wanted import Place, Task
from vibcli.store.records import Run


def choose_jobs(jobs: int | None, runs: int, device: str) -> int:
    """How many processes train at once: as asked, else one a core and one for a GPU."""
    if jobs is not None:
        return min(jobs, runs)
    return 1 if Machine(device).start().type != "cpu" else min(os.cpu_count() or 1, runs)


def run_all(
    tasks: Sequence[Task],
    dataset: Dataset,
    spec: DataSpec,
    place: Place,
    machine: Machine,
    jobs: int,
    fresh: bool = False,
    on_wait: Callable[[str], None] = lambda _: None,
) -> Iterator[Run]:
    """Perform ``tasks``, ``jobs`` at a time, and yield each run when it is done.

    One task at a time is trained in this process with every core, several in one process and
    one share of the cores each; those load the data that ``spec`` asks for by themselves.
    """
    if jobs <= 1:
        for task in tasks:
            waiting = functools.partial(on_wait, task.folder(place.results, dataset.description).id)
            yield perform(task, dataset, place.results, machine, fresh, waiting)
        return
    import joblib

    threads = machine.threads or max(1, (os.cpu_count() or 1) // jobs)
    share = Machine(machine.device, threads)
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
    here = Path.cwd()  # worker processes are kept, wherever they were started
    yield from parallel(
        joblib.delayed(_perform_elsewhere)(
            here, task, dataset.description, spec, place, share, fresh
        )
        for task in tasks
    )


def _perform_elsewhere(
    here: Path,
    task: Task,
    about: Description,
    spec: DataSpec,
    place: Place,
    machine: Machine,
    fresh: bool,
) -> Run:
    _end_with_parent()
    os.chdir(here)
    dataset = _load(spec, place)
    if dataset.description.fingerprint != about.fingerprint:
        raise VibError(f"The data of '{about.name}' changed while the runs were under way.")
    return perform(task, dataset, place.results, machine, fresh)


@functools.cache
def _end_with_parent() -> None:
    """From now on end this process when the one that started it was killed."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)  # at any time: what is written is written atomically

    threading.Thread(target=watch, daemon=True).start()


@functools.lru_cache(maxsize=1)
def _load(spec: DataSpec, place: Place) -> Dataset:
    return load_data(spec, place.data_dir, place.use_cache)
