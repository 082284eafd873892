"""`vib reproduce`"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.text import Text

from vibcli.cli import session
from vibcli.cli.options import shared as options
from vibcli.cli.output import note, notes, print_json
from vibcli.cli.output import results as out
from vibcli.errors import VibError, unknown

if TYPE_CHECKING:
    from vibcli.data import Dataset, Description
    from vibcli.device import Machine
    from vibcli.recipes import Recipe
    from vibcli.recipes.claims import Finding
    from vibcli.recipes.lookup import Recorded, Runs
    from vibcli.runs.wanted import Place, Task
    from vibcli.store.records import Run


def reproduce(
    *,
    name: Annotated[
        str | None,
        typer.Argument(help="A recipe, or a path to one of yours (.toml).", show_default=False),
    ] = None,
    show_list: Annotated[bool, typer.Option("--list", help="List the recipes.")] = False,
    protocol: Annotated[
        str | None,
        typer.Option("--protocol", help="This protocol only.", show_default=False),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option("--seeds", min=1, help="Seeds 0 to N-1 only.", show_default=False),
    ] = None,
    no_train: Annotated[
        bool,
        typer.Option(
            "--no-train", help="Refuse to train what is missing; then no data are read either."
        ),
    ] = False,
    fresh: options.Fresh = False,
    json: options.Json = False,
    results: options.Results = Path("results"),
    data_dir: options.DataDir = None,
    no_cache: options.NoCache = False,
    device: options.Device = "auto",
    threads: options.Threads = None,
    jobs: options.Jobs = None,
) -> None:
    """Do a publication's experiments again and hold its claims against the runs.

    What is missing is trained. Then there is a line for each claim: our number with its 95%
    interval over seeds, and whether the claim is reproduced, not reproduced, or we cannot tell.

    [bold]Bounds[/bold] ("at least 89%") are reproduced if the whole interval keeps them, not
    reproduced if none of it does. [bold]Values[/bold] ("1.13% error") are reproduced if the
    interval contains them or is better throughout, not reproduced if it is worse throughout; but
    an interval that contains the value and is wider than twice the claimed difference, or contains
    no difference as well, cannot tell. A published value is taken as it stands, without an error.
    [bold]Differences[/bold] ("better than the baseline") go by the interval of the differences,
    paired by seed: not reproduced if nowhere better than 0, or if a gain as large as the claim's
    margin (the least that would count) lies outside the interval, else reproduced if better than 0
    throughout. In all other cases, with fewer than two seeds, where fewer than six seeds all agree
    to the last digit, and where a run broke down, we cannot tell.

    [bold]Epochs to the threshold:[/bold] until the watched accuracy reaches 99% of the mean best
    one of the recipe's first experiment; a run that never gets there counts with all its epochs.

    [bold]vib reproduce su2018-imdb --protocol honest[/bold]
    """
    from vibcli.recipes import load, packaged

    if show_list:
        _list(results, json)
        return
    if name is None:
        raise VibError(f"Name a recipe: {', '.join(packaged())}. See: vib reproduce --list")
    if no_train and fresh:
        raise VibError("--fresh trains and --no-train refuses to; give one of them.")
    recipe = load(name)
    if protocol is not None and protocol not in recipe.protocols:
        raise VibError(unknown("protocol", protocol, recipe.protocols))
    protocols = list(recipe.protocols) if protocol is None else [protocol]
    count = seeds or recipe.seeds
    failed: list[Run] = []
    if no_train:
        found = _recorded(recipe, protocols, results, count)
    else:
        place = session.place_of(results, data_dir, no_cache)
        found, failed = _trained(recipe, protocols, place, count, device, threads, jobs, fresh)
    _show(recipe, found, json)
    session.fail_if_broken(failed)


def _recorded(
    recipe: "Recipe", protocols: Sequence[str], results: Path, seeds: int
) -> "dict[str, Recorded]":
    """The runs that are there.

    Raises:
        VibError: some are missing.
    """
    from vibcli.recipes.lookup import incomplete, recorded

    found = {protocol: recorded(recipe, protocol, results, seeds) for protocol in protocols}
    if missing := sum(incomplete(recipe, there, seeds) for there in found.values()):
        wanted = seeds * len(protocols) * len(recipe.experiments)
        raise VibError(
            f"{missing} of {wanted} runs are missing and --no-train was given. "
            "Leave it out to train them."
        )
    return found


def _trained(
    recipe: "Recipe",
    protocols: Sequence[str],
    place: "Place",
    seeds: int,
    device: str,
    threads: int | None,
    jobs: int | None,
    fresh: bool,
) -> "tuple[dict[str, Recorded], list[Run]]":
    """All runs of the recipe, and those of them that broke down."""
    from vibcli.device import Machine
    from vibcli.recipes.lookup import recorded
    from vibcli.runs.wanted import Task

    dataset = session.open_data(recipe.data, place)
    about = dataset.description
    found, failed = {}, []
    for protocol in protocols:
        configs = {
            experiment: recipe.config(protocol, experiment, about.kind)
            for experiment in recipe.experiments
        }
        tasks = [
            Task(recipe.run_name(protocol, experiment), config, seed)
            for seed in range(seeds)
            for experiment, config in configs.items()
        ]
        done = {} if fresh else _finished(tasks, about, place.results)
        done |= session.train_missing(
            tasks,
            done,
            dataset,
            recipe.data,
            place,
            label=f"{protocol}: ",
            device=device,
            threads=threads,
            jobs=jobs,
            fresh=fresh,
        )
        failed += [run for run in done.values() if run.status != "complete"]
        _sample(recipe, list(done.values()), dataset, place.results, Machine(device, threads))
        found[protocol] = recorded(recipe, protocol, place.results, seeds, about.fingerprint)
    return found, failed


def _finished(tasks: "Sequence[Task]", about: "Description", results: Path) -> "dict[Task, Run]":
    """The runs that need no training."""
    found = ((task, task.folder(results, about).finished()) for task in tasks)
    return {task: run for task, run in found if run is not None}


def _sample(
    recipe: "Recipe",
    runs: "Sequence[Run]",
    dataset: "Dataset",
    results: Path,
    machine: "Machine",
) -> None:
    """Evaluate finished runs with the numbers of draws that the recipe asks for."""
    from vibcli.recipes import sampled
    from vibcli.store.runs import RunDir

    folders = {run.id: RunDir(results, run.id) for run in runs if run.status == "complete"}
    lacking = {
        run.id: counts
        for run in runs
        if run.id in folders
        and (counts := sampled.lacking(run, sampled.read(folders[run.id]), recipe.samples))
    }
    if not lacking:
        return
    device = machine.start()
    with notes.status(Text("Evaluating with draws of z")):
        for id, counts in lacking.items():
            sampled.sample(folders[id], dataset, counts, device)


def _show(recipe: "Recipe", found: "dict[str, Recorded]", json: bool) -> None:
    from vibcli.config.record import WATCHED
    from vibcli.recipes.claims import findings
    from vibcli.reporting.tables.parts import plain_table

    held = {protocol: findings(recipe, *there) for protocol, there in found.items()}
    if json:
        content = {p: _content(recipe, p, found[p].runs, held[p]) for p in found}
        print_json({"recipe": recipe.name, "protocols": content})
        return
    for index, (protocol, lines) in enumerate(held.items()):
        if index:
            out.print()
        about = recipe.protocols[protocol].description
        out.print(Text(f"{recipe.name}, {protocol}: {about}", style="bold"))
        if recipe.watches_test(protocol):
            out.print(Text(f"Note: {WATCHED}", style="dim"))
        table = plain_table("claim", "ours [95% interval]", "seeds", "outcome", numbers=("seeds",))
        table.columns[1].no_wrap = table.columns[3].no_wrap = True
        for finding in lines:
            table.add_row(*map(Text, _cells(finding)))
        out.print()
        out.print(table)


def _cells(finding: "Finding") -> tuple[str, str, str, str]:
    from vibcli.recipes.claims import sentence, shown

    claim = finding.claim
    number = shown(finding.ours, claim.against is not None)
    return f"{sentence(claim)} ({claim.source})", number, finding.seeds, finding.outcome


def _content(
    recipe: "Recipe", protocol: str, runs: "Runs", lines: "Sequence[Finding]"
) -> dict[str, Any]:
    """A protocol's findings and the runs they rest on, as plain values."""
    from vibcli.recipes.claims import sentence

    claims = [
        {
            **line.claim.model_dump(exclude_none=True),
            "claim": sentence(line.claim),
            "ours": None if line.ours is None else line.ours._asdict(),
            "broken": line.broken,
            "outcome": line.outcome,
        }
        for line in lines
    ]
    return {
        "description": recipe.protocols[protocol].description,
        "test_was_watched": recipe.watches_test(protocol),
        "claims": claims,
        "runs": [m.run.id for measured in runs.values() for m in measured.values()],
    }


