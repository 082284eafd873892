"""What changes along walks, a line a walk."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vibcli.reporting.plots.looks import Look, look
from vibcli.reporting.plots.text import HANDLE, LEGEND_SIZE

if TYPE_CHECKING:
    from vibcli.analysis.walks.walk import Walk

OF_MODE = {mode: look(i) for i, mode in enumerate(("linear", "spherical", "slerp"))}
OF_MODE["blend"] = Look("0.5", "D", (0, (1, 1)))
BLENDED = "blend of\nthe ends"
LABELS = {
    "norm": "|z|",
    "log_prior_nats": "log p(z) (nats)",
    "entropy_nats": "entropy (nats)",
    "distance_to_data": "distance to data",
}


def measures(walks: "Sequence[Walk]") -> list[str]:
    """Which numbers of a step these walks have."""
    return [
        key
        for key in LABELS
        if any(getattr(step, key) is not None for walk in walks for step in walk.steps)
    ]


def draw_along(axes: dict[str, Any], walks: "Sequence[Walk]") -> None:
    """A panel for each of `measures`, which ``axes`` have by name, and the colours' meaning."""
    keys = measures(walks)
    for key in keys:
        ax = axes[key]
        for walk in walks:
            values = [getattr(step, key) for step in walk.steps]
            if None not in values:
                positions = [step.position for step in walk.steps]
                line = OF_MODE[walk.mode].line
                ax.plot(positions, values, label=walk.mode, ms=2.5, lw=1.2, **line)
        ax.set_title(LABELS[key], fontsize=8)
        ax.set_xlabel("position", fontsize=8)
        ax.tick_params(labelsize=7)
        ax.grid(alpha=0.3)
    if len(walks) > 1:
        fullest = axes[max(keys, key=lambda key: len(axes[key].lines))]
        place = {"loc": "outside lower center", "ncols": len(walks), "fontsize": LEGEND_SIZE}
        entries = fullest.get_legend_handles_labels()
        fullest.figure.legend(*entries, frameon=False, handlelength=HANDLE, **place)
