"""`vib train`"""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vibcli.cli import session
from vibcli.cli.options import shared as options
from vibcli.cli.options.generated import with_settings
from vibcli.cli.output import note, print_json
from vibcli.cli.output import results as out
from vibcli.config.record import check_name, flag_of, resolve, without_effect
from vibcli.config.variants import DEFAULT_VARIANT, VARIANTS
from vibcli.errors import VibError

if TYPE_CHECKING:
    from vibcli.runs.wanted import Place
    from vibcli.store.records import Run

VARIANT_HELP = "; ".join(f"[bold]{name}[/bold]: {v.description}" for name, v in VARIANTS.items())


@with_settings
def train(
    *,
    settings: dict[str, Any],
    variant: Annotated[
        str,
        typer.Option(
            "--variant",
            help=f"Way to train. {VARIANT_HELP}.",
        ),
    ] = DEFAULT_VARIANT,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Call the experiment so, for vib compare.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of a single run.")] = 0,
    seeds: Annotated[
        int | None,
        typer.Option("--seeds", min=1, help="Train seeds 0 to N-1.", show_default=False),
    ] = None,
    fresh: options.Fresh = False,
    json: options.Json = False,
    results: options.Results = Path("results"),
    data_dir: options.DataDir = None,
    no_cache: options.NoCache = False,
    device: options.Device = "auto",
    threads: options.Threads = None,
    jobs: options.Jobs = None,
) -> None:
    """Train a model, test it, and save the run.

    The epoch is chosen on a validation part held out of the training data; the test part is
    used once, at the end. The same command again finds the run, or goes on with it if it was
    interrupted.

    [bold]vib train --dataset imdb --lambda 0.1[/bold]
    """
    experiment = variant if name is None else check_name(name)
    spec = session.check_settings(settings, [variant])
    place = session.place_of(results, data_dir, no_cache)
    dataset = session.open_data(spec, place)
    config = resolve(variant, dataset.description.kind, settings)
    if useless := without_effect(settings, [config]):
        raise VibError(f"{', '.join(useless)} has no effect on '{variant}' with these settings.")

    from vibcli.runs.wanted import Task

    tasks = [Task(experiment, config, k) for k in (range(seeds) if seeds else [seed])]
    found: dict[Task, Run] = {}
    for task in [] if fresh else tasks:
        if (run := task.folder(results, dataset.description).finished()) is not None:
            found[task] = run
    if found:
        note(f"{len(found)} of {len(tasks)} runs were trained before; --fresh trains them again.")
    if missing := [task for task in tasks if task not in found]:
        trained = session.perform(
            missing, dataset, spec, place, device=device, threads=threads, jobs=jobs, fresh=fresh
        )
        found |= dict(zip(missing, trained, strict=True))
    runs = [found[task] for task in tasks]
    if json:
        print_json([run.model_dump(mode="json") for run in runs])
    else:
        _show(runs, place, settings)
    session.fail_if_broken(runs)


def _show(runs: "list[Run]", place: "Place", settings: dict[str, Any]) -> None:
    complete = [run for run in runs if run.test is not None]
    if len(runs) > 1:
        from vibcli.cli.commands.runs import runs_table
        from vibcli.store.runs import Summary

        rows = [Summary.of(run.model_dump(mode="json")) for run in runs]
        out.print(runs_table(rows, out.width))
    elif complete:
        from vibcli.reporting.tables.metrics import metrics_table

        run = complete[0]
        assert run.test is not None
        assert run.selected is not None
        columns = {f"test, epoch {run.selected.epoch}": run.test.selected}
        if run.selected.epoch != run.epochs[-1].epoch:
            columns[f"test, last epoch {run.epochs[-1].epoch}"] = run.test.last
        out.print(f"{run.id}: epoch {run.selected.epoch}, {run.selected.criterion}", style="bold")
        out.print(metrics_table(columns))
    if not complete:
        return
    run = complete[-1]
    out.print()
    out.print(f"Saved in {place.results / run.id}", soft_wrap=True, markup=False)
    out.print(f"Next: {_next(run, place, settings)}", soft_wrap=True, markup=False)


def _next(run: "Run", place: "Place", settings: dict[str, Any]) -> str:
    """A comparison that makes use of the run: the same settings over several seeds."""
    reference, other = ("ae", "vae") if run.config.predicts == "input" else ("baseline", "vib")
    words = ["vib", "compare", reference, other if run.name == reference else run.name]
    if place.results != Path("results"):
        words += ["--results", str(place.results)]
    if place.data_dir is not None:
        words += ["--data-dir", str(place.data_dir)]
    plain = resolve(reference, run.config.kind, settings)
    for name, value in settings.items():
        if run.name not in VARIANTS and not plain.has_effect(name):
            continue  # a named experiment keeps its own settings
        for item in value if isinstance(value, list) else [value]:
            words += [flag_of(name), str(item)]
    return shlex.join(words)
