import math

import pytest

from vibcli.errors import VibError
from vibcli.registry import TASKS
from vibcli.store.records import Epoch, Metrics, Selected
from vibcli.tasks.resolve import resolve
from vibcli.tasks.select import select
from vibcli.tasks.task import Task

CLASSIFICATION: Task = TASKS.load("classification")
REGRESSION: Task = TASKS.load("regression")
AUTOENCODING: Task = TASKS.load("autoencoding")


def validated(*validation: Metrics) -> tuple[Epoch, ...]:
    """Epochs after which this was measured."""
    return tuple(
        Epoch(epoch=number, train={}, validation=measured, seconds=1.0)
        for number, measured in enumerate(validation, start=1)
    )


def epochs(*validation: tuple[float | None, float | None]) -> tuple[Epoch, ...]:
    """Epochs with these validation accuracies and NLLs."""
    return validated(*({"accuracy": a, "nll_nats": n} for a, n in validation))


CURVE = epochs((0.5, 0.9), (0.8, 0.3), (0.9, 0.6), (0.7, 0.4))


@pytest.mark.parametrize(
    ("criterion", "epoch", "value"), [("accuracy", 3, 0.9), ("nll", 2, 0.3), ("last", 4, None)]
)
def test_select_by_each_criterion(criterion: str, epoch: int, value: float | None) -> None:
    selected = select(CURVE, CLASSIFICATION, criterion)
    assert (selected.epoch, selected.value) == (epoch, value)


def test_equal_accuracies_go_to_the_lower_nll_and_then_to_the_first() -> None:
    def chosen(criterion: str, *validation: tuple[float, float]) -> int:
        return select(epochs(*validation), CLASSIFICATION, criterion).epoch

    assert chosen("accuracy", (0.9, 0.5), (0.9, 0.3), (0.9, 0.4)) == 2
    assert chosen("accuracy", (0.8, 0.1), (0.9, 0.3), (0.9, 0.3)) == 2
    assert chosen("nll", (0.8, 0.3), (0.9, 0.3)) == 1


# 14 rows: every epoch from the second on is right on 13 of them, while the NLL still falls
TIED = epochs((0.5, 1.0), (13 / 14, 0.5), (1.0, 0.4), (13 / 14, 0.2), (1.0, 0.3))


@pytest.mark.parametrize(("rows", "epoch"), [(14, 4), (99, 4), (100, 5), (1000, 5)])
def test_too_few_rows_do_not_choose_by_accuracy(rows: int, epoch: int) -> None:
    selected = select(TIED, CLASSIFICATION, "accuracy", rows)
    assert selected.epoch == epoch
    assert selected.criterion.startswith("lowest validation NLL (too few") == (rows < 100)
    assert select(TIED, CLASSIFICATION, "nll", rows).criterion == "lowest validation NLL"


def test_a_training_goes_on_with_the_criterion_it_began_with() -> None:
    began = select(TIED[:3], CLASSIFICATION, "accuracy")  # as an older version did
    assert select(TIED, CLASSIFICATION, "accuracy", 14, began.criterion).epoch == 5
    few = select(TIED[:3], CLASSIFICATION, "accuracy", 14)
    assert select(TIED, CLASSIFICATION, "accuracy", 1000, few.criterion).epoch == 4
    assert select(TIED, CLASSIFICATION, "accuracy", 14, "words of another version").epoch == 4


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf])
def test_an_undefined_value_is_never_the_best(unknown: float | None) -> None:
    # as it was measured and as it is read back from a file
    for place in (0, 1):
        curve = [(0.5, 0.9)]
        curve.insert(place, (0.5, unknown))
        for criterion in ("nll", "accuracy"):
            assert select(epochs(*curve), CLASSIFICATION, criterion).epoch == 2 - place


def bounds(*validation: tuple[float | None, float | None]) -> tuple[Epoch, ...]:
    """Epochs with these validation ELBOs and distortions."""
    return validated(
        *({"elbo_nats": e, "distortion_nats": d, "rate_nats": None} for e, d in validation)
    )


