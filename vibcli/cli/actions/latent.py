"""The latent of a run, for `vib eval --latent`."""

from pathlib import Path

import torch

from vibcli.analysis.latent.report import collect, measure_latent
from vibcli.cli.output import note, print_json
from vibcli.cli.output import results as out
from vibcli.data import Part
from vibcli.errors import VibError
from vibcli.files import as_json, plain, write_text
from vibcli.reporting.label_groups import in_groups
from vibcli.reporting.plots.latent import latent_picture
from vibcli.reporting.tables.latent import latent_table
from vibcli.runs.saved_model import SavedModel
from vibcli.store.rundir import RunDir


def report_latent(
    saved: SavedModel,
    part: Part,
    where: str,
    seed: int,
    folder: RunDir,
    device: torch.device,
    json: bool,
) -> None:
    """Measure, draw and show the latent of the rows of ``part``.

    Raises:
        VibError: there are fewer than two.
    """
    if len(part.y) < 2:
        raise VibError(f"{where} has one row; --latent looks at two or more.")
    codes = collect(saved.model, torch.from_numpy(part.x), device)
    torch.set_num_threads(1)  # the products are many and small: threads would wait for each other
    found, shapes = measure_latent(codes, seed)
    title = f"{saved.run.id} on {where}"
    content = {"run": saved.run.id, "on": where, **plain(found)}
    written = folder.beside(f"latent-{Path(where).stem}.json")
    write_text(written, as_json(content))
    picture = written.with_suffix(".png")
    labels, names = in_groups(part.y, saved.run.data.classes)
    latent_picture(found, shapes, labels, names, title, picture)
    if json:
        print_json(content)
        return
    dimensions = f"{found.rows} rows, {found.dimensions} dimensions"
    out.print(f"{title}: {dimensions}", style="bold", markup=False)
    out.print(latent_table(found))
    for line in found.notes:
        note(line)
    note(f"Picture: {picture}, with a .json beside it")
