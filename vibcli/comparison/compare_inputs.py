"""Autoencoders -> paired statistics. Pure: no files, no printing.

What `vibcli.comparison.compare` is for experiments that predict labels: how well they describe
and rebuild their inputs, what that costs, and how their samples look.
"""

from collections.abc import Sequence
from typing import NamedTuple

from vibcli.comparison.findings import (
    Finding,
    Member,
    check,
    correct,
    divided_settings,
    findings,
    measure,
)
from vibcli.comparison.quantities import Quantity
from vibcli.errors import VibError
from vibcli.store.records import Run

QUANTITIES = {
    "elbo_nats": Quantity(1, tested=True),
    "iwae_nats": Quantity(1, tested=True),
    "distortion_at_mean_nats": Quantity(-1, tested=True),
    "sample_energy": Quantity(-1, tested=True),
    "squared_error": Quantity(-1),
    "perplexity": Quantity(-1),
    "rate_nats": Quantity(0),
    "active_units": Quantity(0),
    "best_epoch": Quantity(0),
    "train_seconds": Quantity(-1),
}


class Row(NamedTuple):
    """What was found of one autoencoder; differences are to the first, by seed."""

    name: str
    seeds: tuple[int, ...]
    broken: int
    findings: dict[str, Finding]


class InputComparison(NamedTuple):
    """Rows in the order asked for, what they share, and what they differ in.

    ``iw_samples`` draws make the importance-weighted bound; None where no row has one. The
    numbers on tests are those of `vibcli.comparison.findings.Significance`.
    """

    dataset: str
    notes: tuple[str, ...]
    iw_samples: int | None
    rows: tuple[Row, ...]
    tests: int
    smallest_p: float | None
    pairs_needed: tuple[int, int]
    constant: dict[str, object]
    differing: dict[str, dict[str, object]]


def compare_inputs(members: Sequence[Member]) -> InputComparison:
    """Compare autoencoders by the seeds that they share with the first.

    Raises:
        VibError: one has no complete run, data differ, or likelihoods or numbers of draws do.
    """
    check(members)
    runs = [run for member in members for run in member.runs.values()]
    _check_same_scale(runs)
    measured = [measure(member, quantities) for member in members]
    found = [
        findings(own, measured[0] if i else None, QUANTITIES) for i, own in enumerate(measured)
    ]
    significance = correct(found)
    constant, differing = divided_settings(members)
    return InputComparison(
        dataset=runs[0].data.name,
        notes=runs[0].data.notes,
        iw_samples=next(iter(_draws(runs)), None),
        rows=tuple(
            Row(member.name, tuple(sorted(member.runs)), member.broken, own)
            for member, own in zip(members, found, strict=True)
        ),
        **significance._asdict(),
        constant=constant,
        differing=differing,
    )


def quantities(run: Run) -> dict[str, float | None]:
    """Every quantity of a complete run; None where it does not apply."""
    assert run.test is not None
    assert run.selected is not None
    own: dict[str, float | None] = {
        "best_epoch": float(run.selected.epoch),
        "train_seconds": sum(epoch.seconds for epoch in run.epochs),
    }
    return {key: run.test.selected.get(key) for key in QUANTITIES} | own


def _draws(runs: Sequence[Run]) -> set[int]:
    """How many draws the importance-weighted bounds of the runs take."""
    tested = [run.test.selected.get("iw_samples") for run in runs if run.test is not None]
    return {int(count) for count in tested if count is not None}


def _check_same_scale(runs: Sequence[Run]) -> None:
    likelihoods = {(run.config.likelihood, run.config.binarise) for run in runs}
    if len(likelihoods) > 1:
        shown = ", ".join(sorted(" ".join(filter(None, parts)) for parts in likelihoods))
        raise VibError(f"Nats of different likelihoods cannot be compared: {shown}.")
    if len(counts := _draws(runs)) > 1:
        shown = ", ".join(map(str, sorted(counts)))
        raise VibError(
            f"Importance-weighted bounds of {shown} draws cannot be compared. "
            f"Evaluate all runs alike: --iw-samples {max(counts)}"
        )
    if len({(run.config.tokens, run.config.vocabulary) for run in runs}) > 1:
        raise VibError("Texts of different --tokens or --vocabulary hold different words.")
