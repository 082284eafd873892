"""The page of a comparison: the answer, what it rests on, and what made it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from vibcli.comparison.compare import Comparison
from vibcli.comparison.content import lines
from vibcli.comparison.member import Member
from vibcli.comparison.verdict import answers
from vibcli.config.data import WATCHED
from vibcli.config.record import called
from vibcli.registry import TASKS
from vibcli.reporting.page.blocks import (
    Beside,
    Block,
    Command,
    Fact,
    Facts,
    Folded,
    Page,
    Pairs,
    Said,
    Section,
    Table,
    Text,
)
from vibcli.reporting.page.charts import in_column
from vibcli.reporting.page.epochs import epoch_figures
from vibcli.reporting.page.forest import forests
from vibcli.reporting.page.from_rich import table_of
from vibcli.reporting.page.pictures import drawn_of, files_shown
from vibcli.reporting.page.provenance import data_of, made_by
from vibcli.reporting.plots.text import seeds_of
from vibcli.reporting.scene import Scene
from vibcli.reporting.tables.cells import number
from vibcli.reporting.tables.comparison import explained, tables_of
from vibcli.reporting.tables.settings import setting_shown
from vibcli.store.records import Run
from vibcli.tasks.forms import written
from vibcli.tasks.task import Task

MOST_FACTS = 6


def comparison_page(scene: Scene, again: Sequence[str], pictures: Sequence[Path] = ()) -> Page:
    """A comparison as a page.

    Args:
        scene: with the comparison.
        again: the commands that make it again.
        pictures: files that were drawn of its models.
    """
    result = scene.comparison
    assert result is not None
    reference, *others = [member.name for member in scene.members]
    return Page(
        "Comparison",
        f"{_listed(others)} against {reference} on {result.dataset}",
        (*_answer(result, scene.members),),
        tuple(_sections(scene, result, again, pictures)),
        _facts(result),
    )


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _answer(result: Comparison, members: Sequence[Member]) -> Iterator[Said]:
    """What may be said of each experiment, and what speaks against it.

    What goes with it follows at once where there is but one to speak of.
    """
    found = answers(result)
    for one in found:
        yield Said(one.main, one.asides if len(found) == 1 else (), one.warnings)
    if any(run.config.watch == "test" for run in _runs(members)):
        yield Said("", (), (f"Mind that {WATCHED}.",))


def _facts(result: Comparison) -> Facts | None:
    """The quantity that decides, of each experiment."""
    task: Task = TASKS.load(result.task)
    known = [(row, found) for row in result.rows if (found := row.findings.get(result.primary))]
    if len(known) > MOST_FACTS:
        return None
    title, form = task.metrics[result.primary]
    return Facts(
        tuple(
            Fact(row.name, written(form, found.value.mean), f"{title}, {seeds_of(found.value.n)}")
            for row, found in known
        )
    )


def _sections(
    scene: Scene, result: Comparison, again: Sequence[str], pictures: Sequence[Path]
) -> Iterator[Section]:
    task: Task = TASKS.load(result.task)
    members, runs = scene.members, _runs(scene.members)
    if differences := tuple(forests(result, members, task)):
        how = Text(
            "Large dots are means over seeds, bars their intervals, small dots the seeds: the "
            f"difference to {members[0].name} of the same seed.",
            quiet=True,
        )
        said = [Text(f"{one.name}: {line}") for one in answers(result) for line in one.asides]
        more = (Folded("What else can be said", tuple(said)),) if len(members) > 2 and said else ()
        yield Section("Differences within seeds", (*differences, how, *more))
    tables = tuple(_captioned(table_of(table, "")) for table in tables_of(result))
    each = Folded("Every run as numbers", (_each(result, members, task),))
    yield Section("Numbers", (Beside(tables), Text(explained(result), quiet=True), each))
    yield Section("Epoch by epoch", tuple(_learnt(result, members, task)))
    names = _listed([member.name for member in members])
    shown_files = files_shown(pictures, f"{names}, {scene.title}")
    if drawn := (*drawn_of(scene, task), *shown_files):
        yield Section("Pictures", (Beside(drawn),))
    yield Section("Settings", tuple(_settings(result)))
    yield Section("Data", (data_of(runs[0]),))
    yield Section("How it was made", (made_by(runs),))
    if again:
        yield Section("Run it again", (Command("\n".join(again)),))


def _runs(members: Sequence[Member]) -> list[Run]:
    return [run for member in members for run in member.runs.values()]


def _captioned(table: Table) -> Table:
    """With the titles of its columns as what it is of."""
    first, *others = table.head
    said = ", ".join(dict.fromkeys(title for title in others if title != "seeds"))
    return table._replace(caption=f"{first}: {said}" if first else said, plain=True)


def _learnt(result: Comparison, members: Sequence[Member], task: Task) -> Iterator[Block]:
    targets = {row.common.target for row in result.rows if row.common is not None}
    target = targets.pop() if len(targets) == 1 else None
    yield epoch_figures(members, task, result.dataset, target)
    said = "Lines are means over seeds, thin lines or bands the seeds."
    if target is not None:
        said += " Dashed: the common target."
    yield Text(said, quiet=True)


def _each(result: Comparison, members: Sequence[Member], task: Task) -> Table:
    """A line for each run: its test metrics, and how it learnt."""
    found = lines(result, members)
    shown = {
        f"test_{key}": in_column(metric)
        for key, metric in task.metrics.items()
        if any(line[f"test_{key}"] is not None for line in found)
    }
    rows = []
    for line in found:
        cells = [number(line[key], metric.form) for key, metric in shown.items()]
        name = f"{line['name']}, seed {line['seed']}"
        rows.append((name, *cells, f"{line['best_epoch']}", f"{line['train_seconds']:.1f}"))
    titles = [metric.title for metric in shown.values()]
    head = ("run", *titles, "best epoch", "seconds")
    return Table(
        "Runs: metrics of the test part", head, tuple(rows), frozenset(range(1, len(head)))
    )


def _settings(result: Comparison) -> Iterator[Block]:
    names = [row.name for row in result.rows]
    if result.differing:
        rows = tuple(
            (called(setting), *(setting_shown(values[name]) for name in names))
            for setting, values in result.differing.items()
        )
        yield Table("Settings that differ", ("setting", *names), rows)
    same = tuple((called(name), setting_shown(value)) for name, value in result.constant.items())
    yield Folded("Settings that are the same for all", (Pairs(same, short=True),))
