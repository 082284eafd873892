"""All about one run, on a screen or two."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from vibcli.config.record import called
from vibcli.reporting.tables.cells import bytes_in_words, number, plain_table
from vibcli.reporting.tables.metrics import metrics_table
from vibcli.store.query import as_text
from vibcli.store.records import Epoch, Run
from vibcli.tasks.find import task_of
from vibcli.tasks.task import Task

FIRST, LAST = 2, 3  # epochs at the ends that are shown; of the others the one that is kept
SHOWN = 4  # metrics of validation
CLASSES = 6
ANY = "{:.4g}"


def run_page(
    run: Run, status: str, files: Mapping[str, int], changed: Mapping[str, Any], full: bool
) -> list[RenderableType]:
    """The parts of the page.

    Args:
        run: what is shown.
        status: how it is now.
        files: its files with their bytes.
        changed: the settings that its variant does not have by itself.
        full: all settings, all epochs and all versions.
    """
    task = task_of(run.config)
    parts: list[RenderableType] = [
        Text.assemble((run.id, "bold"), f"  {status}"),
        Text(),
        _facts(_about(run, task, files, changed, full)),
    ]
    if run.epochs:
        parts += [Text(), _epochs(run, task, full)]
    if run.test is not None and run.selected is not None:
        columns = {f"test, epoch {run.selected.epoch}": run.test.selected}
        if run.selected.epoch != run.epochs[-1].epoch:
            columns[f"test, last epoch {run.epochs[-1].epoch}"] = run.test.last
        parts += [Text(), metrics_table(task, columns)]
    return parts


def _about(
    run: Run, task: Task, files: Mapping[str, int], changed: Mapping[str, Any], full: bool
) -> Iterable[tuple[str, str]]:
    """What is said of a run, line by line, with a title each."""
    variant = f"{task.name}, variant {run.config.variant}, seed {run.seed}"
    yield "what", variant + (f", called {run.name}" if run.name != run.config.variant else "")
    yield "made", f"{run.created[:16].replace('T', ' ')} UTC"
    if run.message:
        yield "message", run.message
    data = run.data
    yield "data", f"{data.name} ({data.source}), {data.kind}, fingerprint {data.fingerprint}"
    if data.revision:
        yield "revision", data.revision
    yield "columns", f"{', '.join(data.inputs)} -> {data.label}{_classes(data.classes)}"
    yield "rows", ", ".join(f"{count:,} {part}" for part, count in data.sizes.items())
    for note in data.notes:
        yield "note", note
    shown = run.config.settings if full else changed
    told = ", ".join(f"{called(k)} {_value(v)}" for k, v in shown.items())
    rest = "" if full else "; else " if told else ""
    usual = "" if full else f"as {run.config.variant} has by default (--full: all)"
    yield "settings", f"{told}{rest}{usual}"
    yield from _machine(run.environment, full)
    if run.selected is not None:
        kept = run.selected
        value = "" if kept.value is None else f", {number(kept.value, ANY)}"
        last = run.epochs[-1].epoch
        yield "kept", f"epoch {kept.epoch} of {last}: {kept.criterion}{value}"
    if run.timings:
        seconds = {k.removesuffix("_seconds"): v for k, v in run.timings.items()}
        yield "seconds", ", ".join(f"{what} {took:.1f}" for what, took in seconds.items())
    sizes = [f"{name} {bytes_in_words(size)}" for name, size in files.items()]
    yield "files", f"{', '.join(sizes)}; together {bytes_in_words(sum(files.values()))}"


def _machine(environment: Mapping[str, Any], full: bool) -> Iterable[tuple[str, str]]:
    known = {key: environment.get(key) for key in ("processor", "cores", "device", "threads")}
    named = ("{}", "{} cores", "on {}", "threads {}")
    parts = [
        form.format(value)
        for form, value in zip(named, known.values(), strict=True)
        if value is not None
    ]
    if full and environment.get("platform"):
        parts.append(str(environment["platform"]))
    yield "machine", ", ".join(parts)
    versions = dict(environment.get("versions", {}))
    if not full:
        versions = {name: versions[name] for name in ("vibcli", "torch") if name in versions}
    if "python" in environment:
        versions = {"Python": environment["python"], **versions}
    if versions:
        yield "versions", ", ".join(f"{name} {version}" for name, version in versions.items())


def _facts(facts: Iterable[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for title, text in facts:
        grid.add_row(Text(title), Text(text))
    return grid


def _classes(classes: Sequence[str]) -> str:
    if not classes:
        return ""
    more = f" and {len(classes) - CLASSES} more" if len(classes) > CLASSES else ""
    return f": {', '.join(classes[:CLASSES])}{more}"


def _epochs(run: Run, task: Task, full: bool) -> Table:
    """A line an epoch; without ``full`` the ends and what is around the one that is kept."""
    metrics = list(dict.fromkeys(key for epoch in run.epochs for key in epoch.validation))[:SHOWN]
    titles = {key: f"val. {_title(task, key)}" for key in metrics}
    table = plain_table(
        *("epoch", "train loss", *titles.values(), "seconds"),
        numbers=("epoch", "train loss", *titles.values(), "seconds"),
    )
    kept = None if run.selected is None else run.selected.epoch
    before = 0
    for epoch in run.epochs:
        ends = epoch.epoch <= FIRST or epoch.epoch > run.epochs[-1].epoch - LAST
        if not (full or ends or epoch.epoch == kept):
            continue
        if epoch.epoch > before + 1:
            table.add_row("...")
        before = epoch.epoch
        numbers = [_metric(task, key, epoch) for key in metrics]
        loss = number(epoch.train.get("loss_nats"), "{:.4f}")
        style = "bold" if epoch.epoch == kept else ""
        table.add_row(str(epoch.epoch), loss, *numbers, f"{epoch.seconds:.1f}", style=style)
    return table


def _title(task: Task, key: str) -> str:
    return task.metrics[key].title if key in task.metrics else key.replace("_", " ")


def _metric(task: Task, key: str, epoch: Epoch) -> str:
    form = task.metrics[key].form if key in task.metrics else ANY
    return number(epoch.validation.get(key), form)


def _value(value: Any) -> str:
    return "off" if value is None else as_text(value)
