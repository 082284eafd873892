"""What autoencoders make of pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vibcli.analysis.gallery import Gallery, Pixels, Plane, plane
from vibcli.reporting.label_groups import in_groups
from vibcli.reporting.plots.by_class import CIRCLES, draw_circles, draw_points
from vibcli.reporting.plots.decoded_strip import Line, draw_pictures
from vibcli.reporting.plots.figure import figure, save
from vibcli.reporting.plots.text import EDGE, foot, heading, literal, named
from vibcli.reporting.scene import Scene

GAP = 2  # pixels between pictures


def draw_planes(scene: Scene, path: Path) -> list[Path]:
    """The plane of each latent of two dimensions, a picture each."""
    drawn = []
    for name, (saved, test) in scene.models.items():
        if saved.run.config.latent == 2:
            drawn.append(
                path.with_name(f"{path.stem.removesuffix('plane')}{name}-plane{path.suffix}")
            )
            found = plane(saved, test, saved.device)
            title = f"{scene.title}: latent of {name}"
            plane_picture(found, saved.run.data.classes, title, drawn[-1])
    return drawn


def draw_reconstructions(scene: Scene, path: Path) -> list[Path]:
    """Pictures that are rebuilt, where there are any."""
    if found := scene.galleries:
        reconstructions_picture(found, f"{scene.title}: reconstructions of test rows", path)
    return [path] if found else []


def draw_samples(scene: Scene, path: Path) -> list[Path]:
    """Decoded draws from the prior, where there is one and they are pictures."""
    found = {name: g for name, g in scene.galleries.items() if g.samples is not None}
    if found:
        samples_picture(found, f"{scene.title}: decoded draws from the prior", path)
    return [path] if found else []


def reconstructions_picture(galleries: Mapping[str, Gallery], title: str, path: Path) -> None:
    """Inputs in the first row, what each autoencoder makes of them below."""
    inputs = next(iter(galleries.values())).inputs
    lines = [Line("inputs", list(inputs))]
    lines += [Line(literal(n, 14), list(g.reconstructions)) for n, g in galleries.items()]
    count, _, high, wide = inputs.shape
    each = min(6 / (count + 0.5) * high / wide, 1.2)
    drawn, ax = figure(7, 0.4 + (each + 0.08) * len(lines))
    heading(drawn, title)
    draw_pictures(ax, lines, [""] * count, apart=False)
    save(drawn, path)


def samples_picture(galleries: Mapping[str, Gallery], title: str, path: Path) -> None:
    """A grid of decoded draws from the prior for each autoencoder that has one."""
    grids = {name: g.samples for name, g in galleries.items() if g.samples is not None}
    columns = min(len(grids), 3)
    lines = -(-len(grids) // columns)
    width = 7 if columns > 1 else 4.2
    drawn, axes = figure(
        width, 0.5 + (width / columns + 0.25) * lines, nrows=lines, ncols=columns, squeeze=False
    )
    heading(drawn, title)
    for ax in axes.flat[len(grids) :]:
        ax.set_axis_off()
    for ax, (name, samples) in zip(axes.flat, grids.items(), strict=False):
        side = int(len(samples) ** 0.5)
        _show(ax, _tiled(samples[: side * side].reshape(side, side, *samples.shape[1:])))
        ax.set_title(named(name, width / columns - EDGE, 8), fontsize=8)
    save(drawn, path)


def plane_picture(found: Plane, classes: Sequence[str], title: str, path: Path) -> None:
    """The plane of a latent of two dimensions: decoded, and where the rows of each class lie.

    Labels that are numbers have no ``classes``; they are drawn in groups.
    """
    labels, classes = in_groups(found.labels, classes)
    pictures = found.decoded is not None
    drawn, axes = figure(7.6 if pictures else 4.8, 4.4, ncols=2 if pictures else 1, squeeze=False)
    heading(drawn, title)
    if found.decoded is not None:
        _show(axes[0, 0], _tiled(found.decoded, gap=0))
        axes[0, 0].set_title("decoded at quantiles of the prior", fontsize=8)
    ax = axes[0, -1]
    shown = draw_points(ax, found.codes, labels, classes)
    draw_circles(ax)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel("z1", fontsize=8)
    ax.set_ylabel("z2", fontsize=8)
    ax.set_title(f"means of test rows\n{CIRCLES}", fontsize=8)
    ax.tick_params(labelsize=7)
    foot(drawn, *shown)
    save(drawn, path)


def _show(ax: Any, picture: Pixels) -> None:
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.set_frame_on(False)


def _tiled(pictures: Pixels, gap: int = GAP) -> Pixels:
    """Pictures ``[R, S, C, H, W]`` -> one ``[., .]``, in color ``[., ., 3]``; white between."""
    rows, columns, channels, height, width = pictures.shape
    padded = np.ones((rows, columns, channels, height + gap, width + gap), pictures.dtype)
    padded[..., :height, :width] = pictures
    # [R, S, C, H, W] -> [R, H, S, W, C]
    sheet = padded.transpose(0, 3, 1, 4, 2).reshape(
        rows * (height + gap), columns * (width + gap), channels
    )
    sheet = sheet[: len(sheet) - gap, : sheet.shape[1] - gap]
    return sheet[..., 0] if channels == 1 else sheet
