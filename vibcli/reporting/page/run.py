"""The page of one run, and a page of several."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from vibcli.comparison.member import Member
from vibcli.config.data import WATCHED
from vibcli.reporting.page.blocks import (
    Beside,
    Block,
    Command,
    Fact,
    Facts,
    Folded,
    Page,
    Said,
    Section,
    Table,
    Text,
)
from vibcli.reporting.page.charts import in_column, metric_shown
from vibcli.reporting.page.epochs import epoch_figures
from vibcli.reporting.page.from_rich import table_of
from vibcli.reporting.page.pictures import drawn_of, files_shown
from vibcli.reporting.page.provenance import data_of, made_by, settings_of
from vibcli.reporting.scene import Scene
from vibcli.reporting.tables.cells import number
from vibcli.reporting.tables.metrics import metrics_table
from vibcli.store.records import Run
from vibcli.tasks.find import task_of
from vibcli.tasks.forms import written
from vibcli.tasks.headline import headline
from vibcli.tasks.task import Task

if TYPE_CHECKING:
    import pyarrow as pa

MOST_FACTS = 4
MOST_EPOCHS = 200  # rows of a table


class Told(NamedTuple):
    """A run, and what goes with it.

    ``again`` is the command that trains it, if there is one; ``predictions`` are what it said of
    the test rows, if that was kept; ``pictures`` are files beside it.
    """

    run: Run
    again: str
    predictions: "pa.Table | None" = None
    pictures: tuple[Path, ...] = ()


def run_page(told: Told) -> Page:
    """All that is known of one run; what came of it comes first."""
    run = told.run
    return Page(
        "Run",
        f"{run.name} on {run.data.name}",
        (_answer(run),),
        tuple(_sections(told, MOST_EPOCHS)),
        _facts(run),
    )


def runs_page(several: Sequence[Told], note: str) -> Page:
    """A section for each run; ``note`` says why they are not compared."""
    rows = [_line(told.run) for told in several]
    head = ("run", "status", "epochs", "test", "seconds")
    overview = Table("Runs", head, tuple(rows), frozenset({4}))
    sections = [
        Section(
            told.run.id,
            tuple(_texts(_answer(told.run))),
            tuple(_sections(told, MOST_EPOCHS // len(several))),
        )
        for told in several
    ]
    return Page(
        "Runs",
        f"{len(several)} runs",
        (Said("", (note,)),) if note else (),
        (Section("Overview", (overview,)), *sections),
    )


def _texts(said: Said) -> Iterator[Text]:
    return (Text(sentence) for sentence in (said.main, *said.asides, *said.warnings))


def _line(run: Run) -> tuple[str, ...]:
    tested = "-"
    if run.test is not None:
        shown = headline(task_of(run.config), run.test.selected)
        tested = f"{shown.title} {shown.form}"
    done = f"{len(run.epochs)} of {run.config.epochs}"
    return run.id, run.status, done, tested, f"{sum(run.timings.values()):.1f}"


def _answer(run: Run) -> Said:
    """What came of a run, and what is to be borne in mind."""
    if run.test is None or run.selected is None:
        done = f"{len(run.epochs)} of {run.config.epochs} epochs"
        why = (run.message,) if run.message else ()
        return Said(f"This run is not complete: {run.status} after {done}.", (), why)
    shown = headline(task_of(run.config), run.test.selected)
    return Said(
        f"Test {shown.title} {shown.form}, at epoch {run.selected.epoch} of {len(run.epochs)} "
        f"({run.selected.criterion}).",
        warnings=(f"Mind that {WATCHED}.",) if run.config.watch == "test" else (),
    )


def _facts(run: Run) -> Facts | None:
    """The numbers of the test part that a run is known by, and how long it took."""
    if run.test is None:
        return None
    task, tested = task_of(run.config), run.test.selected
    keys = dict.fromkeys([*task.headlines, *task.quantities])
    known = [(task.metrics[key], v) for key in keys if (v := tested.get(key)) is not None]
    facts = [Fact(shown.title, written(shown.form, v)) for shown, v in known[:MOST_FACTS]]
    seconds = run.timings.get("train_seconds")
    if seconds is not None:
        facts.append(Fact("training", f"{seconds:.1f} s", f"{len(run.epochs)} epochs"))
    return Facts(tuple(facts))


def _sections(told: Told, epochs: int) -> Iterator[Section]:
    run, task = told.run, task_of(told.run.config)
    if run.test is not None:
        yield Section("Test part", tuple(_tested(run, task)))
    if run.epochs:
        yield Section("Epoch by epoch", tuple(_learnt(run, task, epochs)))
    if pictures := tuple(_pictures(told, task)):
        yield Section("Pictures", (Beside(pictures),))
    yield Section("Settings", (settings_of(run),))
    yield Section("Data", (data_of(run),))
    yield Section("How it was made", (made_by([run]),))
    if told.again:
        same = Text(
            "The same version on the same data gives the same numbers, up to what another machine "
            "rounds otherwise.",
            quiet=True,
        )
        yield Section("Run it again", (Command(told.again), same))


def _tested(run: Run, task: Task) -> Iterator[Block]:
    assert run.test is not None
    assert run.selected is not None
    last = run.epochs[-1].epoch if run.epochs else run.selected.epoch
    columns = {f"epoch {run.selected.epoch} (selected)": run.test.selected}
    if run.selected.epoch != last:
        columns[f"epoch {last} (last)"] = run.test.last
    yield table_of(metrics_table(task, columns), "Metrics of the test part")
    yield Text(
        "One seed is one draw of split, order and initial weights. What another draw would give, "
        "vib compare says over several seeds.",
        quiet=True,
    )


def _learnt(run: Run, task: Task, epochs: int) -> Iterator[Block]:
    yield epoch_figures([Member(run.name, {run.seed: run}, 0)], task, run.id)
    if run.selected is not None:
        yield Text(f"Dotted: epoch {run.selected.epoch}, which was selected.", quiet=True)
    yield Folded("Epochs as numbers", (_epochs(run, task, epochs),))


def _epochs(run: Run, task: Task, most: int) -> Table:
    """A line for each of the last epochs, and all numbers that are known of it."""
    shown = run.epochs[-max(most, 1) :]
    columns = [
        (part, key)
        for part in ("validation", "train")
        for key in dict.fromkeys(key for epoch in shown for key in getattr(epoch, part))
    ]
    watched = run.config.watch or "validation"
    names = {"validation": watched, "train": "training"}
    shown_as = {key: in_column(metric_shown(task, key)) for _, key in columns}
    titles = [f"{names[part]} {shown_as[key].title}" for part, key in columns]
    rows = []
    for epoch in shown:
        cells = [number(getattr(epoch, part).get(key), shown_as[key].form) for part, key in columns]
        rows.append((str(epoch.epoch), *cells, f"{epoch.seconds:.2f}"))
    selected = "" if run.selected is None else f"; epoch {run.selected.epoch} was selected"
    left_out = f", the last {len(shown)} of {len(run.epochs)}" if shown != run.epochs else ""
    return Table(
        f"Epochs{left_out}{selected}",
        ("epoch", *titles, "seconds"),
        tuple(rows),
        frozenset(range(1, len(titles) + 2)),
    )


def _pictures(told: Told, task: Task) -> Iterator[Block]:
    run = told.run
    if told.predictions is not None:
        scene = Scene(
            title=run.id,
            label=run.data.label,
            members=[Member(run.name, {run.seed: run}, 0)],
            predictions={run.name: {run.seed: told.predictions}},
        )
        yield from drawn_of(scene, task)
    yield from files_shown(told.pictures, run.id)
