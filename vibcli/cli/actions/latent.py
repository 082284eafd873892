"""The latent of a run, for `vib eval --latent`."""

from pathlib import Path
from typing import Any, NamedTuple

import torch

from vibcli.analysis.latent.report import Latent, collect, measure_latent
from vibcli.cli.output import headline, note, print_json
from vibcli.cli.output import results as out
from vibcli.data.prepare import Part
from vibcli.errors import VibError
from vibcli.files import as_json, plain, write_text
from vibcli.reporting.label_groups import in_groups
from vibcli.reporting.plots.latent import latent_picture
from vibcli.reporting.tables.latent import latent_table
from vibcli.runs.saved_model import SavedModel
from vibcli.store.rundir import RunDir


class Looked(NamedTuple):
    """What was found of a latent: its report, the same as JSON, and where the picture is."""

    title: str
    found: Latent
    content: dict[str, Any]
    picture: Path


def look_into(
    saved: SavedModel,
    part: Part,
    where: str,
    seed: int,
    folder: RunDir,
    device: torch.device,
) -> Looked:
    """Measure and draw the latent of the rows of ``part``, beside the run.

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
    return Looked(title, found, content, picture)


def show_latent(looked: Looked, json: bool) -> None:
    """Print it."""
    if json:
        print_json(looked.content)
        return
    found = looked.found
    headline(f"{looked.title}: {found.rows} rows, {found.dimensions} dimensions")
    out.print(latent_table(found))
    for line in found.notes:
        note(line)
    note(f"Picture: {looked.picture}, with a .json beside it")
