"""Variance along many walks against theory."""

from pathlib import Path
from typing import TYPE_CHECKING

from vibcli.reporting.plots.along_walk import OF_MODE
from vibcli.reporting.plots.figure import figure, save
from vibcli.reporting.plots.looks import REFERENCE
from vibcli.reporting.plots.text import foot, heading

if TYPE_CHECKING:
    from vibcli.analysis.walks.pairs import Report

ENDS = {
    "prior": "draws from N(0, I)",
    "encoder": "the encoder's means",
    "uniform": "draws from U(−1, 1)",
}


def pairs_picture(report: "Report", title: str, file: Path) -> None:
    """Mean square of a coordinate by position, a panel for each kind of ends.

    Bands are 95% intervals of the mean over pairs; the line without markers is what the walks of
    independent draws of the prior have.
    """
    from vibcli.analysis.walks.statistics import POSITIONS

    drawn, axes = figure(7, 3.1, ncols=len(report.pairs))
    heading(drawn, title)
    positions = POSITIONS.tolist()
    for ax, (kind, found) in zip(axes, report.pairs.items(), strict=True):
        for mode, along in found.walks.items():
            means = [estimate.mean for estimate in along.variance]
            own = OF_MODE[mode]
            width = 3.5 if mode == "spherical" else 1.2  # slerp often lies upon it
            ax.plot(positions, means, **own.line, ms=2.5, lw=width, label=mode)
            if along.variance[0].low is not None:
                low, high = ([getattr(e, end) for e in along.variance] for end in ("low", "high"))
                ax.fill_between(positions, low, high, color=own.color, alpha=0.2, lw=0)
            if along.expected is not None:
                ax.plot(positions, along.expected, **REFERENCE, zorder=3)
        ax.set_title(ENDS[kind], fontsize=9)
        ax.set_xlabel("position", fontsize=8)
        ax.set_ylim(0, None)
        ax.tick_params(labelsize=7)
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("variance per dimension", fontsize=8)
    axes[0].plot([], [], **REFERENCE, label="theory")
    notes = ["band: 95% interval of the mean over pairs"] if axes[0].collections else []
    handles, labels = axes[0].get_legend_handles_labels()
    foot(drawn, handles, labels, notes)
    save(drawn, file)
