"""What `vib interpolate` does."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.text import Text

from vibcli.analysis.walks import endpoints
from vibcli.analysis.walks.endpoints import Endpoint, prior_ends, wanted_ends
from vibcli.analysis.walks.modes import take
from vibcli.analysis.walks.views import LatentSpace
from vibcli.cli.actions.walk_outcomes import WalkOutcome, many_walks, one_walk
from vibcli.cli.options.choices import ALL, ENDPOINTS, MODES, STEPS
from vibcli.cli.output import note, notes, print_json
from vibcli.cli.output import results as out
from vibcli.errors import RunError, VibError, unknown
from vibcli.files import as_json, write_text
from vibcli.runs.origin import DataElsewhere, data_of
from vibcli.runs.rows import no_rows, run_part
from vibcli.runs.saved_model import load_model
from vibcli.runs.session import Session
from vibcli.store.listing import find_run, listing
from vibcli.store.rundir import RunDir

End = Mapping[str, Any]  # what was typed of an end, by flag


FILES = ("--from-file", "--to-file")


class WalkRequest(NamedTuple):
    """What was asked for; None where it was not."""

    mode: str | None
    steps: int | None
    pairs: int | None
    endpoints: str | None
    ends: tuple[End, End]
    seed: int
    dataset: str | None

    @property
    def needs_data(self) -> bool:
        """Whether an end, or many, are of the run's data."""
        filed = all(end[flag] is not None for end, flag in zip(self.ends, FILES, strict=True))
        return self.pairs is not None or not (self.endpoints == "prior" or filed)

    @property
    def classes(self) -> tuple[str | None, str | None]:
        """The classes that ends are to be of."""
        first, last = self.ends
        return first["--from-class"], last["--to-class"]


def interpolate(session: Session, run: str, wanted: WalkRequest, json: bool) -> None:
    """Walk, keep what was seen, draw it and show it."""
    for what, name, choices in (
        ("mode", wanted.mode, (*MODES, ALL)),
        ("endpoints", wanted.endpoints, ENDPOINTS),
    ):
        if name is not None and name not in choices:
            raise VibError(unknown(what, name, choices))
    single = {"--mode": wanted.mode, "--steps": wanted.steps, "--endpoints": wanted.endpoints}
    _refuse_contradictions(wanted.ends, single, wanted.pairs)
    folder = _with_latent(session.results, run)
    with notes.status("Walking"):
        outcome = _walk(session, folder, wanted)
    content = {"run": folder.id, **outcome.content}
    written = folder.beside(f"{outcome.name}.json")
    write_text(written, as_json(content))
    outcome.draw(written.with_suffix(".png"))
    if json:
        print_json(content)
        return
    out.print(f"{folder.id}: {outcome.title}", style="bold", markup=False)
    out.print(outcome.table)
    for sentence in outcome.remarks:
        out.print(Text("\n" + sentence))
    note(f"Picture: {written.with_suffix('.png')}, with a .json beside it")


def _walk(session: Session, folder: RunDir, wanted: WalkRequest) -> WalkOutcome:
    device = session.machine.start()
    saved = load_model(folder, device)
    dataset, train, test = None, no_rows(saved), no_rows(saved)
    try:
        dataset = data_of(folder, session, wanted.dataset)
        train, test = (run_part(saved, dataset, part) for part in ("train", "test"))
    except DataElsewhere as error:
        if wanted.needs_data:
            raise
        note(f"{error} Without them no training example is near.")
    space = LatentSpace.of(saved.model, train, saved.run.data.classes, device)
    if wanted.pairs is not None:
        return many_walks(space, test, wanted.pairs, wanted.seed, wanted.classes)
    ends: tuple[Endpoint, Endpoint]
    if wanted.endpoints == "prior":
        ends = prior_ends(saved.model, wanted.seed)
    else:
        asked = [endpoints.WantedEnd(*end.values()) for end in wanted.ends]
        ends = wanted_ends(saved, dataset, test, wanted.seed, (asked[0], asked[1]), device)
    chosen = wanted.mode or "spherical"
    found = take(
        space,
        dataset,
        saved.preprocessor,
        ends,
        MODES if chosen == ALL else (chosen,),
        STEPS if wanted.steps is None else wanted.steps,
        blended=chosen == ALL,
    )
    return one_walk(saved, found, chosen)


def _refuse_contradictions(
    ends: Sequence[Mapping[str, Any]], single: Mapping[str, Any], pairs: int | None
) -> None:
    """Raise where two options cannot both be meant.

    Raises:
        VibError: naming them.
    """
    for options_of_end in ends:
        given = [flag for flag, value in options_of_end.items() if value is not None]
        if len(given) > 1:
            raise VibError(f"{' and '.join(given)} name the same end: give one of them.")
    named = [flag for end in ends for flag, value in end.items() if value is not None]
    if single["--endpoints"] == "prior" and named:
        raise VibError(
            f"{named[0]} names an end that is not a draw from the prior: leave it out with "
            "--endpoints prior."
        )
    if pairs is None:
        return
    unfit = [flag for flag, value in single.items() if value is not None]
    unfit += [flag for flag in named if not flag.endswith("-class")]
    if unfit:
        raise VibError(
            f"{unfit[0]} is about a single walk: leave it out with --pairs, which takes every "
            "mode between random ends (--from-class and --to-class choose among them)."
        )


def _with_latent(results: Path, run: str) -> RunDir:
    """The run that was named, or the newest one, if it has a latent.

    Raises:
        RunError: it has none.
    """
    if run:
        folder = find_run(results, run)
        config = folder.read().config
        if not config.has_effect("latent"):
            raise RunError(
                f"{folder.id} has no latent to walk in. Make a run that has one: "
                f"vib train --variant vib --dataset {config.dataset}"
            )
        return folder
    fitting = [
        r for r in listing(results).runs if r.status == "complete" and r.config.has_effect("latent")
    ]
    if not fitting:
        raise RunError(
            f"No run in {results} has a latent to walk in. Make one: vib train --variant vib"
        )
    return RunDir(results, fitting[-1].id)
