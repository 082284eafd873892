"""What `vib eval` does."""

from pathlib import Path
from typing import NamedTuple

from vibcli.cli.actions.latent import look_into, show_latent
from vibcli.cli.options.choices import SPLITS
from vibcli.cli.output import headline, note, notes, print_json
from vibcli.cli.output import results as out
from vibcli.comparison.member import Member
from vibcli.config.data import Missing
from vibcli.data.dataset import Dataset
from vibcli.data.prepare import Part
from vibcli.errors import VibError, unknown
from vibcli.files import portable
from vibcli.reporting.plots.reliability import reliability_picture
from vibcli.reporting.scene import Scene, draw_all
from vibcli.reporting.tables.metrics import metrics_table
from vibcli.runs.origin import data_of
from vibcli.runs.rows import Labelled, labelled, run_part
from vibcli.runs.saved_model import SavedModel, load_model
from vibcli.runs.session import Session
from vibcli.store.listing import find_run
from vibcli.store.predictions import load_predictions
from vibcli.store.rundir import RunDir
from vibcli.tasks.classification.metrics import reliability
from vibcli.tasks.work import Evaluated


class EvalRequest(NamedTuple):
    """What was asked for; None and False where it was not."""

    split: str
    file: Path | None
    samples: int | None
    iw_samples: int | None
    seed: int | None
    reliability: Path | None
    pictures: bool
    latent: bool
    dataset: str | None
    missing: Missing | None

    @property
    def where(self) -> str:
        """On which rows."""
        return str(self.file) if self.file else self.split


def evaluate(session: Session, run: str, wanted: EvalRequest, json: bool) -> None:
    """Measure a saved run on some rows, and draw what was asked for."""
    _check(wanted)
    folder = find_run(session.results, run)
    # by default the run's own number of threads, and so its very digits
    threads = session.machine.threads or folder.read().environment["threads"]
    device = session.machine.with_threads(threads).start()
    saved = load_model(folder, device)
    _check_options(saved, wanted)
    with notes.status("Evaluating"):
        dataset = None if wanted.file else data_of(folder, session, wanted.dataset)
        part, said = _part(saved, dataset, wanted)
        for line in said:
            note(line)
        seed = saved.run.seed if wanted.seed is None else wanted.seed
    draws = wanted.iw_samples if "iw_samples" in saved.task.options else wanted.samples
    if wanted.latent:
        where = portable(wanted.file) if wanted.file else wanted.split
        with notes.status("Evaluating"):
            looked = look_into(saved, part, where, seed, folder, device)
        show_latent(looked, json)
        return
    with notes.status("Evaluating"):
        found = saved.task.work.evaluate(saved.learner, part, device, draws, seed)
    if wanted.reliability is not None:
        _draw_reliability(saved, part, found, wanted.where, wanted.reliability)
    if wanted.pictures:
        _draw(saved, folder, dataset or data_of(folder, session, wanted.dataset))
    if json:
        print_json(
            {
                "run": saved.run.id,
                "on": wanted.where,
                "samples": draws or found.metrics.get("iw_samples") or 0,
                "seed": seed,
                "metrics": found.metrics,
            }
        )
        return
    headline(f"{saved.run.id} on {wanted.where}, {len(part.y)} rows")
    column = wanted.file.name if wanted.file else wanted.split
    out.print(metrics_table(saved.task, {column: found.metrics}))
    if "samples" in saved.task.options:
        note(f"averaged over {draws} draws of z" if draws else "predicted from the mean of z")
    if wanted.reliability is not None:
        note(f"Reliability: {wanted.reliability}")


def _check(wanted: EvalRequest) -> None:
    """Refuse what cannot be meant, before anything is read.

    Raises:
        VibError: naming it.
    """
    if wanted.split not in SPLITS:
        raise VibError(unknown("split", wanted.split, SPLITS))
    if wanted.file and wanted.dataset and not wanted.pictures:
        raise VibError("--file and --dataset both say what to measure on: give one of them.")
    if wanted.missing and not wanted.file:
        raise VibError("--missing is for the rows of --file; the run's own are as they were.")
    picture = wanted.reliability
    if picture is not None and picture.suffix.lower() != ".png":
        raise VibError(unknown("format", picture.suffix or str(picture), [".png"]))
    others = (picture is not None, wanted.samples, wanted.iw_samples, wanted.pictures)
    if wanted.latent and any(others):
        raise VibError(
            "--samples, --iw-samples, --reliability and --pictures have no effect with --latent; "
            "leave them out."
        )


def _check_options(saved: SavedModel, wanted: EvalRequest) -> None:
    """Refuse options that are for other tasks.

    Raises:
        VibError: naming the option and the task.
    """
    for name in ("samples", "reliability", "iw_samples", "pictures"):
        given = getattr(wanted, name)
        if given is not None and given is not False and name not in saved.task.options:
            flag = "--" + name.replace("_", "-")
            raise VibError(f"{flag} does not apply: {saved.run.id} is of {saved.task.name}.")


def _part(saved: SavedModel, dataset: Dataset | None, wanted: EvalRequest) -> Labelled:
    if dataset is None:
        assert wanted.file is not None
        return labelled(saved, wanted.file, wanted.missing)
    part = run_part(saved, dataset, wanted.split)
    inputs = dataset.splits[part.split].inputs
    return Labelled(part, saved.preprocessor.remarks(inputs, part.rows))


def _draw_reliability(
    saved: SavedModel, part: Part, found: Evaluated, where: str, path: Path
) -> None:
    probabilities = found.outcome.log_probabilities  # type: ignore[attr-defined]  # has this option
    bins = reliability(probabilities, part.y)
    reliability_picture({saved.run.name: [bins]}, f"{saved.run.id} on {where}", path)


def _draw(saved: SavedModel, folder: RunDir, dataset: Dataset) -> None:
    """The pictures of the run's task, of its test part, beside the run."""
    run = saved.run
    predictions = load_predictions(folder)
    scene = Scene(
        title=run.id,
        label=run.data.label,
        members=[Member(run.name, {run.seed: run}, 0)],
        predictions={} if predictions is None else {run.name: {run.seed: predictions}},
        load_models=lambda: {run.name: (saved, run_part(saved, dataset, "test"))},
    )
    drawn = draw_all(scene, saved.task, lambda name: folder.beside(f"test-{name}.png"))
    nothing = f"none: {run.data.kind} data, latent not of 2 dimensions"
    note(f"Pictures: {', '.join(map(str, drawn)) or nothing}")
