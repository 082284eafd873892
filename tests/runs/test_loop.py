import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
import tiny
import torch
from torch import Tensor

from vibcli.data.prepare import Part
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.registry import TASKS
from vibcli.runs.loop import Diverged
from vibcli.runs.observer import Silent, Step
from vibcli.store.records import Epoch, Metrics
from vibcli.tasks.find import all_variants
from vibcli.tasks.task import Task

VARIANTS = all_variants()

TRAIN, VALIDATION = tiny.rows(100), tiny.rows(60, seed=1)
BATCH = 32  # four steps an epoch, the last of four rows


class Steps(Silent):
    """Keeps the steps."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def on_step(self, step: Step) -> None:
        self.steps.append(step)


def task_of(model: BottleneckLearner) -> Task:
    name = "classification" if model.target.likelihood is None else "autoencoding"
    task: Task = TASKS.load(name)
    return task


def training(model: BottleneckLearner, rows: Part = TRAIN, **settings: Any) -> Iterator[Epoch]:
    given = {"task": task_of(model).name, "batch_size": BATCH, **settings}
    return tiny.training(model, rows, VALIDATION, **given)


def validate(model: BottleneckLearner) -> Metrics:
    return task_of(model).work.validate(model, VALIDATION, tiny.CPU)


def measured(epochs: Iterator[Epoch]) -> list[dict[str, Any]]:
    """Everything but the time, exactly."""
    return [epoch.model_dump(exclude={"seconds"}) for epoch in epochs]


def seen_by(model: BottleneckLearner, **settings: Any) -> list[Tensor]:
    """The batches that the encoder is trained on."""
    batches: list[Tensor] = []

    def record(module: torch.nn.Module, inputs: tuple[Tensor]) -> None:
        if module.training:
            batches.append(inputs[0])

    model.encoder.register_forward_pre_hook(record)
    for _ in training(model, **settings):
        pass
    return batches


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_same_seed_gives_the_same_numbers(variant: str) -> None:
    first, again = (tiny.model(variant, train_samples=2) for _ in range(2))
    assert measured(training(first)) == measured(training(again))
    again_weights = tiny.weights(again)
    assert all(value.equal(again_weights[name]) for name, value in tiny.weights(first).items())


def test_another_seed_gives_other_numbers() -> None:
    first, other = (measured(training(tiny.model(), seed=seed)) for seed in (0, 1))
    assert first != other


def test_the_global_seed_is_neither_read_nor_moved() -> None:
    models = [tiny.model() for _ in range(2)]
    torch.manual_seed(1)
    first = measured(training(models[0]))
    before = torch.manual_seed(2).get_state()
    assert measured(training(models[1])) == first
    assert torch.get_rng_state().equal(before)


def test_every_variant_sees_the_same_batches_in_the_same_order() -> None:
    seen = {variant: seen_by(tiny.model(variant), seed=3) for variant in VARIANTS}
    reference = seen.pop("baseline")
    assert [len(batch) for batch in reference] == [32, 32, 32, 4] * 3
    for batches in seen.values():
        assert all(a.equal(b) for a, b in zip(reference, batches, strict=True))


def test_every_epoch_sees_every_row_once_in_an_order_of_its_own() -> None:
    batches = seen_by(tiny.model())
    epochs = [torch.cat(batches[i : i + 4]) for i in (0, 4, 8)]
    for epoch in epochs:
        assert sorted(epoch.tolist()) == sorted(TRAIN.x.tolist())
    assert not epochs[0].equal(epochs[1])
    assert not epochs[1].equal(epochs[2])
    other = seen_by(tiny.model(), seed=1, epochs=1)
    assert not torch.cat(other).equal(epochs[0])


@pytest.mark.parametrize("variant", tiny.CLASSIFIERS)
def test_it_learns(variant: str) -> None:
    *_, last = training(tiny.model(variant), epochs=8)
    assert last.validation["accuracy"] is not None
    assert last.validation["accuracy"] > 0.7


@pytest.mark.parametrize("variant", tiny.AUTOENCODERS)
def test_an_autoencoder_learns(variant: str) -> None:
    first, *_, last = training(tiny.model(variant, dual_step=0.1), epochs=40)
    for measured in (first.validation, last.validation):
        assert measured["distortion_nats"] is not None
    mean = torch.from_numpy(VALIDATION.x - TRAIN.x.mean(0))
    # the density of the rows where nothing but their mean and one deviation is known
    sigma = mean.square().mean().sqrt()
    blind = tiny.INPUTS * (sigma.log() + 0.5 * math.log(2 * math.pi * math.e)).item()
    assert first.validation["distortion_nats"] > last.validation["distortion_nats"]
    assert last.validation["distortion_nats"] < blind - 0.5


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_epoch_records_the_means_over_its_examples(variant: str) -> None:
    model = tiny.model(variant)
    watching = Steps()
    (epoch,) = training(model, epochs=1, observers=[watching])
    steps = watching.steps
    assert [step[:3] for step in steps] == [(1, number, 4) for number in (1, 2, 3, 4)]
    sizes = [32, 32, 32, 4]

    def mean(key: str) -> float:
        terms = [step.terms[key] for step in steps]
        return sum(n * value for n, value in zip(sizes, terms, strict=True)) / 100

    expected: dict[str, Any] = {
        "loss_nats": mean("loss_nats"),
        "distortion_nats": mean("distortion_nats"),
    }
    if variant in tiny.CLASSIFIERS:
        expected["accuracy"] = mean("accuracy")
    if model.penalty is not None:
        expected |= {"rate_nats": mean("rate_nats"), "lambda": model.penalty.lam}
    assert epoch.train == pytest.approx(expected)
    assert epoch.validation == validate(model)
    assert epoch.seconds > 0


def test_validation_sees_the_averaged_weights_and_training_goes_on_from_the_others() -> None:
    averaged = tiny.model(ema=0.9)
    plain = tiny.model()
    for epoch, other in zip(training(averaged), training(plain), strict=True):
        assert epoch.train == other.train
        with averaged.optimizer.averaged():
            assert epoch.validation == validate(averaged)
        assert epoch.validation != validate(averaged)
        averaged.train()


def test_the_learning_rate_is_that_of_the_epoch() -> None:
    model = tiny.model(lr=0.01, lr_decay=0.5, lr_decay_every=2)
    rates = [model.optimizer.rate for _ in training(model, epochs=5)]
    assert rates == pytest.approx([0.01, 0.01, 0.005, 0.005, 0.0025])


@pytest.mark.parametrize("settings", [{}, {"ema": 0.9, "lr_decay": 0.5}])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_training_that_goes_on_equals_one_never_interrupted(
    variant: str, settings: dict[str, float]
) -> None:
    settings |= {"rate_target": 0.1, "dual_step": 0.1}
    whole = tiny.model(variant, **settings)
    expected = measured(training(whole, epochs=5))

    first = tiny.model(variant, **settings)
    history = tuple(training(first, epochs=2))
    state = {name: value.clone() for name, value in first.training_state().items()}
    history = tuple(Epoch.model_validate_json(epoch.model_dump_json()) for epoch in history)
    second = tiny.model(variant, seed=9, **settings)
    second.load_training_state(state)
    rest = measured(training(second, epochs=5, history=history))
    assert measured(iter(history)) + rest == expected
    found = second.training_state()
    assert all(value.equal(found[name]) for name, value in whole.training_state().items())


def test_nothing_is_left_to_do_after_the_last_epoch() -> None:
    model = tiny.model()
    history = tuple(training(model, epochs=2))
    assert not list(training(model, epochs=2, history=history))
    assert not list(training(model, epochs=1, history=history))


def history_of(*validation: tuple[float, float]) -> tuple[Epoch, ...]:
    return tuple(
        Epoch(
            epoch=number,
            train={},
            validation={"accuracy": accuracy, "nll_nats": nll},
            seconds=1,
        )
        for number, (accuracy, nll) in enumerate(validation, start=1)
    )


UNBEATABLE = (1.0, 0.0)


@pytest.mark.parametrize("criterion", ["accuracy", "nll"])
@pytest.mark.parametrize("patience", [1, 3])
def test_stops_after_so_many_epochs_without_improvement(patience: int, criterion: str) -> None:
    history = history_of((0.1, 9.0), UNBEATABLE)
    epochs = training(
        tiny.model(), epochs=9, history=history, patience=patience, criterion=criterion
    )
    assert [epoch.epoch for epoch in epochs] == list(range(3, 3 + patience))


def test_patience_begins_anew_with_every_improvement() -> None:
    history = history_of((0.0, 9.9), (0.0, 9.9))
    epochs = training(tiny.model(), epochs=5, history=history, patience=2)
    assert next(epochs).epoch == 3  # better than both
    assert next(epochs).epoch == 4


def test_a_training_that_had_stopped_stays_stopped() -> None:
    history = history_of(UNBEATABLE, (0.5, 0.5), (0.5, 0.5))
    assert not list(training(tiny.model(), epochs=9, history=history, patience=2))


@pytest.mark.parametrize("settings", [{}, {"patience": 1, "criterion": "last"}])
def test_without_patience_or_with_the_last_epoch_wanted_it_never_stops_early(
    settings: dict[str, Any],
) -> None:
    epochs = training(tiny.model(), epochs=5, history=history_of(UNBEATABLE), **settings)
    assert [epoch.epoch for epoch in epochs] == [2, 3, 4, 5]


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_infinite_loss_stops_it_at_once(variant: str) -> None:
    third_batch = seen_by(tiny.model(variant), epochs=1)[2]
    broken = TRAIN.x.copy()
    broken[(broken == third_batch[0].numpy()).all(1), 0] = math.inf
    watching = Steps()
    model = tiny.model(variant)
    with pytest.raises(Diverged, match=r"loss (nan|inf) in epoch 1, step 3 "):
        list(training(model, tiny.part(broken, TRAIN.y), observers=[watching]))
    assert [step.step for step in watching.steps] == [1, 2]
    assert model.optimizer.steps == 2
    assert all(value.isfinite().all() for value in tiny.weights(model).values())


def test_epochs_before_the_divergence_are_kept() -> None:
    model = tiny.model()
    epochs = training(model, epochs=3)
    kept = [next(epochs)]
    with torch.no_grad():
        model.head.weight.fill_(math.nan)
    with pytest.raises(Diverged, match="in epoch 2, step 1") as error:
        kept.extend(epochs)
    assert [epoch.epoch for epoch in kept] == [1]
    assert re.search(r"\(distortion nan, accuracy [\d.]+, rate [\d.]+\)$", str(error.value))


@pytest.mark.parametrize("ema", [None, 0.9])
def test_a_last_step_that_breaks_the_weights_is_a_divergence(ema: float | None) -> None:
    model = tiny.model(lr=1e38, ema=ema)
    with pytest.raises(Diverged, match="nll_nats of validation after epoch 1: nan"):
        list(training(model, epochs=1, batch_size=100))
