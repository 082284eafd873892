"""`vib interpolate`"""

import json as js
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vibcli.cli.options import shared as options
from vibcli.cli.output import finite, note, notes, print_json
from vibcli.cli.output import results as out
from vibcli.errors import RunError, VibError, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vibcli.store.runs import RunDir

MODES = ("linear", "spherical", "slerp")
ALL = "all"
ENDPOINTS = ("test", "prior")
STEPS = 9
ENDS = "Ends"


def _end(flag: str, help: str, **more: Any) -> Any:
    return typer.Option(flag, help=help, rich_help_panel=ENDS, show_default=False, **more)


NUMBER = "Test example with this number, counted from 0; random by default."
CLASS = "Random test example of this class."
FILE = "A file of yours: an image, a text (.txt), or a table with one row."


def interpolate(
    *,
    run: options.RunName = "",
    mode: Annotated[
        str | None,
        typer.Option(
            "--mode",
            help="Path between the ends; all shows every one, and the inputs themselves mixed. "
            "[dim](default: spherical)[/dim]",
            metavar="|".join((*MODES, ALL)),
            show_default=False,
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            help=f"Points, both ends included. [dim](default: {STEPS})[/dim]",
            show_default=False,
        ),
    ] = None,
    pairs: Annotated[
        int | None,
        typer.Option(
            "--pairs",
            min=1,
            help="Take so many walks of every mode instead, between draws from the prior, between "
            "the encoder's means of test examples and between draws from a uniform prior, and "
            "report means with intervals.",
            show_default=False,
        ),
    ] = None,
    endpoints: Annotated[
        str | None,
        _end(
            "--endpoints",
            "Two test examples or two draws from the prior. [dim](default: test)[/dim]",
            metavar="|".join(ENDPOINTS),
        ),
    ] = None,
    start: Annotated[int | None, _end("--from", NUMBER)] = None,
    end: Annotated[int | None, _end("--to", NUMBER)] = None,
    start_class: Annotated[str | None, _end("--from-class", CLASS)] = None,
    end_class: Annotated[str | None, _end("--to-class", CLASS)] = None,
    start_file: Annotated[Path | None, _end("--from-file", FILE)] = None,
    end_file: Annotated[Path | None, _end("--to-file", FILE)] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of random ends.")] = 0,
    json: options.Json = False,
    results: options.Results = Path("results"),
    data_dir: options.DataDir = None,
    no_cache: options.NoCache = False,
    device: options.Device = "auto",
    threads: options.Threads = None,
) -> None:
    """Walk through the latent space and show what the model sees on the way.

    For each step: the position, the norm of z, its log density under the prior and the nearest
    training example. A classifier tells class probabilities and their entropy. An autoencoder
    decodes the walk: into pictures, into the words that a text stands out by, or into the numbers
    of a table. By default the newest run that has a latent is used.

    [bold]vib interpolate --mode all --from-class 3 --to-class 8[/bold]

    [bold]vib interpolate --pairs 500[/bold]
    """
    for what, name, choices in (("mode", mode, (*MODES, ALL)), ("endpoints", endpoints, ENDPOINTS)):
        if name is not None and name not in choices:
            raise VibError(unknown(what, name, choices))
    ends: tuple[dict[str, Any], ...] = (
        {"--from": start, "--from-class": start_class, "--from-file": start_file},
        {"--to": end, "--to-class": end_class, "--to-file": end_file},
    )
    walked = {"--mode": mode, "--steps": steps, "--endpoints": endpoints}
    _refuse_contradictions(ends, walked, pairs)
    from rich.text import Text

    from vibcli.analysis.walks.endpoints import Wanted, prior_ends, wanted_ends
    from vibcli.analysis.walks.modes import take
    from vibcli.analysis.walks.views import Terrain
    from vibcli.cli.walked import many_walks, one_walk
    from vibcli.device import Machine
    from vibcli.files import write_text
    from vibcli.runs.rows import run_data, run_part
    from vibcli.runs.saved import load_model
    from vibcli.runs.wanted import Place

    folder = _with_latent(results, run)
    target = Machine(device, threads).start()
    saved = load_model(folder, target)
    with notes.status("Walking"):
        dataset = run_data(saved, Place(results, data_dir, not no_cache))
        train, test = (run_part(saved, dataset, part) for part in ("train", "test"))
        terrain = Terrain.of(saved.model, train, saved.run.data.classes, target)
        if pairs is not None:
            outcome = many_walks(terrain, test, pairs, seed, (start_class, end_class))
        else:
            if endpoints == "prior":
                places = prior_ends(saved.model, seed)
            else:
                wanted = Wanted(*ends[0].values()), Wanted(*ends[1].values())
                places = wanted_ends(saved, dataset, test, seed, wanted, target)
            chosen = mode or "spherical"
            modes = MODES if chosen == ALL else (chosen,)
            found = take(
                terrain,
                dataset,
                saved.preprocessor,
                places,
                modes,
                STEPS if steps is None else steps,
                blended=chosen == ALL,
            )
            outcome = one_walk(saved, found, chosen)
    content = {"run": saved.run.id, **outcome.content}
    written = folder.path / f"{outcome.name}.json"
    write_text(written, js.dumps(finite(content), indent=1, ensure_ascii=False) + "\n")
    outcome.draw(written.with_suffix(".png"))
    if json:
        print_json(content)
        return
    out.print(f"{saved.run.id}: {outcome.title}", style="bold", markup=False)
    out.print(outcome.table)
    for sentence in outcome.remarks:
        out.print(Text("\n" + sentence))
    note(f"Picture: {written.with_suffix('.png')}, with a .json beside it")


def _refuse_contradictions(
    ends: "Sequence[Mapping[str, Any]]", walked: "Mapping[str, Any]", pairs: int | None
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
    if walked["--endpoints"] == "prior" and named:
        raise VibError(
            f"{named[0]} names an end that is not a draw from the prior: leave it out with "
            "--endpoints prior."
        )
    if pairs is None:
        return
    unfit = [flag for flag, value in walked.items() if value is not None]
    unfit += [flag for flag in named if not flag.endswith("-class")]
    if unfit:
        raise VibError(
            f"{unfit[0]} is about a single walk: leave it out with --pairs, which takes every "
            "mode between random ends (--from-class and --to-class choose among them)."
        )


def _with_latent(results: Path, run: str) -> "RunDir":
    """The run that was named, or the newest one, if it has a latent.

    Raises:
        RunError: it has none.
    """
    from vibcli.store.runs import RunDir, find, listing

    if run:
        folder = find(results, run)
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
