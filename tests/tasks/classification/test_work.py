import numpy as np
import pytest
import tiny
import torch

from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.tasks.classification import metrics
from vibcli.tasks.classification.predict import predict
from vibcli.tasks.classification.work import WORK

PART = tiny.rows(293)
ROWS = tiny.batch(PART)
X, Y = ROWS


def trained(variant: str = "vib", **settings: object) -> BottleneckLearner:
    model = tiny.model(variant, **settings)
    noise = torch.Generator().manual_seed(0)
    for _ in range(30):
        model.step(ROWS, noise)
    return model


def test_evaluation_leaves_the_model_as_it_was() -> None:
    model = trained()
    before = tiny.weights(model)
    WORK.evaluate(model, PART, tiny.CPU, samples=2)
    assert all(value.equal(before[name]) for name, value in tiny.weights(model).items())
    model.step(ROWS, torch.Generator().manual_seed(0))  # it can still be trained


@pytest.mark.parametrize("variant", tiny.CLASSIFIERS)
@pytest.mark.parametrize("samples", [None, 0, 3])
def test_evaluate_gives_all_metrics_of_its_predictions(variant: str, samples: int | None) -> None:
    model = trained(variant)
    values, found = WORK.evaluate(model, PART, tiny.CPU, samples, seed=4)
    again = predict(model, X, tiny.CPU, samples or 0, seed=4, labels=Y)
    assert np.array_equal(found.log_probabilities, again.log_probabilities)
    assert again.distortion is not None
    assert values == metrics.all_metrics(
        again.log_probabilities, Y.numpy(), again.distortion, again.rates
    )
    assert values["accuracy"] is not None
    assert values["accuracy"] > 0.6


@pytest.mark.parametrize("variant", tiny.CLASSIFIERS)
def test_validation_watches_what_evaluation_measures_at_the_mean(variant: str) -> None:
    model = trained(variant)
    values, _ = WORK.evaluate(model, PART, tiny.CPU)
    watched = WORK.validate(model, PART, tiny.CPU)
    assert watched == {key: values[key] for key in ("accuracy", "nll_nats", "rate_nats")}


NAMES = ("[red]", "p(a)", "")


@pytest.mark.parametrize("variant", ["vib", "baseline"])
@pytest.mark.parametrize("samples", [0, 5])
def test_of_new_rows_the_likeliest_class_is_named(variant: str, samples: int) -> None:
    model = trained(variant)
    found = WORK.predict(model, PART.x, tiny.CPU, samples, 3, classes=NAMES)
    expected = predict(model, X, tiny.CPU, samples, 3)
    p = np.exp(expected.log_probabilities)
    rate = ["rate_nats"] if variant == "vib" else []
    assert list(found) == ["prediction", "p([red])", "p(p(a))", "p()", *rate]
    assert list(found["prediction"]) == [NAMES[i] for i in p.argmax(1)]
    for i, name in enumerate(NAMES):
        assert np.array_equal(found[f"p({name})"], p[:, i])
    if rate:
        assert np.array_equal(found["rate_nats"], expected.rates)


def test_the_settings_of_the_task_reach_the_loss() -> None:
    def loss(**settings: float) -> float:
        model = tiny.model("baseline", **settings)
        return model.loss(X, Y, torch.Generator().manual_seed(0))[0].item()

    plain = loss()
    assert loss(label_smoothing=0.0, confidence_penalty=0.0) == plain
    assert loss(label_smoothing=0.3) != plain
    assert loss(confidence_penalty=0.3) < plain  # the prediction is unsure at the start
