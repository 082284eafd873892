from pathlib import Path

import pytest
import recorded

from vibcli.runs import progress
from vibcli.runs.observer import Observer, Silent, Step
from vibcli.runs.progress import TellProgress
from vibcli.store.rundir import RunDir


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress.time, "monotonic", clock.monotonic)
    return clock


@pytest.fixture
def folder(tmp_path: Path) -> RunDir:
    folder = RunDir(tmp_path, "wine/vib-0/seed-0")
    folder.path.mkdir(parents=True)
    return folder


TERMS = {"loss_nats": 1.5, "distortion_nats": 1.0}


def test_it_tells_a_few_times_a_second(folder: RunDir, clock: Clock) -> None:
    run = recorded.run(curve=(0.5,) * 4, status="running").updated(epochs=())
    teller = TellProgress(folder)
    teller.on_start(run)
    told = []
    for step in range(1, 11):
        clock.now += 0.1
        teller.on_step(Step(1, step, 10, TERMS))
        found = folder.progress()
        told.append(None if found is None else round(found.share * 40))
    assert told == [None, None, 3, 3, 3, 6, 6, 6, 9, 9]


def test_time_left_is_at_the_pace_since_the_start(folder: RunDir, clock: Clock) -> None:
    run = recorded.run(curve=(0.5,) * 4, status="running").updated(epochs=())
    teller = TellProgress(folder)
    teller.on_start(run)
    clock.now += 3
    teller.on_step(Step(1, 5, 10, TERMS))
    found = folder.progress()
    assert found is not None
    assert (found.epoch, found.epochs, found.validation) == (1, 4, None)
    assert found.share == pytest.approx(0.125)
    assert found.seconds_left == pytest.approx(21)  # half an epoch took 3
    assert found.terms == TERMS


def test_a_resumed_training_has_the_pace_of_what_it_did_itself(
    folder: RunDir, clock: Clock
) -> None:
    run = recorded.run(curve=(0.5, 0.75, 0.5, 0.5), status="running")
    run = run.updated(epochs=run.epochs[:2])
    teller = TellProgress(folder)
    clock.now += 1000  # between that it is made and that training starts
    teller.on_start(run)
    clock.now += 2
    teller.on_step(Step(3, 10, 10, TERMS))
    found = folder.progress()
    assert found is not None
    assert found.share == pytest.approx(0.75)
    assert found.seconds_left == pytest.approx(2)
    assert found.validation == "75.00%"  # of the last epoch that was done before


def test_it_tells_the_last_validation_and_leaves_nothing_behind(
    folder: RunDir, clock: Clock
) -> None:
    run = recorded.run(curve=(0.5, 0.875), status="running")
    teller = TellProgress(folder)
    teller.on_start(run.updated(epochs=()))
    for epochs in (1, 2):
        teller.on_epoch(run.updated(epochs=run.epochs[:epochs]))
        clock.now += 1
        teller.on_step(Step(2, 1, 10, TERMS))
        found = folder.progress()
        assert found is not None
        assert found.validation == ("50.00%", "87.50%")[epochs - 1]
    teller.on_end(run)
    assert folder.progress() is None
    teller.on_end(run)  # nothing to end is no error


def test_a_silent_observer_takes_everything_and_does_nothing() -> None:
    run = recorded.run()
    observer: Observer = Silent()
    observer.on_start(run)
    observer.on_step(Step(1, 1, 1, {}))
    observer.on_epoch(run)
    observer.on_end(run)
