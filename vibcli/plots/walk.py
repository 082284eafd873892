"""A walk in the latent, and the training examples that it comes by."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vibcli.plots.figure import COLOURS, LINE, figure, literal, save

if TYPE_CHECKING:
    from vibcli.interpolation import Step

    Example = tuple[str | None, NDArray[np.uint8] | None]  # text or pixels [C, H, W]

NEIGHBOURS = 12  # nearest examples that are shown


def walk_picture(
    path: "Sequence[Step]",
    examples: "Sequence[Example]",
    classes: Sequence[str],
    title: str,
    file: Path,
) -> None:
    """Probabilities, entropy, norm and log density along a walk; below, the nearest examples."""
    positions = [step.position for step in path]
    probabilities = np.array([step.probabilities for step in path])  # [S, C]
    pictures = [(step, pixels) for step, (_, pixels) in zip(path, examples, strict=True)]
    lines = _nearest(path, examples)
    with_pictures = all(pixels is not None for _, pixels in pictures)
    below = 0.8 if with_pictures else 0.18 * (len(lines) + 1)
    drawn, axes = figure(7, 4.6 + below, nrows=4, height_ratios=(2.4, 0.8, 0.8, below))
    drawn.suptitle(literal(title, LINE), fontsize=10)
    shown = [c for c in np.argsort(-probabilities.max(0)) if probabilities[:, c].max() > 0.05]
    for colour, c in zip(COLOURS, shown, strict=False):
        label = literal(classes[c])
        axes[0].plot(positions, probabilities[:, c], marker="o", ms=3, color=colour, label=label)
    axes[0].set(ylabel="probability", ylim=(-0.02, 1.02))
    axes[0].legend(frameon=False, title="class", loc="center left", bbox_to_anchor=(1, 0.5))
    axes[1].plot(positions, [step.entropy_nats for step in path], color="0.2", marker="o", ms=3)
    axes[1].set(ylabel="entropy\n(nats)")
    axes[2].plot(positions, [step.norm for step in path], color="0.2", marker="o", ms=3)
    axes[2].set(ylabel="|z|", xlabel="position")
    density = axes[2].twinx()
    density.plot(positions, [s.log_prior_nats for s in path], color=COLOURS[0], ls="--")
    density.set_ylabel("log p(z)\n(nats)", color=COLOURS[0])
    half = 0.5 / (min(len(path), NEIGHBOURS) - 1)
    for ax in axes:
        ax.set_xlim(-half, 1 + half)
    for ax in axes[:2]:
        ax.tick_params(labelbottom=False)
    axes[3].set_axis_off()
    if with_pictures:
        _draw_pictures(axes[3], pictures, half)
    else:
        axes[3].text(
            0,
            1,
            "\n".join(lines),
            transform=axes[3].transAxes,
            va="top",
            fontsize=7,
            linespacing=1.5,
        )
    save(drawn, file)


def _draw_pictures(ax: Any, pictures: "Sequence[tuple[Step, Any]]", half: float) -> None:
    """The nearest examples and their labels, below the points they are nearest to."""
    chosen = np.linspace(0, len(pictures) - 1, min(len(pictures), NEIGHBOURS)).round().astype(int)
    for step, pixels in (pictures[i] for i in chosen):
        left, width = step.position - 0.9 * half, 1.8 * half
        box = ax.inset_axes((left, 0.2, width, 0.8), transform=ax.transData)
        box.set(xticks=[], yticks=[])
        box.imshow(np.squeeze(pixels.transpose(1, 2, 0)), cmap="gray")
        label = literal(step.nearest.label, 10)
        ax.text(step.position, 0.1, label, ha="center", va="center", fontsize=8)


def _nearest(path: "Sequence[Step]", examples: "Sequence[Example]") -> list[str]:
    """A line for each stretch of the walk that has the same nearest training example."""
    lines = []
    for (label, row, text), steps in itertools.groupby(
        zip(path, examples, strict=True),
        key=lambda pair: (pair[0].nearest.label, pair[0].nearest.row, pair[1][0]),
    ):
        positions = [step.position for step, _ in steps]
        where = "–".join(f"{p:.2f}" for p in sorted({positions[0], positions[-1]}))
        excerpt = " ".join((text or "").split())
        lines.append(literal(f"{where}: {label} #{row} {excerpt}", LINE))
    more = [f"and {len(lines) - NEIGHBOURS} more"] if len(lines) > NEIGHBOURS else []
    return ["Nearest training examples", *lines[:NEIGHBOURS], *more]
