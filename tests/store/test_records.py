import math

import pytest
from pydantic import ValidationError

from vibcli.store.records import Epoch, Selected
from vibcli.tasks.select import select


def epochs(*validation: tuple[float | None, float | None]) -> tuple[Epoch, ...]:
    """Epochs with these validation accuracies and NLLs."""
    return tuple(
        Epoch(
            epoch=number,
            train={},
            validation={"accuracy": accuracy, "nll_nats": nll},
            seconds=1.0,
        )
        for number, (accuracy, nll) in enumerate(validation, start=1)
    )


CURVE = epochs((0.5, 0.9), (0.8, 0.3), (0.9, 0.6), (0.7, 0.4))


@pytest.mark.parametrize(
    ("criterion", "epoch", "value"), [("accuracy", 3, 0.9), ("nll", 2, 0.3), ("last", 4, None)]
)
def test_select_by_each_criterion(criterion: str, epoch: int, value: float | None) -> None:
    selected = select(CURVE, criterion)
    assert (selected.epoch, selected.value) == (epoch, value)


def test_equal_accuracies_go_to_the_lower_nll_and_then_to_the_first() -> None:
    assert select(epochs((0.9, 0.5), (0.9, 0.3), (0.9, 0.4)), "accuracy").epoch == 2
    assert select(epochs((0.8, 0.1), (0.9, 0.3), (0.9, 0.3)), "accuracy").epoch == 2
    assert select(epochs((0.8, 0.3), (0.9, 0.3)), "nll").epoch == 1


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf])
def test_an_undefined_value_is_never_the_best(unknown: float | None) -> None:
    # as it was measured and as it is read back from a file
    for place in (0, 1):
        curve = [(0.5, 0.9)]
        curve.insert(place, (0.5, unknown))
        for criterion in ("nll", "accuracy"):
            assert select(epochs(*curve), criterion).epoch == 2 - place


def bounds(*validation: tuple[float | None, float | None]) -> tuple[Epoch, ...]:
    """Epochs with these validation ELBOs and distortions."""
    return tuple(
        Epoch(
            epoch=number,
            train={},
            validation={"elbo_nats": elbo, "distortion_nats": distortion, "rate_nats": None},
            seconds=1.0,
        )
        for number, (elbo, distortion) in enumerate(validation, start=1)
    )


def test_select_by_the_highest_elbo_whatever_the_distortion() -> None:
    selected = select(bounds((-90.0, 40.0), (-80.0, 60.0), (-85.0, 30.0)), "elbo")
    assert selected == Selected(epoch=2, criterion="highest validation ELBO", value=-80.0)


def test_without_a_rate_the_lowest_distortion_counts() -> None:
    selected = select(bounds((None, 40.0), (None, 60.0), (None, 30.0)), "elbo")
    assert selected == Selected(epoch=3, criterion="lowest validation distortion", value=30.0)
    negative = select(bounds((None, -1.0), (None, -3.0), (None, 2.0)), "elbo")
    assert (negative.epoch, negative.value) == (2, -3.0)


def test_equal_elbos_go_to_the_first_and_an_unknown_one_is_never_the_best() -> None:
    assert select(bounds((-9.0, 1.0), (-8.0, 2.0), (-8.0, 1.0)), "elbo").epoch == 2
    assert select(bounds((-9.0, 1.0), (math.nan, 0.0), (None, 0.0)), "elbo").epoch == 1
    assert select(bounds((None, math.nan), (None, 2.0)), "elbo").epoch == 2


def test_where_nothing_is_known_the_first_is_kept() -> None:
    assert select(epochs((None, None), (None, None)), "accuracy").epoch == 1


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_know_is_stored_as_null(value: float) -> None:
    (epoch,) = epochs((0.5, value))
    assert Epoch.model_validate_json(epoch.model_dump_json()).validation["nll_nats"] is None


def test_every_other_number_is_stored_exactly() -> None:
    (epoch,) = epochs((1 / 3, 0.1 + 0.2))
    assert Epoch.model_validate_json(epoch.model_dump_json()) == epoch


def test_records_cannot_be_changed_or_extended() -> None:
    (epoch,) = epochs((0.5, 0.5))
    with pytest.raises(ValidationError, match="frozen"):
        epoch.seconds = 2.0  # type: ignore[misc]
    with pytest.raises(ValidationError, match="extra"):
        Epoch.model_validate({**epoch.model_dump(), "colour": 1})
