"""Pictures of autoencoders, for the commands that draw them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from vibcli.data import Dataset
    from vibcli.store.runs import RunDir


def draw(
    runs: "Mapping[str, RunDir]",
    dataset: "Dataset",
    title: str,
    stem: Path,
    device: "torch.device",
) -> list[Path]:
    """Draw reconstructions, samples, and of each latent of two dimensions its plane.

    Args:
        runs: autoencoders on the same data, by the name that they are shown under.
        dataset: those data.
        title: of what is shown.
        stem: path that the pictures' names start with.
        device: where to compute.
    """
    from vibcli.analysis.gallery import gallery, plane
    from vibcli.reporting.plots.gallery import (
        plane_picture,
        reconstructions_picture,
        samples_picture,
    )
    from vibcli.runs.rows import run_part
    from vibcli.runs.saved import load_model

    drawn, galleries = [], {}
    for name, folder in runs.items():
        saved = load_model(folder, device)
        test = run_part(saved, dataset, "test")
        if saved.run.data.kind == "image":
            galleries[name] = gallery(saved, test, device)
        if saved.run.config.latent == 2:
            drawn.append(stem.with_name(f"{stem.name}-{name}-plane.png"))
            found = plane(saved, test, device)
            plane_picture(found, saved.run.data.classes, f"{title}: latent of {name}", drawn[-1])
    if galleries:
        drawn.append(stem.with_name(f"{stem.name}-reconstructions.png"))
        reconstructions_picture(galleries, f"{title}: reconstructions of test rows", drawn[-1])
    if any(found.samples is not None for found in galleries.values()):
        drawn.append(stem.with_name(f"{stem.name}-samples.png"))
        samples_picture(galleries, f"{title}: decoded draws from the prior", drawn[-1])
    return drawn
