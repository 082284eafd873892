import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics as reference

from vibcli.tasks.classification import metrics

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def predictions(n: int = 400, classes: int = 3, seed: int = 0) -> tuple[Floats, Ints]:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(classes, 0.7), n)
    labels = np.array([rng.choice(classes, p=0.7 * p + 0.3 / classes) for p in probabilities])
    return np.log(probabilities), labels


BINARY = predictions(classes=2)
CERTAIN = np.array([[0.0, -np.inf], [-np.inf, 0.0], [0.0, -np.inf]])  # probabilities 0 and 1


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("n", [1, 7, 400])
def test_agree_with_scikit_learn(n: int, classes: int) -> None:
    logs, labels = predictions(n, classes)
    every = np.arange(classes)
    predicted = logs.argmax(1)
    assert metrics.accuracy(logs, labels) == reference.accuracy_score(labels, predicted)
    expected = reference.log_loss(labels, np.exp(logs), labels=every)
    assert metrics.nll(logs, labels) == pytest.approx(expected)
    expected = reference.f1_score(labels, predicted, labels=every, average="macro", zero_division=0)
    assert metrics.macro_f1(logs, labels) == pytest.approx(expected)
    one_hot = np.eye(classes)[labels]
    expected = ((np.exp(logs) - one_hot) ** 2).sum() / n
    assert metrics.brier(logs, labels) == pytest.approx(expected)


def test_brier_is_twice_the_binary_score_of_scikit_learn() -> None:
    logs, labels = BINARY
    expected = 2 * reference.brier_score_loss(labels, np.exp(logs[:, 1]))
    assert metrics.brier(logs, labels) == pytest.approx(expected)


def test_auroc_agrees_with_scikit_learn() -> None:
    logs, labels = BINARY
    expected = reference.roc_auc_score(labels, np.exp(logs[:, 1]))
    assert metrics.auroc(logs, labels) == pytest.approx(expected)


def test_auroc_tells_rows_apart_where_the_probability_has_reached_one() -> None:
    odds = np.array([50.0, 60.0, 40.0, 70.0])
    logs = np.stack([-np.logaddexp(0, odds), -np.logaddexp(0, -odds)], axis=1)
    assert len(set(np.exp(logs[:, 1]))) == 1
    assert metrics.auroc(logs, np.array([0, 1, 0, 1])) == 1
    assert metrics.auroc(logs, np.array([1, 0, 0, 1])) == 0.75


def test_auroc_is_for_two_classes_that_both_occur() -> None:
    logs, labels = BINARY
    assert metrics.auroc(logs, np.zeros_like(labels)) is None
    assert metrics.auroc(*predictions(classes=3)) is None


def naive_ece(logs: Floats, labels: Ints, bins: int) -> float:
    """Bin by bin, row by row."""
    total = 0.0
    for b in range(bins):
        inside = []
        for row, label in zip(logs, labels, strict=True):
            confidence = math.exp(max(row))
            if b / bins < confidence <= (b + 1) / bins:
                inside.append((confidence, float(row.argmax() == label)))
        if inside:
            confidence, accuracy = np.mean(inside, axis=0)
            total += len(inside) / len(labels) * abs(accuracy - confidence)
    return total


@pytest.mark.parametrize("bins", [1, 10, 15])
@pytest.mark.parametrize("classes", [2, 5])
def test_ece_agrees_with_a_naive_loop(classes: int, bins: int) -> None:
    logs, labels = predictions(300, classes)
    assert metrics.ece(logs, labels, bins) == pytest.approx(naive_ece(logs, labels, bins))


def test_ece_by_hand() -> None:
    logs = np.log([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.4, 0.6]])
    labels = np.array([0, 1, 0, 1])
    # four of fifteen bins hold rows: twice 0.9 with accuracy 1/2, twice 0.6 with accuracy 1
    assert metrics.ece(logs, labels) == pytest.approx(0.5 * 0.4 + 0.5 * 0.4)


def test_certain_and_nearly_certain_rows_share_the_last_bin_of_ece() -> None:
    with np.errstate(divide="ignore"):
        logs = np.log([[1.0, 0.0], [0.95, 0.05]])
    # wrong with 1 and right with 0.95: accuracy 1/2, confidence 0.975
    assert metrics.ece(logs, np.array([1, 0])) == pytest.approx(0.475)


@pytest.mark.parametrize("error", [metrics.ece, metrics.adaptive_ece])
def test_ece_of_certain_predictions_is_their_error(error: Callable[..., float]) -> None:
    assert error(CERTAIN, np.array([0, 1, 0])) == 0
    assert error(CERTAIN, np.array([0, 1, 1])) == pytest.approx(1 / 3)


