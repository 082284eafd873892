import math

import pytest
import recorded
from pydantic import ValidationError

from vibcli.store.records import Epoch


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


def test_a_copy_with_some_fields_replaced_leaves_the_run_as_it_was() -> None:
    run = recorded.run()
    changed = run.updated(status="failed", message="no memory")
    assert (changed.status, changed.message) == ("failed", "no memory")
    assert (run.status, run.message) == ("complete", None)
    assert changed.updated(status="complete", message=None) == run


def test_the_experiment_is_a_part_of_the_id() -> None:
    run = recorded.run("mine", 3)
    assert run.id == f"wine/{run.experiment}/seed-3"
    assert run.experiment == f"mine-{run.config.digest('f00d')}"
