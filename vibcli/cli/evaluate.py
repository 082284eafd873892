"""`vib eval`"""

import json as js
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vibcli.cli import options
from vibcli.cli.output import finite, note, notes, print_json
from vibcli.cli.output import results as out
from vibcli.errors import VibError, unknown

if TYPE_CHECKING:
    import torch

    from vibcli.data import Part
    from vibcli.saved import SavedModel

SPLITS = ("test", "validation", "train")


def evaluate(
    *,
    run: options.RunName = "latest",
    split: Annotated[
        str, typer.Option("--split", help="Part of the run's data.", metavar="|".join(SPLITS))
    ] = "test",
    file: Annotated[
        Path | None,
        typer.Option("--file", help="New rows with labels instead.", show_default=False),
    ] = None,
    samples: Annotated[
        int,
        typer.Option(
            "--samples",
            min=0,
            help="0 predicts from the mean of z; n averages the probabilities of n draws.",
        ),
    ] = 0,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", min=0, help="Seed of the draws; the run's own by default.", show_default=False
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--reliability",
            help="Draw accuracy by confidence here (.png).",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    latent: Annotated[
        bool,
        typer.Option(
            "--latent",
            help="How normal and how decoupled the latent is, instead; with a picture.",
        ),
    ] = False,
    json: options.Json = False,
    results: options.Results = Path("results"),
    data_dir: options.DataDir = None,
    no_cache: options.NoCache = False,
    device: options.Device = "auto",
    threads: options.Threads = None,
) -> None:
    """Measure a saved run again: accuracy, calibration, distortion, rate, I(Z;Y).

    [bold]vib eval latest --samples 12[/bold]

    With --latent: where the rate goes (I(X;Z), marginal gap, total correlation), distance from a
    normal distribution, correlations, and how well units predict each other, of the latent and
    of the features that it is made of. Table, picture and .json are of all rows.
    """
    if split not in SPLITS:
        raise VibError(unknown("split", split, SPLITS))
    if picture is not None and picture.suffix.lower() != ".png":
        raise VibError(unknown("format", picture.suffix or str(picture), [".png"]))
    if latent and (picture is not None or samples):
        raise VibError("--samples and --reliability have no effect with --latent; leave them out.")
    from vibcli.device import Machine
    from vibcli.evaluate import evaluate as measure
    from vibcli.runs import find
    from vibcli.saved import load_model
    from vibcli.tables.metrics import metrics_table
    from vibcli.tasks import Place
    from vibcli.train import Rows
    from vibcli.usage import labelled, run_data, run_part

    folder = find(results, run)
    # by default the run's own number of threads, and so its very digits
    target = Machine(device, threads or folder.read().environment["threads"]).start()
    saved = load_model(folder, target)
    with notes.status("Evaluating"):
        if file is not None:
            part = labelled(saved, file)
        else:
            place = Place(results, data_dir, not no_cache)
            part = run_part(saved, run_data(saved, place), split)
        seed = saved.run.seed if seed is None else seed
        if latent:
            _latent(saved, part, str(file) if file else split, seed, folder.path, target, json)
            return
        metrics, found = measure(saved.model, *Rows.of(part), target, samples, seed)
    where = str(file) if file else split
    if picture is not None:
        from vibcli.metrics import reliability
        from vibcli.plots.reliability import reliability_picture

        bins = reliability(found.log_probabilities, part.y)
        reliability_picture({saved.run.name: [bins]}, f"{saved.run.id} on {where}", picture)
    if json:
        print_json(
            {"run": saved.run.id, "on": where, "samples": samples, "seed": seed, "metrics": metrics}
        )
        return
    out.print(f"{saved.run.id} on {where}, {len(part.y)} rows", style="bold", markup=False)
    out.print(metrics_table({where: metrics}))
    note("predicted from the mean of z" if samples == 0 else f"averaged over {samples} draws of z")
    if picture is not None:
        note(f"Reliability: {picture}")


def _latent(
    saved: "SavedModel",
    part: "Part",
    where: str,
    seed: int,
    folder: Path,
    device: "torch.device",
    json: bool,
) -> None:
    """Measure, draw and show the latent of the rows of ``part``.

    Raises:
        VibError: there are fewer than two.
    """
    import torch

    from vibcli.files import write_text
    from vibcli.latent import collect, measure, plain
    from vibcli.plots.latent import latent_picture
    from vibcli.tables.latent import latent
    from vibcli.train import Rows

    if len(part.y) < 2:
        raise VibError(f"{where} has one row; --latent looks at two or more.")
    codes = collect(saved.model, Rows.of(part).x, device)
    torch.set_num_threads(1)  # the products are many and small: threads would wait for each other
    found, shapes = measure(codes, seed)
    title = f"{saved.run.id} on {where}"
    content = {"run": saved.run.id, "on": where, **plain(found)}
    written = folder / f"latent-{Path(where).stem}.json"
    write_text(written, js.dumps(finite(content), indent=1, ensure_ascii=False) + "\n")
    picture = written.with_suffix(".png")
    latent_picture(found, shapes, part.y, saved.run.data.classes, title, picture)
    if json:
        print_json(content)
        return
    dimensions = f"{found.rows} rows, {found.dimensions} dimensions"
    out.print(f"{title}: {dimensions}", style="bold", markup=False)
    out.print(latent(found))
    for line in found.notes:
        note(line)
    note(f"Picture: {picture}, with a .json beside it")
