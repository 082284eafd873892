"""The latent of a run, for `vib eval --latent`."""

import json as js
from pathlib import Path
from typing import TYPE_CHECKING

from vibcli.cli.output import finite, note, print_json
from vibcli.cli.output import results as out
from vibcli.errors import VibError

if TYPE_CHECKING:
    import torch

    from vibcli.data import Part
    from vibcli.runs.saved import SavedModel


def report(
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

    from vibcli.analysis.latent.report import collect, measure, plain
    from vibcli.files import write_text
    from vibcli.reporting.plots.latent import latent_picture
    from vibcli.reporting.tables.latent import latent
    from vibcli.runs.loop import Rows

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
