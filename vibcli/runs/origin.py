"""The data that a run was made on, wherever they are now."""

from collections.abc import Iterator
from pathlib import Path

from vibcli.config.data import DataSpec
from vibcli.data import cache
from vibcli.data.address import is_place
from vibcli.data.catalog import CATALOG
from vibcli.data.dataset import Dataset, label_kind
from vibcli.data.load import load
from vibcli.errors import DataError, RunError
from vibcli.runs.session import Session
from vibcli.store.records import Run
from vibcli.store.rundir import RunDir

GIVE = "say where they are with --dataset PATH."


class DataElsewhere(RunError):
    """The data of a run are in none of the places where they are looked for as they were."""


def data_of(folder: RunDir, session: Session, given: str | None = None) -> Dataset:
    """The data set that a run was made on, told from others by its fingerprint.

    Where nothing is ``given`` a named data set or one of the Hub is loaded as ever. A file or a
    folder is looked for where the record says, from the working directory and from the folder that
    the results are in, and then where data of this fingerprint were read last on this machine.

    Raises:
        DataElsewhere: it is in none of these places, or has changed.
        RunError: what was given is not what the run was made on.
        DataError: what was given cannot be read.
    """
    run = folder.read()
    if given is not None:
        dataset = _read(run, session, given)
        if not _same(run, dataset):
            raise RunError(_other(run, given, dataset))
        return dataset
    changed = problem = None
    for place in _places(folder, run, session):
        try:
            dataset = _read(run, session, place)
        except DataError as error:
            problem = problem or error
            continue
        if _same(run, dataset):
            return dataset
        changed = dataset.description.fingerprint
    if changed is not None:
        raise DataElsewhere(
            f"The data of {run.id} have changed since it was trained (fingerprint "
            f"{run.data.fingerprint}, now {changed}). If there is a copy as they were, {GIVE}"
        )
    reason = problem or f"There is no '{run.config.dataset}' here."
    raise DataElsewhere(f"The data of {run.id} are not found. {reason}\nIf you have them, {GIVE}")


def _places(folder: RunDir, run: Run, session: Session) -> Iterator[str]:
    """What to load, one after the other."""
    named = run.config.dataset
    local = is_place(run.data.source)
    if not local or session.data_dir is not None:
        yield named
    if local:
        beside = folder.path.resolve().parents[3]  # <beside>/results/<data>/<experiment>/<seed>
        found = [Path(named).expanduser(), beside / named]
        yield from dict.fromkeys(str(path) for path in found if path.exists())
        if (last := cache.recall_place(run.data.fingerprint)) is not None:
            yield str(last)
        if named in CATALOG and session.data_dir is None:
            yield named  # of a path no Hub is asked: there may be another data set of that name


def _read(run: Run, session: Session, where: str) -> Dataset:
    """The data at a place, read as those of the run were."""
    wanted = run.config.model_dump(include=set(DataSpec.model_fields)) | {"dataset": where}
    # a branch may have moved on since
    wanted["revision"] = run.data.revision if where == run.config.dataset else None
    label = label_kind(run.data.classes)
    return load(DataSpec(**wanted), session.data_dir, session.use_cache, label)


def _same(run: Run, dataset: Dataset) -> bool:
    return dataset.description.fingerprint == run.data.fingerprint


def _other(run: Run, given: str, dataset: Dataset) -> str:
    """What to say of data that are not the run's."""
    about = dataset.description
    rows = sum(len(split.labels) for split in dataset.splits.values())
    return (
        f"'{given}' is not what {run.id} was trained on: the fingerprint of its {rows} rows is "
        f"{about.fingerprint}, not {run.data.fingerprint}. To measure the run on other rows with "
        f"labels: vib eval RUN --file PATH"
    )