def naive_adaptive_ece(logs: Floats, labels: Ints, bins: int) -> float:
    """Sorted pairs, dealt out one by one; equal confidences follow the first of them."""
    pairs = sorted(
        (math.exp(max(row)), float(row.argmax() == label))
        for row, label in zip(logs, labels, strict=True)
    )
    filled: dict[int, list[tuple[float, float]]] = {}
    place = 0
    for _, equal in itertools.groupby(pairs, key=lambda pair: pair[0]):
        together = list(equal)
        filled.setdefault(math.floor(place * bins / len(pairs)), []).extend(together)
        place += len(together)
    gaps = [abs(sum(right - p for p, right in inside)) for inside in filled.values()]
    return sum(gaps) / len(pairs)


def rounded(n: int, classes: int) -> tuple[Floats, Ints]:
    """Predictions of which many are equally confident."""
    logs, labels = predictions(n, classes)
    counts = np.round(4 * np.exp(logs)) + 1
    return np.log(counts / counts.sum(1, keepdims=True)), labels


@pytest.mark.parametrize("data", [predictions, rounded])
@pytest.mark.parametrize("bins", [1, 2, 15])
@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("n", [1, 7, 15, 16, 300])
def test_adaptive_ece_agrees_with_a_naive_loop(
    data: Callable[[int, int], tuple[Floats, Ints]], n: int, classes: int, bins: int
) -> None:
    logs, labels = data(n, classes)
    expected = naive_adaptive_ece(logs, labels, bins)
    assert metrics.adaptive_ece(logs, labels, bins) == pytest.approx(expected)


def test_bins_of_equal_mass_are_those_of_a_sorted_array_that_is_split() -> None:
    logs, labels = predictions(300)
    confidence = np.exp(logs.max(1))
    parts = np.array_split(np.argsort(confidence), 15)
    bins = metrics.reliability(logs, labels, adaptive=True)
    assert bins.rows.tolist() == [20] * 15
    assert bins.confidence == pytest.approx([confidence[part].mean() for part in parts])
    right = logs.argmax(1) == labels
    assert bins.accuracy == pytest.approx([right[part].mean() for part in parts])


@pytest.mark.parametrize("n", [15, 16, 29, 100, 299])
def test_bins_of_equal_mass_differ_by_one_row_at_most(n: int) -> None:
    rows = metrics.reliability(*predictions(n), adaptive=True).rows
    assert rows.sum() == n
    assert set(rows) <= {n // 15, n // 15 + 1}


def test_adaptive_ece_by_hand() -> None:
    logs = np.log([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7]])
    labels = np.array([0, 1, 1, 1])
    # 0.6 wrong and 0.7 right: accuracy 1/2, confidence 0.65; 0.8 and 0.9 right: 1 and 0.85
    bins = metrics.reliability(logs, labels, 2, adaptive=True)
    assert bins.rows.tolist() == [2, 2]
    assert bins.confidence == pytest.approx([0.65, 0.85])
    assert bins.accuracy.tolist() == [0.5, 1]
    assert metrics.adaptive_ece(logs, labels, 2) == pytest.approx(0.15)
    # one width holds them all: accuracy 3/4, confidence 0.75
    assert metrics.ece(logs, labels, 1) == pytest.approx(0)


def test_rows_of_equal_confidence_share_the_bin_of_the_first_of_them() -> None:
    logs = np.log([[0.6, 0.4], [0.9, 0.1], [0.1, 0.9], [0.9, 0.1], [0.05, 0.95]])
    bins = metrics.reliability(logs, np.zeros(5, int), 5, adaptive=True)
    assert bins.rows.tolist() == [1, 3, 0, 0, 1]
    assert bins.accuracy[[0, 1, 4]] == pytest.approx([1, 2 / 3, 0])
    assert np.isnan([bins.confidence[2:4], bins.accuracy[2:4]]).all()


@pytest.mark.parametrize("n", [1, 2, 14])
def test_fewer_rows_than_bins_of_equal_mass_have_a_bin_each(n: int) -> None:
    logs, labels = predictions(n)
    assert sorted(metrics.reliability(logs, labels, adaptive=True).rows) == [0] * (15 - n) + [1] * n
    gaps = np.abs((logs.argmax(1) == labels) - np.exp(logs.max(1)))
    assert metrics.adaptive_ece(logs, labels) == pytest.approx(gaps.mean())


@pytest.mark.parametrize("adaptive", [False, True])
def test_of_one_confidence_only_one_bin_is_used(adaptive: bool) -> None:
    logs, labels = np.log(np.tile([0.3, 0.7], (40, 1))), np.arange(40) % 4 // 3
    bins = metrics.reliability(logs, labels, 15, adaptive)
    assert sorted(bins.rows) == [0] * 14 + [40]
    assert bins.error == pytest.approx(0.7 - 0.25)