class _Listed(NamedTuple):
    """What the list says of a recipe; ``runs`` are those that are there."""

    name: str
    publication: str
    dataset: str
    protocols: list[str]
    experiments: list[str]
    seeds: int
    runs: int


def _list(results: Path, json: bool) -> None:
    from vibcli.recipes import load, packaged
    from vibcli.recipes.lookup import matching
    from vibcli.reporting.tables.parts import plain_table

    rows = []
    for name in packaged():
        recipe = load(name)
        publication = recipe.publication
        there = {
            (protocol, experiment, run.seed)
            for protocol in recipe.protocols
            for experiment, run in matching(recipe, protocol, results)
            if run.status == "complete" and run.seed < recipe.seeds
        }
        rows.append(
            _Listed(
                name=name,
                publication=f"{publication.authors}: {publication.title}, {publication.year}",
                dataset=recipe.data.dataset,
                protocols=list(recipe.protocols),
                experiments=list(recipe.experiments),
                seeds=recipe.seeds,
                runs=len(there),
            )
        )
    if json:
        print_json([row._asdict() for row in rows])
        return
    table = plain_table("name", "publication", "data", "runs", "there", numbers=("there",))
    table.columns[0].no_wrap = table.columns[3].no_wrap = True
    for row in rows:
        counts = (len(row.protocols), len(row.experiments), row.seeds)
        table.add_row(
            Text(row.name),
            Text(row.publication),
            Text(row.dataset),
            " x ".join(map(str, counts)),
            str(row.runs),
        )
    out.print(table)
    note("runs: protocols x experiments x seeds")
