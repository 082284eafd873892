"""Pictures: records -> PNG files."""

import itertools
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vibcli.compare import Comparison, Member
from vibcli.files import write_atomically
from vibcli.metrics import Reliability
from vibcli.records import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vibcli.interpolation import Step

    Example = tuple[str | None, NDArray[np.uint8] | None]  # text or pixels [C, H, W]

# Okabe & Ito's palette, which colour-blind readers can tell apart
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#000000")
DPI = 150
NAME = 24  # characters of a name
LINE = 100  # characters of a line of text
NEIGHBOURS = 12  # nearest examples that are shown


def figure(width: float, height: float, **options: Any) -> "tuple[Figure, Any]":
    """A figure and its axes, made without a display."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    return drawn, drawn.subplots(**options)


def save(drawn: "Figure", path: Path) -> None:
    """Write a figure as PNG, atomically."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a letter that the font does not have
        write_atomically(path, lambda temporary: drawn.savefig(temporary, format="png"))


def validation_curves(members: Sequence[Member], result: Comparison, path: Path) -> None:
    """Validation accuracy by epoch: the mean over seeds and one standard deviation each way."""
    drawn, axes = figure(7, 4)
    for member, colour in zip(members, itertools.cycle(COLOURS), strict=False):
        epochs, mean, spread = _curve(list(member.runs.values()))
        label = f"{_literal(member.name)} ({_seeds(len(member.runs))})"
        axes.plot(epochs, 100 * mean, color=colour, label=label, marker="o", markersize=3)
        axes.fill_between(
            epochs, 100 * (mean - spread), 100 * (mean + spread), color=colour, alpha=0.2, lw=0
        )
    axes.axhline(
        100 * result.target, color="0.5", lw=1, ls="--", label=f"target {result.target:.2%}"
    )
    axes.set(xlabel="epoch", ylabel="validation accuracy (%)", title=_literal(result.dataset, LINE))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    drawn.legend(frameon=False, loc="outside lower center", ncols=3 if len(members) < 4 else 2)
    save(drawn, path)


def reliability_picture(
    experiments: Mapping[str, Sequence[Reliability]], title: str, path: Path
) -> None:
    """Accuracy by confidence, a panel for each experiment; below, how many rows are so confident.

    Args:
        experiments: name -> bins of equal width, one entry a seed and at least one. Drawn are
            the mean over the seeds that have rows in a bin and one standard deviation each way.
        title: of the whole picture.
        path: of the PNG.
    """
    count = len(experiments)
    columns = count if count < 4 else min((count + 1) // 2, 4)
    lines = -(-count // columns)
    drawn, axes = figure(
        7 if count > 1 else 4.2,
        0.7 + (3.4 if columns < 3 else 2.8) * lines,
        nrows=2 * lines,
        ncols=columns,
        height_ratios=(3, 1) * lines,
        sharex=True,
        squeeze=False,
    )
    drawn.suptitle(_literal(title, LINE if count > 1 else LINE // 2), fontsize=10)
    drawn.supxlabel(
        "confidence (%)\ndashed: calibrated; band: one standard deviation over seeds", fontsize=8
    )
    # no row is less confident than one over the number of classes
    lowest = min(
        (s.rows > 0).argmax() / len(s.rows) for seeds in experiments.values() for s in seeds
    )
    axes[0, 0].set_xlim(100 * min(lowest, 0.5) - 3, 103)
    for place, (name, seeds) in enumerate(experiments.items()):
        line, column = divmod(place, columns)
        upper, lower = axes[2 * line : 2 * line + 2, column]
        _draw_reliability(upper, lower, seeds, COLOURS[place % len(COLOURS)])
        error = np.mean([seed.error for seed in seeds])
        upper.set_title(f"{_literal(name)}\nECE {error:.4f} ({_seeds(len(seeds))})", fontsize=8)
        if column == 0:
            upper.set_ylabel("accuracy (%)", fontsize=8)
            lower.set_ylabel("rows (%)", fontsize=8)
    for unused in axes[-2:, columns - (lines * columns - count) :].flat:
        unused.set_axis_off()
    save(drawn, path)


def _draw_reliability(upper: Any, lower: Any, seeds: Sequence[Reliability], colour: str) -> None:
    rows, confidence, accuracy = (np.array(values) for values in zip(*seeds, strict=True))  # [S, B]
    bins = rows.shape[1]
    used = rows.any(0)
    x, mean = (100 * np.nanmean(values[:, used], axis=0) for values in (confidence, accuracy))
    spread = 100 * np.nanstd(accuracy[:, used], axis=0)
    upper.plot((0, 100), (0, 100), color="0.5", lw=1, ls="--")
    upper.plot(x, mean, color=colour, marker="o", ms=3)
    upper.fill_between(x, mean - spread, mean + spread, color=colour, alpha=0.2, lw=0)
    upper.set(ylim=(-3, 103))
    share = 100 * (rows / rows.sum(1, keepdims=True)).mean(0)
    lower.bar((np.arange(bins) + 0.5) * 100 / bins, share, width=90 / bins, color=colour)
    lower.set_ylim(0, None)
    for ax in (upper, lower):
        ax.set_axisbelow(True)
        ax.grid(alpha=0.3)
        ax.tick_params(labelsize=7)
    lower.tick_params(labelbottom=True)


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
    drawn.suptitle(_literal(title, LINE), fontsize=10)
    shown = [c for c in np.argsort(-probabilities.max(0)) if probabilities[:, c].max() > 0.05]
    for colour, c in zip(COLOURS, shown, strict=False):
        label = _literal(classes[c])
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
        label = _literal(step.nearest.label, 10)
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
        lines.append(_literal(f"{where}: {label} #{row} {excerpt}", LINE))
    more = [f"and {len(lines) - NEIGHBOURS} more"] if len(lines) > NEIGHBOURS else []
    return ["Nearest training examples", *lines[:NEIGHBOURS], *more]


def _seeds(number: int) -> str:
    return f"{number} seed" + ("s" if number > 1 else "")


def _literal(text: str, room: int = NAME) -> str:
    """At most ``room`` characters, none of which matplotlib takes for an instruction."""
    short = text if len(text) <= room else text[: room - 1] + "…"
    return (" " if short.startswith("_") else "") + short.replace("$", r"\$")


def _curve(runs: Sequence[Run]) -> tuple[Any, Any, Any]:
    """Epochs, mean and standard deviation over the runs that lasted so long."""
    longest = max(len(run.epochs) for run in runs)
    values = np.full((len(runs), longest), np.nan)
    for line, run in zip(values, runs, strict=True):
        line[: len(run.epochs)] = [epoch.validation["accuracy"] for epoch in run.epochs]
    return np.arange(1, longest + 1), np.nanmean(values, axis=0), np.nanstd(values, axis=0)
