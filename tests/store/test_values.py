import pytest
import recorded

from vibcli.config.record import RunConfig, flag_of
from vibcli.errors import VibError
from vibcli.store.records import Run
from vibcli.store.summary import Summary
from vibcli.store.values import effective, flags, full_name, values_of


def values(run: Run) -> dict[str, object]:
    return values_of(Summary.of(run.model_dump(mode="json")))


def test_values_are_those_of_the_record() -> None:
    run = recorded.run(tested={"accuracy": 0.9, "rate_nats": 2.5}, lam=0.3)
    assert run.test is not None
    found = values(run)
    expected = {
        "run": run.id,
        "name": "vib",
        "status": "complete",
        "seed": 0,
        "dataset": "wine",
        "epochs": 2,
        "rate": 2.5,
        "config.lam": 0.3,
        "config.epochs": 2,
        "data.fingerprint": "f00d",
        "data.sizes.train": 8,
        "selected.epoch": 1,
        "validation.accuracy": 0.5,  # of the first epoch, which is kept
        "test.selected.accuracy": 0.9,
        "test.last.accuracy": 0.9,
        "timings.train_seconds": 4.0,
        "environment.threads": 1,
    }
    assert {key: found[key] for key in expected} == expected


def test_what_has_no_effect_has_no_value() -> None:
    assert "config.lam" not in values(recorded.run(variant="baseline", bottleneck="none"))
    assert "config.beta" not in values(recorded.run())
    assert values(recorded.run())["config.dropout"] is None


@pytest.mark.parametrize("task", recorded.TESTED)
def test_the_effective_settings_are_those_that_name_an_experiment(task: str) -> None:
    """A second way to them: `RunConfig.settings`, which decides ids."""
    run = recorded.run(task=task)
    found = effective(run.model_dump(mode="json")["config"])
    assert {k: v for k, v in found.items() if v is not None}.items() >= run.config.settings.items()


def test_settings_that_came_later_have_their_default() -> None:
    config = recorded.run().model_dump(mode="json")["config"]
    older = {k: v for k, v in config.items() if k not in ("precision", "predicts")}
    assert effective(older) == effective(config)
    assert effective(older | {"of_the_future": 3}) == effective(config)


@pytest.mark.parametrize("name", RunConfig.model_fields)
def test_every_setting_is_found_by_its_full_name_and_flag(name: str) -> None:
    assert full_name(f"config.{name}", []) == f"config.{name}"
    flag = flag_of(name).removeprefix("--")
    assert flags()[name] == flag
    assert full_name(f"config.{flag}", []) == f"config.{name}"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lambda", "config.lam"),
        ("batch-size", "config.batch_size"),
        ("batch_size", "config.batch_size"),
        ("accuracy", "test.selected.accuracy"),
        ("rate-nats", "test.selected.rate_nats"),
        ("train_seconds", "timings.train_seconds"),
        ("epochs", "epochs"),
        ("config.epochs", "config.epochs"),
        ("validation", "config.validation"),
        ("validation.accuracy", "validation.accuracy"),
        ("epoch", "selected.epoch"),
        ("label", "data.label"),
        ("status", "status"),
    ],
)
def test_the_last_part_of_a_name_is_enough(typed: str, meant: str) -> None:
    assert full_name(typed, values(recorded.run())) == meant


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [("lamda", "lambda"), ("acuracy", "accuracy"), ("validation.acuracy", "validation.accuracy")],
)
def test_an_unknown_name_suggests_the_nearest(typed: str, nearest: str) -> None:
    with pytest.raises(VibError, match=f"Unknown column '{typed}'. Did you mean '{nearest}'"):
        full_name(typed, values(recorded.run()))
