"""`vib interpolate`"""

import json as js
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vibcli.cli import options
from vibcli.cli.output import finite, note, notes, print_json
from vibcli.cli.output import results as out
from vibcli.errors import RunError, VibError, unknown

if TYPE_CHECKING:
    from vibcli.runs import RunDir

MODES = ("linear", "spherical", "slerp")
ENDPOINTS = ("test", "prior")
EXAMPLE = "Number of a test example, counted from 0; random by default."


def interpolate(
    *,
    run: options.RunName = "",
    mode: Annotated[
        str, typer.Option("--mode", help="Path between the ends.", metavar="|".join(MODES))
    ] = "spherical",
    steps: Annotated[int, typer.Option("--steps", help="Points, both ends included.")] = 9,
    endpoints: Annotated[
        str,
        typer.Option(
            "--endpoints",
            help="Two test examples or two draws from the prior.",
            metavar="|".join(ENDPOINTS),
        ),
    ] = "test",
    start: Annotated[int | None, typer.Option("--from", help=EXAMPLE, show_default=False)] = None,
    end: Annotated[int | None, typer.Option("--to", help=EXAMPLE, show_default=False)] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of random ends.")] = 0,
    json: options.Json = False,
    results: options.Results = Path("results"),
    data_dir: options.DataDir = None,
    no_cache: options.NoCache = False,
    device: options.Device = "auto",
    threads: options.Threads = None,
) -> None:
    """Walk through the latent space and show what the model sees on the way.

    For each step: the position, the norm of z, its log density under the prior, the class
    probabilities and their entropy, and the nearest training example. By default the newest
    run that has a latent is used.

    [bold]vib interpolate --mode spherical[/bold]
    """
    for what, name, choices in (("mode", mode, MODES), ("endpoints", endpoints, ENDPOINTS)):
        if name not in choices:
            raise VibError(unknown(what, name, choices))
    if endpoints == "prior" and (start is not None or end is not None):
        raise VibError("--from and --to name test examples; leave them out with --endpoints prior.")
    from vibcli import interpolation as walks
    from vibcli.device import Machine
    from vibcli.files import write_text
    from vibcli.plots.walk import walk_picture
    from vibcli.saved import load_model
    from vibcli.tables.walk import walk
    from vibcli.tasks import Place
    from vibcli.usage import run_data, run_part

    folder = _with_latent(results, run)
    target = Machine(device, threads).start()
    saved = load_model(folder, target)
    model, classes = saved.model, saved.run.data.classes
    with notes.status("Walking"):
        dataset = run_data(saved, Place(results, data_dir, not no_cache))
        train = run_part(saved, dataset, "train")
        if endpoints == "prior":
            ends = [walks.prior_endpoint(model, seed, which, target) for which in ("from", "to")]
        else:
            test = run_part(saved, dataset, "test")
            first, last = walks.random_pair(test, seed, start, end)
            ends = [walks.test_endpoint(model, test, i, classes, target) for i in (first, last)]
        path = walks.walk(model, ends[0].z, ends[1].z, mode, steps, train, classes, target)
    examples = [walks.example(dataset, step.nearest) for step in path]
    content = {
        "run": saved.run.id,
        "mode": mode,
        "classes": classes,
        "from": ends[0].origin,
        "to": ends[1].origin,
        "steps": [
            step._asdict() | {"nearest": step.nearest._asdict() | {"text": text}}
            for step, (text, _) in zip(path, examples, strict=True)
        ],
    }
    name = f"interpolation-{mode}-{'-'.join(_short(e.origin) for e in ends)}-{steps}"
    written = folder.path / f"{name}.json"
    write_text(written, js.dumps(finite(content), indent=1, ensure_ascii=False) + "\n")
    title = f"{mode} from {_long(ends[0].origin)} to {_long(ends[1].origin)}"
    walk_picture(path, examples, classes, title, written.with_suffix(".png"))
    if json:
        print_json(content)
        return
    out.print(f"{saved.run.id}: {title}", style="bold", markup=False)
    out.print(walk(path, [text for text, _ in examples], classes))
    note(f"Picture: {written.with_suffix('.png')}, with a .json beside it")


def _with_latent(results: Path, run: str) -> "RunDir":
    """The run that was named, or the newest one, if it has a latent.

    Raises:
        RunError: it has none.
    """
    from vibcli.runs import RunDir, find, listing

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


def _short(origin: dict[str, Any]) -> str:
    return str(origin["index"]) if origin["kind"] == "test" else f"prior{origin['seed']}"


def _long(origin: dict[str, Any]) -> str:
    if origin["kind"] == "prior":
        return "a prior draw"
    return f"test example {origin['index']} ({origin['label']})"
