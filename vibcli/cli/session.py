"""From what was typed to data and runs: the part that `train` and `compare` share."""

from collections.abc import Container, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from vibcli.cli.output import note, notes
from vibcli.config.record import DataSpec, validate
from vibcli.config.variants import VARIANTS
from vibcli.errors import TrainingFailed, VibError, unknown
from vibcli.store.headline import headline

if TYPE_CHECKING:
    from vibcli.data import Dataset
    from vibcli.runs.wanted import Place, Task
    from vibcli.store.records import Run


def open_data(spec: DataSpec, place: "Place") -> "Dataset":
    """Load the data, saying what was guessed about them."""
    from vibcli.data import load

    with notes.status(Text(f"Reading {spec.dataset}")):
        dataset = load(spec, place.data_dir, place.use_cache)
    for line in dataset.description.notes:
        note(line)
    return dataset


def perform(
    tasks: "Sequence[Task]",
    dataset: "Dataset",
    spec: DataSpec,
    place: "Place",
    *,
    device: str,
    threads: int | None,
    jobs: int | None,
    fresh: bool,
) -> "list[Run]":
    """Perform tasks with a live display; a line tells of each run that ends."""
    from vibcli.cli.progress import watching
    from vibcli.device import Machine
    from vibcli.runs.schedule import choose_jobs, run_all

    folders = [task.folder(place.results, dataset.description) for task in tasks]
    runs = []
    with watching(folders) as done:
        for run in run_all(
            tasks,
            dataset,
            spec,
            place,
            Machine(device, threads),
            choose_jobs(jobs, len(tasks), device),
            fresh,
            on_wait=lambda id: note(f"Another process is training {id}; waiting for it."),
        ):
            done(run)
            note(outcome(run))
            runs.append(run)
    order = {folder.id: index for index, folder in enumerate(folders)}
    return sorted(runs, key=lambda run: order[run.id])


def train_missing(
    tasks: "Sequence[Task]",
    done: "Container[Task]",
    dataset: "Dataset",
    spec: DataSpec,
    place: "Place",
    *,
    label: str = "",
    device: str,
    threads: int | None,
    jobs: int | None,
    fresh: bool,
) -> "dict[Task, Run]":
    """Perform those of ``tasks`` that are not ``done``; a line says how many they are."""
    missing = [task for task in tasks if task not in done]
    if not missing:
        return {}
    note(f"{label}{len(missing)} of {len(tasks)} runs are to be trained.")
    runs = perform(
        missing, dataset, spec, place, device=device, threads=threads, jobs=jobs, fresh=fresh
    )
    return dict(zip(missing, runs, strict=True))


def outcome(run: "Run") -> str:
    """One line on how a run ended."""
    if run.test is None:
        return f"{run.id}: {run.status}, {run.message}"
    tested = headline(run.test.selected)
    seconds = run.timings["train_seconds"]
    return f"{run.id}: test {tested.title} {tested.value}, {seconds:.1f} s"


def fail_if_broken(runs: "Sequence[Run]") -> None:
    """Raise if a run diverged or failed.

    Raises:
        TrainingFailed: naming them.
    """
    broken = [run for run in runs if run.status != "complete"]
    if broken:
        lines = [f"{run.id} {run.status}: {run.message}" for run in broken]
        raise TrainingFailed("\n".join(lines))


def place_of(results: Path, data_dir: Path | None, no_cache: bool) -> "Place":
    """Where data and results are."""
    from vibcli.runs.wanted import Place

    return Place(results, data_dir, not no_cache)


def check_settings(settings: dict[str, Any], variants: Sequence[str]) -> DataSpec:
    """Check what was typed before any data are read."""
    for variant in variants:
        if variant not in VARIANTS:
            raise VibError(unknown("variant", variant, VARIANTS))
    return validate(settings)
