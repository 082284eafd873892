"""`vib eval`"""

from pathlib import Path
from typing import Annotated

import typer

from vibcli.cli import latents
from vibcli.cli.options import shared as options
from vibcli.cli.output import note, notes, print_json
from vibcli.cli.output import results as out
from vibcli.errors import VibError, unknown

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
        int | None,
        typer.Option(
            "--samples",
            min=0,
            help="0, the default, predicts from the mean of z; n averages the probabilities of n "
            "draws.",
            show_default=False,
        ),
    ] = None,
    iw_samples: Annotated[
        int | None,
        typer.Option(
            "--iw-samples",
            min=1,
            help="Draws of z for an autoencoder's ELBO and importance-weighted bound; by default "
            "64, or 8 where more than 2,000 values are predicted.",
            show_default=False,
        ),
    ] = None,
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
    pictures: Annotated[
        bool,
        typer.Option(
            "--pictures",
            help="Draw what an autoencoder of images rebuilds and makes of draws from the prior, "
            "and the plane of any latent of 2 dimensions, beside the run.",
        ),
    ] = False,
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

    Of an autoencoder: ELBO, importance-weighted bound, reconstruction, samples from the prior.

    [bold]vib eval latest --samples 12[/bold]

    With --latent: where the rate goes (I(X;Z), marginal gap, total correlation), distance from a
    normal distribution, correlations, and how well units predict each other, of the latent and
    of the features that it is made of. Table, picture and .json are of all rows.
    """
    if split not in SPLITS:
        raise VibError(unknown("split", split, SPLITS))
    if picture is not None and picture.suffix.lower() != ".png":
        raise VibError(unknown("format", picture.suffix or str(picture), [".png"]))
    if latent and (picture is not None or samples or iw_samples or pictures):
        raise VibError(
            "--samples, --iw-samples, --reliability and --pictures have no effect with --latent; "
            "leave them out."
        )
    from vibcli.device import Machine
    from vibcli.evaluation.evaluate import Predictions
    from vibcli.evaluation.evaluate import evaluate as measure
    from vibcli.reporting.tables.metrics import metrics_table
    from vibcli.runs.loop import Rows
    from vibcli.runs.rows import labelled, run_data, run_part
    from vibcli.runs.saved import load_model
    from vibcli.runs.wanted import Place
    from vibcli.store.runs import find

    folder = find(results, run)
    # by default the run's own number of threads, and so its very digits
    target = Machine(device, threads or folder.read().environment["threads"]).start()
    saved = load_model(folder, target)
    autoencoder = saved.run.config.predicts == "input"
    for flag, value, wanted in (
        ("--samples", samples, not autoencoder),
        ("--reliability", picture, not autoencoder),
        ("--iw-samples", iw_samples, autoencoder),
        ("--pictures", pictures or None, autoencoder),
    ):
        if value is not None and not wanted:
            what = "an autoencoder" if autoencoder else "not an autoencoder"
            raise VibError(f"{flag} does not apply: {saved.run.id} is {what}.")
    place = Place(results, data_dir, not no_cache)
    where = str(file) if file else split
    with notes.status("Evaluating"):
        if file is not None:
            part = labelled(saved, file)
        else:
            part = run_part(saved, run_data(saved, place), split)
        seed = saved.run.seed if seed is None else seed
        if latent:
            latents.report(saved, part, where, seed, folder.path, target, json)
            return
        draws = iw_samples if autoencoder else (samples or 0)
        metrics, found = measure(saved.model, *Rows.of(part), target, draws, seed)
    if picture is not None and isinstance(found, Predictions):
        from vibcli.evaluation.metrics import reliability
        from vibcli.reporting.plots.reliability import reliability_picture

        bins = reliability(found.log_probabilities, part.y)
        reliability_picture({saved.run.name: [bins]}, f"{saved.run.id} on {where}", picture)
    if pictures:
        from vibcli.cli import galleries

        stem, about = folder.path / "test", saved.run.data
        drawn = galleries.draw(
            {saved.run.name: folder}, run_data(saved, place), folder.id, stem, target
        )
        what = ", ".join(map(str, drawn)) or f"none: {about.kind} data, latent not of 2 dimensions"
        note(f"Pictures: {what}")
    if json:
        print_json(
            {
                "run": saved.run.id,
                "on": where,
                "samples": draws or metrics.get("iw_samples") or 0,
                "seed": seed,
                "metrics": metrics,
            }
        )
        return
    out.print(f"{saved.run.id} on {where}, {len(part.y)} rows", style="bold", markup=False)
    out.print(metrics_table({where: metrics}))
    if not autoencoder:
        note(f"averaged over {samples} draws of z" if samples else "predicted from the mean of z")
    if picture is not None:
        note(f"Reliability: {picture}")