def by_elbo(*validation: tuple[float | None, float | None]) -> Selected:
    return select(bounds(*validation), AUTOENCODING, "elbo")


def test_select_by_the_highest_elbo_whatever_the_distortion() -> None:
    selected = by_elbo((-90.0, 40.0), (-80.0, 60.0), (-85.0, 30.0))
    assert selected == Selected(epoch=2, criterion="highest validation ELBO", value=-80.0)


def test_without_a_rate_the_lowest_distortion_counts() -> None:
    selected = by_elbo((None, 40.0), (None, 60.0), (None, 30.0))
    assert selected == Selected(epoch=3, criterion="lowest validation distortion", value=30.0)
    negative = by_elbo((None, -1.0), (None, -3.0), (None, 2.0))
    assert (negative.epoch, negative.value) == (2, -3.0)


def test_equal_elbos_go_to_the_first_and_an_unknown_one_is_never_the_best() -> None:
    assert by_elbo((-9.0, 1.0), (-8.0, 2.0), (-8.0, 1.0)).epoch == 2
    assert by_elbo((-9.0, 1.0), (math.nan, 0.0), (None, 0.0)).epoch == 1
    assert by_elbo((None, math.nan), (None, 2.0)).epoch == 2


def test_where_nothing_is_known_the_first_is_kept() -> None:
    assert select(epochs((None, None), (None, None)), CLASSIFICATION, "accuracy").epoch == 1


def errors(*validation: tuple[float | None, float | None]) -> tuple[Epoch, ...]:
    """Epochs with these validation RMSEs and NLLs."""
    return validated(*({"rmse": r, "nll_nats": n, "rate_nats": 1.0} for r, n in validation))


@pytest.mark.parametrize(
    ("criterion", "selected"),
    [
        ("rmse", Selected(epoch=2, criterion="lowest validation RMSE", value=3.0)),
        ("nll", Selected(epoch=3, criterion="lowest validation NLL", value=-1.0)),
        ("last", Selected(epoch=4, criterion="last epoch", value=None)),
    ],
)
def test_select_by_the_lowest_error_of_a_number(criterion: str, selected: Selected) -> None:
    curve = errors((5.0, 2.0), (3.0, 1.5), (4.0, -1.0), (3.5, 0.0))
    assert select(curve, REGRESSION, criterion) == selected


def test_equal_rmses_go_to_the_lower_nll_and_then_to_the_first() -> None:
    assert select(errors((3.0, 1.0), (3.0, 0.5), (3.0, 0.5)), REGRESSION, "rmse").epoch == 2
    assert select(errors((3.0, None), (3.0, 9.0), (4.0, 0.5)), REGRESSION, "rmse").epoch == 2
    assert select(errors((3.0, 0.5), (2.0, 0.5)), REGRESSION, "nll").epoch == 1


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf])
def test_an_undefined_error_is_never_the_lowest(unknown: float | None) -> None:
    for place in (0, 1):
        curve = [(9.0, 9.0)]
        curve.insert(place, (unknown, unknown))
        for criterion in ("rmse", "nll"):
            assert select(errors(*curve), REGRESSION, criterion).epoch == 2 - place


@pytest.mark.parametrize("name", TASKS)
def test_the_last_epoch_can_be_wanted_of_every_task_whatever_was_measured(name: str) -> None:
    selected = select(validated({}, {}, {}), TASKS.load(name), "last")
    assert selected == Selected(epoch=3, criterion="last epoch", value=None)


@pytest.mark.parametrize(
    ("task", "variant", "criterion"),
    [
        (CLASSIFICATION, "vib", "elbo"),
        (CLASSIFICATION, "vib", "rmse"),
        (REGRESSION, "vib", "accuracy"),
        (AUTOENCODING, "vae", "nll"),
    ],
)
def test_a_criterion_of_another_task_is_refused_before_it_is_used(
    task: Task, variant: str, criterion: str
) -> None:
    with pytest.raises(VibError, match=f"--select {criterion} does not apply to '{variant}'"):
        resolve(variant, "tabular", {"select": criterion}, task)
