"""What `vib reproduce` does."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from vibcli.cli.outcomes import fail_if_broken
from vibcli.cli.output import note, notes, print_json
from vibcli.cli.output import results as out
from vibcli.config.data import WATCHED
from vibcli.errors import VibError, unknown
from vibcli.recipes import sampled
from vibcli.recipes.claims import ClaimFinding, claim_findings, claim_sentence, shown
from vibcli.recipes.lookup import Recorded, Runs, incomplete, matching, recorded
from vibcli.recipes.packaged import packaged
from vibcli.recipes.recipe import Recipe, load_recipe
from vibcli.reporting.tables.cells import plain_table
from vibcli.runs.session import Session
from vibcli.runs.wanted import WantedRun
from vibcli.store.records import Run
from vibcli.store.rundir import RunDir

if TYPE_CHECKING:
    from vibcli.data.dataset import Dataset


def reproduce(
    session: Session,
    name: str | None,
    protocol: str | None,
    seeds: int | None,
    no_train: bool,
    json: bool,
) -> None:
    """Do what is missing of a recipe, and hold its claims against the runs."""
    if name is None:
        raise VibError(f"Name a recipe: {', '.join(packaged())}. See: vib reproduce --list")
    if no_train and session.fresh:
        raise VibError("--fresh trains and --no-train refuses to; give one of them.")
    recipe = load_recipe(name)
    if protocol is not None and protocol not in recipe.protocols:
        raise VibError(unknown("protocol", protocol, recipe.protocols))
    protocols = list(recipe.protocols) if protocol is None else [protocol]
    count = seeds or recipe.seeds
    failed: list[Run] = []
    if no_train:
        found = _recorded(recipe, protocols, session.results, count)
    else:
        found, failed = _trained(recipe, protocols, session, count)
    _show(recipe, found, json)
    fail_if_broken(failed)


def _recorded(
    recipe: Recipe, protocols: Sequence[str], results: Path, seeds: int
) -> dict[str, Recorded]:
    """The runs that are there.

    Raises:
        VibError: some are missing.
    """
    found = {protocol: recorded(recipe, protocol, results, seeds) for protocol in protocols}
    if missing := sum(incomplete(recipe, there, seeds) for there in found.values()):
        wanted = seeds * len(protocols) * len(recipe.experiments)
        raise VibError(
            f"{missing} of {wanted} runs are missing and --no-train was given. "
            "Leave it out to train them."
        )
    return found


def _trained(
    recipe: Recipe, protocols: Sequence[str], session: Session, seeds: int
) -> tuple[dict[str, Recorded], list[Run]]:
    """All runs of the recipe, and those of them that broke down."""
    from vibcli.cli.running import finished, open_data, train_missing  # the data's libraries

    first = recipe.overrides(protocols[0], next(iter(recipe.experiments)))
    data = open_data(recipe.data, session, [recipe.the_task], first)
    dataset, about = data.dataset, data.dataset.description
    found, failed = {}, []
    for protocol in protocols:
        configs = {
            experiment: recipe.config(protocol, experiment, about.kind, about.notes)
            for experiment in recipe.experiments
        }
        wanted = [
            WantedRun(recipe.run_name(protocol, experiment), config, seed)
            for seed in range(seeds)
            for experiment, config in configs.items()
        ]
        done = finished(wanted, dataset, session)
        said = protocol + ": {missing} of {all} runs are to be trained."
        done |= train_missing(wanted, done, data, session, said)
        failed += [run for run in done.values() if run.status != "complete"]
        _sample(recipe, list(done.values()), dataset, session)
        found[protocol] = recorded(recipe, protocol, session.results, seeds, about.fingerprint)
    return found, failed


def _sample(recipe: Recipe, runs: Sequence[Run], dataset: "Dataset", session: Session) -> None:
    """Evaluate finished runs with the numbers of draws that the recipe asks for."""
    folders = {run.id: RunDir(session.results, run.id) for run in runs if run.status == "complete"}
    lacking = {
        run.id: counts
        for run in runs
        if run.id in folders
        and (counts := sampled.lacking(run, sampled.read_sampled(folders[run.id]), recipe.samples))
    }
    if not lacking:
        return
    device = session.machine.start()
    with notes.status(Text("Evaluating with draws of z")):
        for id, counts in lacking.items():
            sampled.evaluate_draws(folders[id], dataset, counts, device)


def _show(recipe: Recipe, found: dict[str, Recorded], json: bool) -> None:
    held = {protocol: claim_findings(recipe, *there) for protocol, there in found.items()}
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


def _cells(finding: ClaimFinding) -> tuple[str, str, str, str]:
    claim = finding.claim
    number = shown(finding.ours, claim.against is not None)
    return f"{claim_sentence(claim)} ({claim.source})", number, finding.seeds, finding.outcome


def _content(
    recipe: Recipe, protocol: str, runs: Runs, lines: Sequence[ClaimFinding]
) -> dict[str, Any]:
    """A protocol's findings and the runs they rest on, as plain values."""
    claims = [
        {
            **line.claim.model_dump(exclude_none=True),
            "claim": claim_sentence(line.claim),
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


def list_recipes(session: Session, json: bool) -> None:
    """List the recipes that come with the package, and how many of their runs are there."""
    rows = []
    for name in packaged():
        recipe = load_recipe(name)
        publication = recipe.publication
        there = {
            (protocol, experiment, run.seed)
            for protocol in recipe.protocols
            for experiment, run in matching(recipe, protocol, session.results)
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
