"""What autoencoders make of pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vibcli.analysis.gallery import Gallery, Pixels, Plane, gallery, plane
from vibcli.reporting.label_groups import in_groups
from vibcli.reporting.plots.figure import COLORS, LINE, figure, literal, save
from vibcli.reporting.scene import Scene

GAP = 2  # pixels between pictures
WIDE_NAME = 18  # letters of a group of numbers
MOST_CLASSES = 20  # that a legend names


def draw_planes(scene: Scene, path: Path) -> list[Path]:
    """The plane of each latent of two dimensions, a picture each."""
    drawn = []
    for name, (saved, test) in scene.models.items():
        if saved.run.config.latent == 2:
            drawn.append(path.with_name(f"{path.stem.removesuffix('plane')}{name}-plane.png"))
            found = plane(saved, test, saved.device)
            title = f"{scene.title}: latent of {name}"
            plane_picture(found, saved.run.data.classes, title, drawn[-1])
    return drawn


def draw_reconstructions(scene: Scene, path: Path) -> list[Path]:
    """Pictures that are rebuilt, where there are any."""
    if found := _galleries(scene):
        reconstructions_picture(found, f"{scene.title}: reconstructions of test rows", path)
    return [path] if found else []


def draw_samples(scene: Scene, path: Path) -> list[Path]:
    """Decoded draws from the prior, where there is one and they are pictures."""
    found = {name: g for name, g in _galleries(scene).items() if g.samples is not None}
    if found:
        samples_picture(found, f"{scene.title}: decoded draws from the prior", path)
    return [path] if found else []


def _galleries(scene: Scene) -> dict[str, Gallery]:
    return {
        name: gallery(saved, test, saved.device)
        for name, (saved, test) in scene.models.items()
        if saved.run.data.kind == "image"
    }


def reconstructions_picture(galleries: Mapping[str, Gallery], title: str, path: Path) -> None:
    """Inputs in the first row, what each autoencoder makes of them below."""
    first = next(iter(galleries.values()))
    rows = {"inputs": first.inputs} | {n: g.reconstructions for n, g in galleries.items()}
    drawn, axes = figure(7, 0.5 + 0.72 * len(rows), nrows=len(rows), squeeze=False)
    drawn.suptitle(literal(title, LINE), fontsize=10)
    for ax, (name, pictures) in zip(axes[:, 0], rows.items(), strict=True):
        _show(ax, _tiled(pictures[None]))
        ax.set_ylabel(literal(name, 14), rotation=0, ha="right", va="center", fontsize=8)
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
    drawn.suptitle(literal(title, LINE if columns > 1 else LINE // 2), fontsize=10)
    for ax in axes.flat[len(grids) :]:
        ax.set_axis_off()
    for ax, (name, samples) in zip(axes.flat, grids.items(), strict=False):
        side = int(len(samples) ** 0.5)
        _show(ax, _tiled(samples[: side * side].reshape(side, side, *samples.shape[1:])))
        ax.set_title(literal(name), fontsize=8)
    save(drawn, path)


def plane_picture(found: Plane, classes: Sequence[str], title: str, path: Path) -> None:
    """The plane of a latent of two dimensions: decoded, and where the rows of each class lie.

    Labels that are numbers have no ``classes``; they are drawn in groups.
    """
    room, columns = (14, 10) if classes else (WIDE_NAME, 4)
    labels, classes = in_groups(found.labels, classes)
    pictures = found.decoded is not None
    drawn, axes = figure(7.6 if pictures else 4.8, 4.4, ncols=2 if pictures else 1, squeeze=False)
    drawn.suptitle(literal(title, LINE if pictures else LINE // 2), fontsize=10)
    if found.decoded is not None:
        _show(axes[0, 0], _tiled(found.decoded, gap=0))
        axes[0, 0].set_title("decoded at quantiles of the prior", fontsize=8)
    _scatter(axes[0, -1], found._replace(labels=labels), [literal(c, room) for c in classes])
    if len(classes) <= MOST_CLASSES:
        handles, labels = axes[0, -1].get_legend_handles_labels()
        drawn.legend(
            handles,
            labels,
            frameon=False,
            fontsize=8,
            markerscale=4,
            loc="outside lower center",
            ncols=columns if pictures else columns // 2,
        )
    save(drawn, path)


def _scatter(ax: Any, found: Plane, classes: Sequence[str]) -> None:
    from matplotlib import colormaps

    many = colormaps["tab10" if len(classes) <= 10 else "tab20"]
    for label, name in enumerate(classes):
        own = found.codes[found.labels == label]
        color = COLORS[label] if len(classes) <= len(COLORS) else many(label % many.N)
        ax.scatter(*own.T, s=4, lw=0, alpha=0.6, color=color, label=name)
    turn = np.linspace(0, 2 * np.pi, 200)
    for radius in (1, 2, 3):
        ax.plot(radius * np.cos(turn), radius * np.sin(turn), color="0.3", lw=0.7, ls="--")
    ax.set_aspect("equal")
    ax.set_xlabel("z1", fontsize=8)
    ax.set_ylabel("z2", fontsize=8)
    ax.set_title("means of test rows; circles: the prior's 1, 2, 3 sigma", fontsize=8)
    ax.tick_params(labelsize=7)


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