@pytest.mark.parametrize("adaptive", [False, True])
@pytest.mark.parametrize("classes", [2, 10])
def test_bins_hold_every_row_once_and_come_in_order(classes: int, adaptive: bool) -> None:
    logs, labels = rounded(300, classes)
    rows, confidence, accuracy = metrics.reliability(logs, labels, 15, adaptive)
    used = rows > 0
    assert rows.sum() == 300
    assert (np.diff(confidence[used]) > 0).all()
    assert rows[used] @ accuracy[used] / 300 == pytest.approx(metrics.accuracy(logs, labels))
    assert rows[used] @ confidence[used] / 300 == pytest.approx(np.exp(logs.max(1)).mean())
    assert np.isnan(accuracy[~used]).all()


@pytest.mark.parametrize("error", [metrics.ece, metrics.adaptive_ece])
def test_with_one_bin_the_error_is_that_of_the_mean(error: Callable[..., float]) -> None:
    logs, labels = BINARY
    expected = abs(metrics.accuracy(logs, labels) - np.exp(logs.max(1)).mean())
    assert error(logs, labels, 1) == pytest.approx(expected)


def test_probabilities_of_zero_and_one() -> None:
    right, wrong = np.array([0, 1, 0]), np.array([1, 0, 1])
    assert metrics.nll(CERTAIN, right) == 0
    assert metrics.nll(CERTAIN, np.array([0, 1, 1])) == math.inf
    assert (metrics.brier(CERTAIN, right), metrics.brier(CERTAIN, wrong)) == (0, 2)
    assert (metrics.auroc(CERTAIN, right), metrics.auroc(CERTAIN, wrong)) == (1, 0)
    assert (metrics.accuracy(CERTAIN, right), metrics.accuracy(CERTAIN, wrong)) == (1, 0)
    assert (metrics.macro_f1(CERTAIN, right), metrics.macro_f1(CERTAIN, wrong)) == (1, 0)


def test_macro_f1_counts_a_class_that_never_occurs_as_zero() -> None:
    logs = np.log([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])
    assert metrics.macro_f1(logs, np.array([0, 1])) == pytest.approx(2 / 3)


@pytest.mark.parametrize("counts", [[5], [3, 3], [1, 2, 3], [4, 0, 4], [0, 7]])
def test_label_entropy_agrees_with_scipy(counts: list[int]) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    assert metrics.label_entropy(labels) == pytest.approx(stats.entropy(counts))


@pytest.mark.parametrize(
    "metric",
    [
        *(metrics.accuracy, metrics.nll, metrics.brier, metrics.macro_f1),
        *(metrics.ece, metrics.adaptive_ece),
    ],
)
def test_order_of_rows_does_not_matter_and_arguments_stay(
    metric: Callable[[Floats, Ints], float],
) -> None:
    logs, labels = rounded(400, 3)
    before = logs.copy(), labels.copy()
    order = np.random.default_rng(1).permutation(len(labels))
    assert metric(logs, labels) == pytest.approx(metric(logs[order], labels[order]))
    assert np.array_equal(before[0], logs)
    assert np.array_equal(before[1], labels)


def test_all_metrics_are_in_nats_with_the_rate_in_bits_besides() -> None:
    logs, labels = BINARY
    distortion, rates = np.linspace(0.1, 0.5, 400), np.linspace(0, 4, 400)
    found = metrics.all_metrics(logs, labels, distortion, rates)
    assert found["rate_nats"] == pytest.approx(2)
    assert found["rate_bits"] == pytest.approx(2 / 0.6931471805599453)
    assert found["distortion_nats"] == pytest.approx(0.3)
    entropy = stats.entropy(np.bincount(labels))
    assert found["izy_lower_bound_nats"] == pytest.approx(entropy - 0.3)
    assert found["rows"] == 400
    for key, metric in {
        "accuracy": metrics.accuracy,
        "nll_nats": metrics.nll,
        "ece": metrics.ece,
        "ece_adaptive": metrics.adaptive_ece,
        "brier": metrics.brier,
        "macro_f1": metrics.macro_f1,
        "auroc": metrics.auroc,
    }.items():
        assert found.pop(key) == metric(logs, labels)
    assert found.keys() == {
        "rate_nats",
        "rate_bits",
        "distortion_nats",
        "izy_lower_bound_nats",
        "rows",
    }


def test_without_noise_there_is_no_rate() -> None:
    logs, labels = predictions()
    found = metrics.all_metrics(logs, labels, np.ones(400), None)
    assert found["rate_nats"] is found["rate_bits"] is found["auroc"] is None


@pytest.mark.parametrize("classes", [2, 3, 30])
@pytest.mark.parametrize("n", [1, 400])
def test_confusion_agrees_with_scikit_learn(n: int, classes: int) -> None:
    logs, labels = predictions(n, classes)
    predicted = logs.argmax(1)
    found = metrics.confusion(predicted, labels, classes)
    expected = reference.confusion_matrix(labels, predicted, labels=np.arange(classes))
    assert np.array_equal(found, expected)
