import math

import pytest
import recorded
from compared import AE, VAE, classes, member, numbers

from vibcli.comparison.alike import check_alike, check_asked, the_task
from vibcli.errors import VibError
from vibcli.registry import TASKS
from vibcli.store.records import Run
from vibcli.tasks.task import Task

CLASSES, NUMBERS = classes("c", [0.5]).runs[0], numbers("n", [5.0]).runs[0]
CODES = AE.runs[0]


def task(name: str) -> Task:
    return TASKS.load(name)


@pytest.mark.parametrize(
    ("run", "name"),
    [(CLASSES, "classification"), (NUMBERS, "regression"), (CODES, "autoencoding")],
)
def test_the_task_of_runs_is_found(run: Run, name: str) -> None:
    assert the_task([run, run]).name == name


@pytest.mark.parametrize(
    ("runs", "named"),
    [
        ([NUMBERS, CLASSES], "classification, regression"),
        ([NUMBERS, CODES], "autoencoding, regression"),
        ([NUMBERS, CODES, CLASSES], "autoencoding, classification, regression"),
    ],
)
def test_runs_of_different_tasks_are_refused(runs: list[Run], named: str) -> None:
    with pytest.raises(VibError, match=f"different tasks cannot be compared: {named}\\."):
        the_task(runs)


@pytest.mark.parametrize(
    ("name", "target", "margin", "message"),
    [
        ("autoencoding", 0.5, None, "--target does not apply: autoencoding has no metric"),
        ("autoencoding", None, 0.5, "--margin does not apply: autoencoding has no margin"),
        ("classification", 1.5, None, r"--target is 1\.5: accuracy is at most 1"),
        ("classification", math.nan, None, "--target is nan: expected a finite number"),
        ("regression", math.inf, None, "--target is inf: expected a finite number"),
        ("classification", None, math.inf, "--margin is inf: expected a finite number"),
        ("regression", None, math.nan, "--margin is nan: expected a finite number"),
    ],
)
def test_what_a_task_does_not_have_is_refused(
    name: str, target: float | None, margin: float | None, message: str
) -> None:
    with pytest.raises(VibError, match=message):
        check_asked(task(name), target, margin)


def test_what_a_task_has_may_be_asked() -> None:
    check_asked(task("classification"), 1.0, 0.0)
    check_asked(task("regression"), 5e6, 1e9)
    check_asked(task("autoencoding"), None, None)


def changed(run: Run, **settings: object) -> Run:
    return run.updated(config=run.config.model_copy(update=settings))


def test_nats_of_different_likelihoods_are_not_compared() -> None:
    runs = [VAE.runs[0], changed(VAE.runs[0], likelihood="bernoulli")]
    with pytest.raises(VibError, match=r"different likelihoods.*: bernoulli, gaussian"):
        check_alike(runs, task("autoencoding"))


def test_pixels_that_are_drawn_are_not_compared_with_those_that_are_not() -> None:
    drawn, fixed = (
        changed(VAE.runs[0], likelihood="bernoulli", binarise=b) for b in ("dynamic", None)
    )
    with pytest.raises(VibError, match=r"likelihoods.*compared: bernoulli, bernoulli dynamic\."):
        check_alike([drawn, fixed], task("autoencoding"))
    check_alike([drawn, drawn], task("autoencoding"))


def test_texts_of_different_length_are_not_compared() -> None:
    runs = [changed(VAE.runs[0], kind="text", tokens=n) for n in (100, 200)]
    with pytest.raises(VibError, match="hold different words"):
        check_alike(runs, task("autoencoding"))


def test_bounds_of_different_draws_are_not_compared() -> None:
    other = member("b", {"iwae_nats": (-1.0,), "iw_samples": (8.0,)}).runs[0]
    with pytest.raises(VibError, match=r"of 8, 64 draws cannot be compared.*--iw-samples 64"):
        check_alike([VAE.runs[0], other], task("autoencoding"))


def test_what_has_to_be_the_same_may_be_unknown_of_some() -> None:
    assert "iw_samples" not in CODES.test.selected
    check_alike([CODES, VAE.runs[0]], task("autoencoding"))
    check_alike([recorded.run(), recorded.run(lam=0.5)], task("classification"))
