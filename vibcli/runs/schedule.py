"""Many runs on one machine, at once where that helps."""

import functools
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from vibcli.config.data import DataSpec
from vibcli.data.dataset import Dataset, Description, LabelKind
from vibcli.data.load import load as load_data
from vibcli.errors import VibError
from vibcli.runs.perform import perform
from vibcli.runs.session import Session
from vibcli.runs.wanted import WantedRun
from vibcli.store.records import Run


def choose_jobs(session: Session, runs: int) -> int:
    """How many processes train at once: as asked, else one a core and one for a GPU."""
    if session.jobs is not None:
        return min(session.jobs, runs)
    on_gpu = session.machine.start().type != "cpu"
    return 1 if on_gpu else min(os.cpu_count() or 1, runs)


def run_all(
    wanted: Sequence[WantedRun],
    dataset: Dataset,
    spec: DataSpec,
    label: LabelKind | None,
    session: Session,
    on_wait: Callable[[str], None] = lambda _: None,
) -> Iterator[Run]:
    """Perform the runs, several at a time, and yield each when it is done.

    One run at a time is trained in this process with every core, several in one process and
    one share of the cores each; those load the data that ``spec`` and
    ``label`` ask for by themselves.
    """
    jobs, machine = choose_jobs(session, len(wanted)), session.machine
    if jobs <= 1:
        for one in wanted:
            id = one.folder(session.results, dataset.description).id
            waiting = functools.partial(on_wait, id)
            yield perform(one, dataset, session.results, machine, session.fresh, waiting)
        return
    import joblib

    threads = machine.threads or max(1, (os.cpu_count() or 1) // jobs)
    session = replace(session, machine=replace(machine, threads=threads))
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
    here = Path.cwd()  # worker processes are kept, wherever they were started
    yield from parallel(
        joblib.delayed(_perform_elsewhere)(here, one, dataset.description, spec, label, session)
        for one in wanted
    )


def _perform_elsewhere(
    here: Path,
    wanted: WantedRun,
    about: Description,
    spec: DataSpec,
    label: LabelKind | None,
    session: Session,
) -> Run:
    _end_with_parent()
    os.chdir(here)
    dataset = _load(spec, session.data_dir, session.use_cache, label)
    if dataset.description.fingerprint != about.fingerprint:
        raise VibError(f"The data of '{about.name}' changed while the runs were under way.")
    return perform(wanted, dataset, session.results, session.machine, session.fresh)


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
def _load(
    spec: DataSpec, data_dir: Path | None, use_cache: bool, label: LabelKind | None
) -> Dataset:
    return load_data(spec, data_dir, use_cache, label)
