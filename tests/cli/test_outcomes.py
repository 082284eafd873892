import pytest
import recorded

from vibcli.cli.outcomes import HeldRate, held_rate
from vibcli.store.records import Epoch, Run


def adaptive(*rates: float, selected: int = 1, status: str = "complete") -> Run:
    """A run whose lambda adapts, with these rates in training."""
    run = recorded.run("vib-adaptive", curve=[0.5] * len(rates), status=status, penalty="adaptive")
    epochs = tuple(
        Epoch(epoch=i, train={"rate_nats": rate}, validation={}, seconds=1.0)
        for i, rate in enumerate(rates, start=1)
    )
    kept = run.selected.model_copy(update={"epoch": selected}) if run.selected else None
    return run.updated(epochs=epochs, selected=kept)


@pytest.mark.parametrize(
    ("rate", "missed"),
    [(4.0, False), (4.19, False), (3.81, False), (4.21, True), (3.79, True), (0.0, True)],
)
def test_a_rate_is_met_within_a_twentieth_of_its_target(rate: float, missed: bool) -> None:
    found = HeldRate(rate, 4.0)
    assert found.missed == missed
    assert ("missed by" in found.words) == missed


def test_the_rate_that_counts_is_that_of_the_epoch_that_is_kept() -> None:
    assert held_rate(adaptive(9.0, 5.0, 4.1, selected=3)) == HeldRate(4.1, 4.0)
    assert held_rate(adaptive(9.0, 5.0, 4.1, selected=1)) == HeldRate(9.0, 4.0)


def test_advice_depends_on_the_side() -> None:
    assert "--epochs" in HeldRate(5.0, 4.0).advice
    assert "free" in HeldRate(3.0, 4.0).advice


def test_runs_without_a_target_or_without_an_end_have_none() -> None:
    assert held_rate(recorded.run("vib")) is None
    assert held_rate(adaptive(4.0, status="diverged")) is None
